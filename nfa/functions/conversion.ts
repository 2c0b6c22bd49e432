/** Functions of any value: its type, its conversion, and `unique`. */

import { typeOf, type Value } from "../../base/value.ts";
import { finite, floatOf } from "./arithmetic.ts";
import { canonicalNumber, DistinctValues } from "./canonical.ts";
import type { ValueFunction } from "./function.ts";
import { limited, textOf } from "./text-of.ts";

export const CONVERSION_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<
  string,
  ValueFunction
>([
  ["type_of", (value: Value) => typeOf(value)],
  ["to_number", toNumber],
  ["to_text", (value: Value) => (value === null ? null : limited(textOf(value)))],
  ["unique", unique],
]);

/** The first of each value. */
function unique(list: Value): Value {
  if (!Array.isArray(list)) return null;
  const seen = new DistinctValues();
  return (list as readonly Value[]).filter((item) => seen.add(item));
}

function toNumber(value: Value, base?: Value): Value {
  if (base !== undefined) {
    const radix = floatOf(base);
    if (radix === null || !Number.isInteger(radix) || radix < 2 || radix > 36) return null;
    if (typeof value === "string") return parseInteger(value.trim().toLowerCase(), radix);
  }
  switch (typeof value) {
    case "string":
      return parseDecimal(value.trim());
    case "boolean":
      return value ? 1 : 0;
    default:
      return typeof value === "number" || typeof value === "bigint" ? value : null;
  }
}

/** Longer texts are no numbers: reading an integer takes quadratic time. */
const NUMBER_LENGTH_LIMIT = 1_000;

function parseDecimal(text: string): Value {
  if (text.length > NUMBER_LENGTH_LIMIT) return null;
  if (/^[+-]?\d+$/.test(text)) {
    const integer = BigInt(text.replace(/^\+/, ""));
    return typeof canonicalNumber(integer) === "number" ? Number(integer) : integer;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  return finite(Number(text));
}

function parseInteger(text: string, radix: number): Value {
  if (text.length > NUMBER_LENGTH_LIMIT) return null;
  const [, sign = "", marked = ""] = /^([+-]?)(.+)$/s.exec(text) ?? [];
  const digits = radix === 16 ? marked.replace(/^0x/, "") : marked;
  if (digits === "") return null;
  let integer = 0n;
  for (const digit of digits) {
    const worth = "0123456789abcdefghijklmnopqrstuvwxyz".indexOf(digit);
    if (worth < 0 || worth >= radix) return null;
    integer = integer * BigInt(radix) + BigInt(worth);
  }
  return canonicalNumber(sign === "-" ? -integer : integer);
}
