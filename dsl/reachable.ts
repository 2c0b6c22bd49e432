/** Steps that can never take an event: their condition contradicts their source, or what stands before them forbids it. */

import type { Element, Step, TakingElement } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { literalItems } from "./condition.ts";
import { contradicts } from "./domain.ts";
import type { Expr } from "./expr.ts";
import { sequencesOf, stepName } from "./labels.ts";
import type { Pattern } from "./pattern.ts";
import type { ElementPlan, NoPlan, SequencePlan, SourcePlan, StepPlan } from "./plan.ts";

/** Does the step's condition contradict the filter of each of its sources? */
export function warnUnreachable(
  element: TakingElement,
  step: Step,
  where: StepPlan["where"],
  pattern: Pattern,
): void {
  if (step.where === null || where === null) return;
  const demands = where.kind === "and" ? where.operands : [where];
  const literals = literalItems(pattern.checking);
  const sources = pattern.labels.steps.get(element)?.sources ?? [];
  const filters = sources.map((index) => pattern.table.plans[index]?.filter ?? null);
  const impossible = filters.every((filter) => {
    if (filter === null) return false;
    const given = filter.kind === "and" ? filter.operands : [filter];
    return contradicts([...given, ...demands], literals);
  });
  if (!impossible || contradicts(demands, literals)) return;
  pattern.checking.report.warning(
    "W0402",
    step.where.span,
    `\`${stepName(element)}\` can never take an event`,
    {
      label: "its source's own condition says otherwise",
    },
  );
}

/**
 * `then no X then Y` where every Y is an X: an event that fits both counts as X (M-5). `before`: the items of the
 * sequence so far.
 */
export function warnForbidden(
  element: Element,
  plan: ElementPlan,
  before: SequencePlan["items"],
  pattern: Pattern,
): void {
  if (element.kind === "no" || plan.kind !== "step" || element.body.kind !== "step") return;
  const sources = pattern.table.plans;
  for (let i = before.length - 1; i >= 0; i--) {
    const item = before[i];
    if (item?.element.kind !== "no") return;
    if (item.link === "next" || !forbids(item.element, plan, sources)) continue;
    pattern.checking.report.warning(
      "W0402",
      element.body.sources.span,
      `\`${stepName(element)}\` can never take an event`,
      {
        label: "the `no` before it forbids all that it could take",
        notes: ["an event that fits both the `no` and the step behind it counts as the `no`'s"],
      },
    );
    return;
  }
}

/** Braces with nothing but `no` in them: each turn, alternative and part has an event (M-7), so they are never taken. */
export function warnNothingTaken(element: TakingElement, pattern: Pattern): void {
  for (const { elements } of sequencesOf(element)) {
    const [first] = elements;
    if (first === undefined || elements.some((item) => item.element.kind !== "no")) continue;
    pattern.checking.report.warning(
      "W0402",
      first.element.span,
      "braces without a step can never be taken",
      {
        label: "nothing here takes an event",
        notes: ["a group, an alternative and a part of `all of` have an event each"],
      },
    );
  }
}

/** Does every event that the step can take fit the `no`? Said only where all demands of the `no` are the step's too. */
function forbids(no: NoPlan, step: StepPlan, sources: readonly SourcePlan[]): boolean {
  return step.sources.every((index) => {
    const source = sources[index];
    if (source === undefined) return false;
    const given = new Set([...demands(source.filter), ...demands(step.where)]);
    return no.sources.some((other) => {
      const forbidden = sources[other];
      if (forbidden === undefined || forbidden.stream !== source.stream) return false;
      const sameKeys = canonicalText(forbidden.keys) === canonicalText(source.keys);
      const wanted = [...demands(forbidden.filter), ...demands(no.where)];
      return sameKeys && wanted.every((demand) => given.has(demand));
    });
  });
}

function demands(condition: Expr | null): readonly string[] {
  if (condition === null) return [];
  const operands = condition.kind === "and" ? condition.operands : [condition];
  return operands.map(canonicalText);
}
