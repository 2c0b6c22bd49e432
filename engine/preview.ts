/** A bounded text of any value, for records that are put aside: how deep or wide it is does not matter. */

import { stringifyJson } from "../base/json.ts";
import { isObject, type Value } from "../base/value.ts";

const DEPTH = 4;
const ITEMS = 32;
const TEXT_UNITS = 1024;

/** JSON of the value's beginning; what is left out is shown as `…`. */
export function preview(value: Value): string {
  return stringifyJson(pruned(value, DEPTH));
}

function pruned(value: Value, depth: number): Value {
  if (typeof value === "string") {
    return value.length > TEXT_UNITS ? `${value.slice(0, TEXT_UNITS)}…` : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (!isObject(value)) {
    return (value as readonly Value[]).slice(0, ITEMS).map((item) => pruned(item, depth - 1));
  }
  const names = Object.keys(value).slice(0, ITEMS);
  return Object.fromEntries(names.map((name) => [name, pruned(value[name] ?? null, depth - 1)]));
}
