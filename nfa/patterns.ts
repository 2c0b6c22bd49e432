/** Walking the patterns of plans. */

import type { Expr } from "../dsl/expr.ts";
import type { SequencePlan } from "../dsl/plan.ts";
import { bodiesOf } from "../dsl/plan-walk.ts";

export { bodiesOf };

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
