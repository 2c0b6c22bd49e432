/**
 * Canonical text of plans: equal for equal plans, whatever the order in which their objects were made. JSON with names
 * in code point order; bigints, infinities and minus zero, which JSON lacks, have forms that no JSON value has.
 */

import { compareText } from "../base/value.ts";

/** The canonical text of plain data: null, booleans, numbers, bigints, texts, lists and objects of them. */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : canonicalParts(value);
    default:
      return JSON.stringify(value);
  }
}

function canonicalParts(value: object): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  // Sorting makes the order of names fixed: the one place where an object's names are gone through.
  const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return `{${entries.map(([name, part]) => `${JSON.stringify(name)}:${canonicalText(part)}`).join(",")}}`;
}
