/** Walking the patterns of plans. */

import type { Expr } from "../dsl/expr.ts";
import type { ElementPlan, SequencePlan } from "../dsl/plan.ts";

/** The sequences in an element's braces, in text order. */
export function bodiesOf(element: Exclude<ElementPlan, { kind: "no" }>): readonly SequencePlan[] {
  switch (element.kind) {
    case "step":
      return [];
    case "group":
      return [element.sequence];
    case "either":
      return element.alternatives;
    case "all of":
      return element.parts;
  }
}

/** Every condition of a pattern's steps and `no`s. */
export function conditionsOf(sequence: SequencePlan): readonly Expr[] {
  const all = sequence.items.flatMap(({ element }): (Expr | null)[] => {
    switch (element.kind) {
      case "no":
        return [element.where];
      case "step":
        return [element.where, element.each, element.having, element.until];
      default:
        return [element.until, ...bodiesOf(element).flatMap(conditionsOf)];
    }
  });
  return all.filter((expr) => expr !== null);
}
