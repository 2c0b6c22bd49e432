/**
 * Exceptions (D-5): known good cases, kept apart from the rule that they belong to. An event of which it is unknown
 * whether the exception fits is not excepted.
 *
 * Invariants
 *  X1  A rule's version and the identity of its state are the same with and without exceptions.
 */

import { DAY_MS } from "../base/time.ts";
import { alike } from "./alike.ts";
import type { CheckedBody } from "./body.ts";
import { condition } from "./condition.ts";
import { type DeclarationOf, isBroken, suggestion } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import { stepLabel } from "./match.ts";
import type { ElementPlan, ExceptionPlan, RulePlan, SequencePlan, StepPlan } from "./plan.ts";
import type { Checking } from "./scope.ts";
import { conjunction } from "./source.ts";
import { parseTime } from "./zone.ts";

type Exception = DeclarationOf<"exception">;

/** Checks what can be said without the rule: names and dates. `todayMs`: null where no day is known. */
export function checkExceptions(
  exceptions: readonly Exception[],
  checking: Checking,
  todayMs: number | null,
): void {
  const { report, declarations } = checking;
  const names = declarations.rules.map((rule) => rule.name.text);
  const known = new Map<string, Exception>();
  for (const exception of exceptions) {
    checkUntil(exception, checking, todayMs);
    const { name, rule } = exception;
    const before = known.get(name.text);
    if (before === undefined) known.set(name.text, exception);
    else if (!alike(before, exception)) {
      report.error("E0201", name.span, `there are two exceptions called \`${name.text}\``, {
        label: "declared again",
        notes: [`the first one is at ${before.name.span.file}:${report.line(before.name.span)}`],
      });
    }
    if (names.includes(rule.text) || isBroken(declarations, rule.text)) continue;
    const remark = suggestion(rule, names, "rules");
    report.error("E0203", rule.span, `there is no rule \`${rule.text}\``, remark);
  }
}

function checkUntil({ until }: Exception, checking: Checking, todayMs: number | null): void {
  if (until === null) return;
  const lastMs = lastMoment(until.value);
  if (lastMs === null) {
    checking.report.error("E0507", until.span, `\`${until.value}\` is no date`, {
      label: 'such as "2025-12-31"',
    });
  } else if (todayMs !== null && lastMs < todayMs) {
    checking.report.warning("W0503", until.span, "this exception is past its date", {
      label: "nothing is excepted any more",
      notes: ["remove it, or give it another date"],
    });
  }
}

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** The last millisecond of a date or time: a date holds until the end of its day (UTC). Null for no date. */
function lastMoment(text: string): number | null {
  const timeMs = parseTime(text, null, null);
  if (timeMs === null) return null;
  return DATE_ONLY.test(text) ? timeMs + DAY_MS - 1 : timeMs;
}

/** The rule's exceptions, and its body with those of steps in their conditions. */
export function exceptionPlans(
  rule: DeclarationOf<"rule">,
  body: CheckedBody,
  checking: Checking,
): Pick<RulePlan, "body" | "exceptions"> {
  let { plan } = body;
  const found = new Map<string, ExceptionPlan>();
  for (const exception of checking.declarations.exceptions) {
    const { name, step } = exception;
    if (exception.rule.text !== rule.name.text || found.has(name.text)) continue;
    if (step === null) {
      const where = condition(exception.where, body.scope, checking);
      if (where !== null) found.set(name.text, planOf(exception, null, where));
      continue;
    }
    const label = stepOf(step, body, checking);
    if (label === null) continue;
    const barred = bar(plan, label, exception, body, checking);
    plan = barred.plan;
    if (barred.where !== null) found.set(name.text, planOf(exception, label, barred.where));
  }
  return { body: plan, exceptions: [...found.values()] };
}

function stepOf(
  step: NonNullable<Exception["step"]>,
  { plan, scope }: CheckedBody,
  checking: Checking,
): number | null {
  if (plan.kind !== "expect") return stepLabel(step, scope.steps, checking);
  checking.report.error("E0203", step.span, "an `expect` has no steps", {
    label: "no step",
    notes: ["without `on` the exception keeps the rule from alerting"],
  });
  return null;
}

function planOf(exception: Exception, label: number | null, where: Expr): ExceptionPlan {
  const { name, until, because } = exception;
  const untilMs = until === null ? null : lastMoment(until.value);
  return { name: name.text, label, where, untilMs, because: because.value };
}

/** The body in which events that the exception fits cannot take the steps of a label; and the condition as checked. */
function bar(
  plan: RulePlan["body"],
  label: number,
  exception: Exception,
  { judging }: CheckedBody,
  checking: Checking,
): { readonly plan: RulePlan["body"]; readonly where: Expr | null } {
  let shown: Expr | null = null;
  const barred = (index: number, where: Expr | null): Expr | null => {
    const scope = judging[index];
    const fits = scope === undefined ? null : condition(exception.where, scope, checking);
    if (fits === null) return where;
    shown ??= fits;
    return conjunction([where, notTrue(untilThen(fits, exception))]);
  };
  const barStep = (step: StepPlan): StepPlan =>
    step.label === label ? { ...step, where: barred(step.index, step.where) } : step;
  switch (plan.kind) {
    case "match":
      return { plan: { ...plan, sequence: mapSteps(plan.sequence, barStep) }, where: shown };
    case "window": {
      const over = plan.over.map((entry, index) =>
        entry.label === label ? { ...entry, where: barred(index, entry.where) } : entry,
      );
      return { plan: { ...plan, over }, where: shown };
    }
    case "expect":
      return { plan, where: null };
  }
}

/** The condition, up to the exception's date. */
function untilThen(fits: Expr, { until }: Exception): Expr {
  const lastMs = until === null ? null : lastMoment(until.value);
  if (lastMs === null) return fits;
  const inTime: Expr = {
    kind: "compare",
    operator: "<=",
    left: { kind: "time", event: { kind: "at hand" } },
    right: { kind: "const", value: lastMs },
  };
  return { kind: "and", operands: [fits, inTime] };
}

/** `not (e is true)`: false where e is true, else true. */
function notTrue(expr: Expr): Expr {
  const operands: readonly Expr[] = [expr, { kind: "const", value: false }];
  return { kind: "not", operand: { kind: "coalesce", operands } };
}

/** The sequence with each of its steps, also those in braces, put through `change`. */
function mapSteps(sequence: SequencePlan, change: (step: StepPlan) => StepPlan): SequencePlan {
  const changed = (element: ElementPlan): ElementPlan => {
    switch (element.kind) {
      case "step":
        return change(element);
      case "no":
        return element;
      case "group":
        return { ...element, sequence: mapSteps(element.sequence, change) };
      case "either": {
        const alternatives = element.alternatives.map((one) => mapSteps(one, change));
        return { ...element, alternatives };
      }
      case "all of":
        return { ...element, parts: element.parts.map((part) => mapSteps(part, change)) };
    }
  };
  return { items: sequence.items.map((item) => ({ ...item, element: changed(item.element) })) };
}
