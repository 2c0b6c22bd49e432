/** Functions of texts. Positions count code points from 0. */

import type { Value } from "../../base/value.ts";
import { floatOf } from "./arithmetic.ts";
import { countPoints, slicePoints, unitAt } from "./code-points.ts";
import { ofText, type ValueFunction } from "./function.ts";
import { limited, TEXT_LIMIT, textOf } from "./text-of.ts";

export const TEXT_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<string, ValueFunction>([
  ["lower", ofText((text) => text.toLowerCase())],
  ["upper", ofText((text) => limited(text.toUpperCase()))],
  ["trim", ofText((text) => text.trim())],
  ["length", lengthOf],
  ["substring", substring],
  ["index_of", indexOf],
  ["between", between],
  ["split", split],
  ["join", join],
  ["replace", replace],
  ["concat", concat],
  ["format", format],
]);

function lengthOf(value: Value): Value {
  if (typeof value === "string") return countPoints(value);
  return Array.isArray(value) ? value.length : null;
}

function substring(text: Value, start: Value, end?: Value): Value {
  if (typeof text !== "string") return null;
  const length = countPoints(text);
  const from = position(start, length);
  const to = end === undefined ? length : position(end, length);
  return from === null || to === null ? null : slicePoints(text, from, Math.max(from, to));
}

/** A position counted from either end, moved into the text; fractions are cut off. */
function position(value: Value, length: number): number | null {
  const number = floatOf(value);
  if (number === null) return null;
  const whole = Math.trunc(number);
  return Math.min(Math.max(whole < 0 ? length + whole : whole, 0), length);
}

function indexOf(text: Value, part: Value, from?: Value): Value {
  const start = from === undefined ? 0 : floatOf(from);
  if (typeof text !== "string" || typeof part !== "string" || start === null) return null;
  const unit = text.indexOf(part, unitAt(text, Math.trunc(start)));
  return unit < 0 ? null : countPoints(text.slice(0, unit));
}

function between(text: Value, left: Value, right: Value): Value {
  if (typeof text !== "string" || typeof left !== "string" || typeof right !== "string")
    return null;
  const before = text.indexOf(left);
  if (before < 0) return null;
  const start = before + left.length;
  const end = text.indexOf(right, start);
  return end < 0 ? null : text.slice(start, end);
}

function split(text: Value, separator: Value): Value {
  if (typeof text !== "string" || typeof separator !== "string") return null;
  return separator === "" ? Array.from(text) : text.split(separator);
}

function join(list: Value, separator: Value): Value {
  if (!Array.isArray(list) || typeof separator !== "string") return null;
  const items = list as readonly Value[];
  const texts = items.filter((item) => item !== null).map(textOf);
  const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  // The last separator is not written.
  return limitedTo(length - separator.length, () => texts.join(separator));
}

function replace(text: Value, part: Value, by: Value): Value {
  if (typeof text !== "string" || typeof part !== "string" || typeof by !== "string") return null;
  if (part === "") return text;
  const pieces = text.split(part);
  const length = text.length + (pieces.length - 1) * (by.length - part.length);
  return limitedTo(length, () => pieces.join(by));
}

function concat(...values: Value[]): Value {
  return values.includes(null) ? null : limited(values.map(textOf).join(""));
}

function format(template: Value, ...values: Value[]): Value {
  if (typeof template !== "string") return null;
  const pieces = template.split("{}");
  const texts = values.map(textOf);
  return limited(
    pieces.map((piece, i) => (i === 0 ? "" : (texts[i - 1] ?? "{}")) + piece).join(""),
  );
}

/** The text, unless its length, known before, is above the limit of texts. */
function limitedTo(length: number, make: () => string): string | null {
  return length > TEXT_LIMIT ? null : make();
}
