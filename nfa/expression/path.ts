/**
 * Reading of paths (L-2): own properties only, nested and flat-dotted names alike, list indexes from either end.
 *
 * Invariants
 *  R1  A path never reads a prototype, nor a property of a text, number or list by name.
 *  R2  The first form that is not null wins: the more nested one before the flatter one.
 */

import { isObject, type Value } from "../../base/value.ts";
import type { FieldPath } from "../../dsl/expr.ts";

/** The value at `path` in `data`, null where it is missing. Plain form; up to 2^(names - 1) look-ups where all miss. */
export function readPath(data: Value, path: FieldPath): Value {
  return readFrom(data, path, 0);
}

function readFrom(value: Value, path: FieldPath, at: number): Value {
  const segment = path[at];
  if (segment === undefined || value === null) return value;
  if (typeof segment === "number") return readFrom(readItem(value, segment), path, at + 1);
  if (!isObject(value)) return null;
  let name = segment;
  for (let next = at + 1; ; next++) {
    if (Object.hasOwn(value, name)) {
      const found = readFrom(value[name] ?? null, path, next);
      if (found !== null) return found;
    }
    const following = path[next];
    if (typeof following !== "string") return null;
    name += `.${following}`;
  }
}

/** The item of a list, counted from the end where `index` is negative; null where there is none. */
export function readItem(value: Value, index: number): Value {
  if (!Array.isArray(value)) return null;
  return (value[index < 0 ? value.length + index : index] as Value | undefined) ?? null;
}

/** `readPath` for one path; a single name is read without the general loop. */
export function compilePath(path: FieldPath): (data: Value) => Value {
  const [name] = path;
  if (path.length === 1 && typeof name === "string") return (data) => readName(data, name);
  return (data) => readFrom(data, path, 0);
}

/** The own property of an object; null for anything else. */
export function readName(value: Value, name: string): Value {
  return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}
