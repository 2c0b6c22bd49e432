/** The comparison operators over base/value.ts: unknown for null and for different types. */

import { compare, equals, type Tri, type Value } from "../../base/value.ts";
import type { Comparison } from "../../dsl/expr.ts";
import { not } from "./logic.ts";

/** The meaning of `a OP b`. */
export function compareValues(operator: Comparison, a: Value, b: Value): Tri {
  if (operator === "==") return equals(a, b);
  if (operator === "!=") return not(equals(a, b));
  const order = compare(a, b);
  if (order === null) return null;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}
