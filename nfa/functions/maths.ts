/** Functions of numbers. Where the result is an integer anyway, those beyond 2^53 stay exact. */

import { compare, type Value } from "../../base/value.ts";
import { finite, floatOf } from "./arithmetic.ts";
import { ofNumber, type ValueFunction } from "./function.ts";

export const MATHS_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<string, ValueFunction>([
  ["abs", abs],
  ["floor", keepIntegers(Math.floor)],
  ["ceil", keepIntegers(Math.ceil)],
  ["round", round],
  ["least", (...values) => outermost(values, -1)],
  ["greatest", (...values) => outermost(values, 1)],
  ["sqrt", ofNumber((x) => finite(Math.sqrt(x)))],
  ["log", log],
  ["pow", pow],
]);

function abs(value: Value): Value {
  if (typeof value === "bigint") return value < 0n ? -value : value;
  return typeof value === "number" ? Math.abs(value) : null;
}

function keepIntegers(apply: (x: number) => number): ValueFunction {
  return (value) => {
    if (typeof value === "bigint") return value;
    return typeof value === "number" ? apply(value) : null;
  };
}

function round(value: Value, digits?: Value): Value {
  const places = digits === undefined ? 0 : floatOf(digits);
  if (places === null || !Number.isInteger(places) || places < 0 || places > 15) return null;
  if (typeof value === "bigint") return value;
  return typeof value === "number" ? roundTo(value, places) : null;
}

/** Rounds what the number is written as: 2.345 to two digits is 2.35, though the float lies a little below. */
function roundTo(x: number, places: number): Value {
  const [mantissa = "0", exponent = "0"] = String(Math.abs(x)).split("e");
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + places}`));
  // Beyond 2^53 there are no decimals to round, and the shift itself would.
  if (!Number.isSafeInteger(shifted)) return x;
  const rounded = Number(`${shifted}e-${places}`);
  return x < 0 ? -rounded : rounded;
}

/** The least (sign -1) or greatest (sign 1) of the numbers; the first of equal ones. */
function outermost(values: readonly Value[], sign: -1 | 1): Value {
  let best: Value = null;
  for (const value of values) {
    if (typeof value !== "number" && typeof value !== "bigint") return null;
    if (best === null || (compare(value, best) ?? 0) * sign > 0) best = value;
  }
  return best;
}

function log(value: Value, base?: Value): Value {
  const x = floatOf(value);
  if (x === null || x <= 0) return null;
  if (base === undefined) return finite(Math.log(x));
  const b = floatOf(base);
  if (b === null || b <= 0) return null;
  // The exact powers of these bases have exact logarithms.
  if (b === 10) return finite(Math.log10(x));
  if (b === 2) return finite(Math.log2(x));
  return finite(Math.log(x) / Math.log(b));
}

function pow(value: Value, exponent: Value): Value {
  const x = floatOf(value);
  const y = floatOf(exponent);
  return x === null || y === null ? null : finite(x ** y);
}
