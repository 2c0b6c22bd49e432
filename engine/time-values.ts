/**
 * Which expressions yield a time. Inside, times and durations are both numbers; in an alert a time reads as
 * RFC 3339 and a duration as its milliseconds. What an expression yields is decided on the expression alone, so that
 * it never depends on the events:
 *  - `time(…)`, `parse_time(…)`; least, greatest, min and max of times; `a ?? b`, `if` whose branches are times
 *    (or null); a time plus or minus a duration. The difference of two times is a duration.
 */

import { formatTime, TIME_MAX_MS } from "../base/time.ts";
import type { Value } from "../base/value.ts";
import type { Expr } from "../dsl/expr.ts";

export function yieldsTime(expr: Expr): boolean {
  switch (expr.kind) {
    case "time":
      return true;
    case "key":
      return expr.standsFor !== undefined && yieldsTime(expr.standsFor);
    case "call":
      if (expr.name === "parse_time") return true;
      return PASSING.includes(expr.name) && allTimes(expr.args);
    case "aggregate":
      return (
        (expr.name === "min" || expr.name === "max") &&
        expr.inputs.every((input) => input.value !== null && yieldsTime(input.value))
      );
    case "coalesce":
      return allTimes(expr.operands);
    case "if":
      return allTimes([expr.then, expr.else]);
    case "arithmetic": {
      const left = yieldsTime(expr.left);
      const right = yieldsTime(expr.right);
      return expr.operator === "+" ? left !== right : expr.operator === "-" && left && !right;
    }
    default:
      return false;
  }
}

/** Functions that give one of their arguments. */
const PASSING: readonly string[] = ["least", "greatest", "coalesce"];

/** Are all of them times, or null, and at least one a time? */
function allTimes(exprs: readonly Expr[]): boolean {
  const values = exprs.filter((expr) => !(expr.kind === "const" && expr.value === null));
  return values.length > 0 && values.every(yieldsTime);
}

/** A time as an alert shows it; what is no time of the calendar stays as it is. */
export function shownTime(value: Value): Value {
  if (typeof value !== "number" || Math.abs(value) > TIME_MAX_MS) return value;
  return formatTime(value);
}
