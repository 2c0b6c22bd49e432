/**
 * Arithmetic of 64-bit floats. Only numbers take part; everything else, and every result that is no finite
 * number, is null: `x / 0`, `x % 0`, an overflow. An integer beyond 2^53 is rounded to a float first.
 */

import { unreachable } from "../../base/assert.ts";
import type { Value } from "../../base/value.ts";
import type { Arithmetic } from "../../dsl/expr.ts";

/** The value as a finite float; null where it is no number or too great. */
export function floatOf(value: Value | undefined): number | null {
  if (typeof value === "number") return value;
  return typeof value === "bigint" ? finite(Number(value)) : null;
}

/** NaN and infinities are no values. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The meaning of `a OP b`. */
export function calculate(operator: Arithmetic, a: Value, b: Value): Value {
  const x = floatOf(a);
  const y = floatOf(b);
  if (x === null || y === null) return null;
  switch (operator) {
    case "+":
      return finite(x + y);
    case "-":
      return finite(x - y);
    case "*":
      return finite(x * y);
    case "/":
      return finite(x / y);
    case "%":
      return finite(x % y);
    default:
      return unreachable(operator);
  }
}

/** The meaning of `-x`; exact for integers beyond 2^53. */
export function negate(value: Value): Value {
  return typeof value === "number" || typeof value === "bigint" ? -value : null;
}
