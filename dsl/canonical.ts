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
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value) items += `${items === "" ? "" : ","}${canonicalText(item)}`;
    return `[${items}]`;
  }
  const parts = value as { readonly [name: string]: unknown };
  let fields = "";
  for (const { name, prefix } of fieldsInOrder(Object.keys(value))) {
    fields += `${fields === "" ? "" : ","}${prefix}${canonicalText(parts[name])}`;
  }
  return `{${fields}}`;
}

interface Field {
  readonly name: string;
  /** The name as JSON, and the colon. */
  readonly prefix: string;
}

/** By the names in the order in which they were made: plans have few kinds of objects. */
const knownFields = new Map<string, readonly Field[]>();
const KNOWN_MAX = 1000;

function fieldsInOrder(names: readonly string[]): readonly Field[] {
  const made = names.join("\n");
  const known = knownFields.get(made);
  if (known !== undefined && known.length === names.length) return known;
  const fields = [...names]
    .sort(compareText)
    .map((name) => ({ name, prefix: `${JSON.stringify(name)}:` }));
  // A name may hold the separator: `a\nb` is one name, `a` and `b` are two.
  if (names.some((name) => name.includes("\n"))) return fields;
  if (knownFields.size >= KNOWN_MAX) knownFields.clear();
  knownFields.set(made, fields);
  return fields;
}
