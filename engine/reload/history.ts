/** How much history a rule takes to know what it would know had it always run. */

import type { ElementPlan, RulePlan, SequencePlan } from "../../dsl/plan.ts";
import { bodiesOf } from "../../nfa/patterns.ts";

/**
 * In ms of event time: what the rule's own window spans, what `once` remembers, and the same of the rules below it.
 * Infinity where nothing bounds it.
 */
export function historyMs(rule: RulePlan, running: ReadonlyMap<string, RulePlan>): number {
  let below = 0;
  for (const name of rule.streams) {
    const one = running.get(name);
    if (one !== undefined) below = Math.max(below, historyMs(one, running));
  }
  return below + bodyMs(rule) + (rule.once?.everyMs ?? 0);
}

function bodyMs({ body }: RulePlan): number {
  switch (body.kind) {
    case "match":
      return body.withinMs + boundsMs(body.sequence);
    case "window":
      return body.shape.kind === "sliding" || body.shape.kind === "tumbling"
        ? body.shape.sizeMs
        : Number.POSITIVE_INFINITY;
    case "expect":
      // Which keys there are, all of history tells.
      return Number.POSITIVE_INFINITY;
  }
}

/** The longest bound of a `no`: it looks back before the first event, or waits after the last. */
function boundsMs(sequence: SequencePlan): number {
  const longest = (element: ElementPlan): number =>
    element.kind === "no"
      ? (element.withinMs ?? 0)
      : Math.max(0, ...bodiesOf(element).map(boundsMs));
  return Math.max(0, ...sequence.items.map(({ element }) => longest(element)));
}
