/**
 * The elements of a pattern (M-4 to M-9): conditions in the scopes of their places, bounds, and the plan of each.
 *
 * Invariants
 *  N1  A condition sees the labels of elements before it on the same way through the pattern, and, inside a loop, those
 *      of the loop, whose earlier turns have taken events.
 */

import type {
  AllOf,
  Either,
  Element,
  Group,
  Keys,
  NoElement,
  Sequence,
  Step,
  TakingElement,
} from "./ast.ts";
import { condition } from "./condition.ts";
import { elementMayBeEmpty } from "./emptiness.ts";
import { fitsMatchKeys } from "./keys.ts";
import { type Labels, labelsWithin, sequencesOf } from "./labels.ts";
import { checkEach, prevRefusal } from "./loop-conditions.ts";
import { checkNo } from "./no-place.ts";
import type { ElementPlan, LinkPlan, NoPlan, SequencePlan, StepPlan } from "./plan.ts";
import { checkQuantity, isLoop, quantityPlan } from "./quantity.ts";
import { warnForbidden, warnNothingTaken, warnUnreachable } from "./reachable.ts";
import { type Checking, EMPTY_SCOPE, type KeySight, type Scope } from "./scope.ts";
import type { SourceTable } from "./source-table.ts";

/** What the conversion of one pattern shares. */
export interface Pattern {
  readonly checking: Checking;
  readonly labels: Labels;
  readonly table: SourceTable;
  readonly by: Keys | null;
  readonly keys: readonly KeySight[];
  readonly withinMs: number;
  /** Events that a match may have. */
  readonly eventLimit: number;
  /** Scopes of the steps' conditions by `StepPlan.index`, filled as the steps are met. */
  readonly judging: Scope[];
}

/** Where in the pattern a sequence stands. */
export interface Place {
  /** Labels of elements before, and of loops around. */
  readonly visible: ReadonlySet<number>;
  readonly elsewhere: ReadonlySet<number>;
  /** Everything before may have taken nothing: this may be the start. */
  readonly atStart: boolean;
  /** Everything behind may take nothing: this may be the end. */
  readonly atEnd: boolean;
}

export const WHOLE: Place = {
  visible: new Set(),
  elsewhere: new Set(),
  atStart: true,
  atEnd: true,
};

function union(a: ReadonlySet<number>, b: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...a, ...b]);
}

function elementLabels(element: Element, pattern: Pattern): ReadonlySet<number> {
  if (element.kind === "no") return new Set();
  const own = pattern.labels.steps.get(element);
  const within = sequencesOf(element).map((sequence) => labelsWithin(sequence, pattern.labels));
  return within.reduce(union, new Set(own === undefined ? [] : [own.label]));
}

export function sequencePlan(sequence: Sequence, place: Place, pattern: Pattern): SequencePlan {
  const { elements } = sequence;
  const lastNeeded = elements.findLastIndex(({ element }) => !elementMayBeEmpty(element));
  let { visible, atStart } = place;
  const items: SequencePlan["items"][number][] = [];
  for (const [i, { link, element }] of elements.entries()) {
    const atEnd = place.atEnd && i >= lastNeeded;
    const here: Place = { ...place, visible, atStart, atEnd };
    const plan = elementPlan(element, here, pattern);
    warnForbidden(element, plan, items, pattern);
    items.push({ link: linkPlan(link, element, pattern), element: plan });
    visible = union(visible, elementLabels(element, pattern));
    atStart = atStart && elementMayBeEmpty(element);
  }
  return { items };
}

function linkPlan(
  link: Sequence["elements"][number]["link"],
  element: Element,
  pattern: Pattern,
): LinkPlan {
  if (link === null) return "then";
  if (link.kind === "then any" && element.kind === "no") {
    pattern.checking.report.error("E0315", link.span, "`any` says nothing before `no`", {
      label: "`then no` or `next no`",
      fix: { title: "replace with `then`", span: link.span, text: "then" },
    });
  }
  return link.kind;
}

function elementPlan(element: Element, place: Place, pattern: Pattern): ElementPlan {
  if (element.kind === "no") return noPlan(element, place, pattern);
  const { report } = pattern.checking;
  const { body } = element;
  checkQuantity(element, pattern.eventLimit, report);
  checkWithin(element.within, pattern);
  return body.kind === "step"
    ? stepPlan(element, body, place, pattern)
    : bracedPlan(element, body, place, pattern);
}

function checkWithin(within: Element["within"], pattern: Pattern): void {
  if (within === null || within.ms <= pattern.withinMs) return;
  pattern.checking.report.warning(
    "W0404",
    within.span,
    "this bound is longer than the match's own",
    {
      label: "the match ends first",
    },
  );
}

/** The scope of a condition that judges events of shapes, at a place. */
function judging(shapes: Scope["atHand"], place: Place, pattern: Pattern): Scope {
  return {
    ...EMPTY_SCOPE,
    atHand: shapes,
    hasInput: true,
    steps: pattern.labels.byName,
    visible: place.visible,
    elsewhere: place.elsewhere,
  };
}

function noPlan(element: NoElement, place: Place, pattern: Pattern): NoPlan {
  const { checking, by } = pattern;
  checkNo(element, place, checking);
  checkOwnKeys(element.by, pattern);
  checkWithin(element.within, pattern);
  const { indexes, shapes } = pattern.table.add(
    element.sources,
    by === null ? null : (element.by ?? by),
  );
  const where = condition(element.where, judging(shapes, place, pattern), checking);
  return { kind: "no", sources: indexes, where, withinMs: element.within?.ms ?? null };
}

function checkOwnKeys(own: Keys | null, pattern: Pattern): void {
  if (own !== null && pattern.by !== null) fitsMatchKeys(own, pattern.by, pattern.checking);
}

function stepPlan(element: TakingElement, step: Step, place: Place, pattern: Pattern): StepPlan {
  const { checking } = pattern;
  const found = pattern.labels.steps.get(element);
  const { label, index, sources, shapes } = found ?? {
    label: 0,
    index: 0,
    sources: [],
    shapes: [],
  };
  checkOwnKeys(step.by, pattern);
  const loop = isLoop(element.quantity);
  const base = judging(shapes, place, pattern);
  // A loop's condition sees the events that it took before this one.
  const visible = loop ? union(place.visible, new Set([label])) : place.visible;
  const whereScope: Scope = {
    ...base,
    visible,
    own: label,
    prev: prevRefusal(element, step, checking.report),
  };
  checkEach(element, step, checking.report);
  pattern.judging[index] = whereScope;
  const where = condition(step.where, whereScope, checking);
  const each = loop ? condition(step.each, { ...whereScope, prev: { shapes } }, checking) : null;
  const leaving: Scope = { ...base, atHand: null, visible, keys: pattern.keys };
  const having = loop ? condition(step.having, leaving, checking) : null;
  warnUnreachable(element, step, where, pattern);
  return {
    kind: "step",
    label,
    index,
    sources,
    where,
    each,
    having,
    quantity: quantityPlan(element.quantity),
    until: untilPlan(element, { ...whereScope, prev: { shapes } }, pattern),
    withinMs: element.within?.ms ?? null,
  };
}

function untilPlan(element: TakingElement, scope: Scope, pattern: Pattern): StepPlan["until"] {
  const { until, quantity } = element;
  if (until === null) return null;
  const { report } = pattern.checking;
  const count = quantity?.count ?? null;
  if (count === null || count.max !== null) {
    report.error("E0318", until.span, "`until` needs an open loop", {
      label: "such as `1+`",
      notes: ["it ends a loop that would go on; this element ends by its count"],
    });
    return null;
  }
  return condition(until, scope, pattern.checking);
}

function bracedPlan(
  element: TakingElement,
  body: Group | Either | AllOf,
  place: Place,
  pattern: Pattern,
): ElementPlan {
  warnNothingTaken(element, pattern);
  const own = elementLabels(element, pattern);
  const loop = isLoop(element.quantity);
  const inner: Place = loop ? { ...place, visible: union(place.visible, own) } : place;
  const untilScope = judging(
    [{ owner: "the input", fields: null }],
    { ...place, visible: union(place.visible, own) },
    pattern,
  );
  const shared = {
    quantity: quantityPlan(element.quantity),
    until: untilPlan(element, untilScope, pattern),
    withinMs: element.within?.ms ?? null,
  };
  switch (body.kind) {
    case "group":
      return { kind: "group", sequence: sequencePlan(body.sequence, inner, pattern), ...shared };
    case "either":
      return {
        kind: "either",
        alternatives: branches(body.alternatives, inner, pattern),
        ...shared,
      };
    case "all of":
      return {
        kind: "all of",
        parts: branches(body.parts, inner, pattern),
        contiguity: contiguityOf(body),
        ...shared,
      };
  }
}

function contiguityOf(body: AllOf): "relaxed" | "strict" | "any" {
  if (body.contiguity === null) return "relaxed";
  return body.contiguity === "consecutive" ? "strict" : "any";
}

/** Sequences beside each other: none sees what only another may have taken. */
function branches(
  sequences: readonly Sequence[],
  place: Place,
  pattern: Pattern,
): readonly SequencePlan[] {
  return sequences.map((sequence) => {
    const own = labelsWithin(sequence, pattern.labels);
    const others = sequences.flatMap((other) => [...labelsWithin(other, pattern.labels)]);
    const elsewhere = new Set([...place.elsewhere, ...others.filter((label) => !own.has(label))]);
    return sequencePlan(sequence, { ...place, elsewhere }, pattern);
  });
}
