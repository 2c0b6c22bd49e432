/** Copies of values with one field changed. */

import { isObject, type Value } from "../base/value.ts";
import type { FieldPath } from "../dsl/expr.ts";

/**
 * A copy of `value` in which `path` holds `leaf`, in the nested form; what stands in the way of the path is replaced.
 * A negative index counts from the end of the list, and is its first item where there is none.
 */
export function setPath(value: Value, path: FieldPath, leaf: Value): Value {
  const [segment, ...rest] = path;
  if (segment === undefined) return leaf;
  if (typeof segment === "string") {
    const object = isObject(value) ? value : {};
    const inner = Object.hasOwn(object, segment) ? (object[segment] ?? null) : null;
    // A computed name makes an own property, also of `__proto__`.
    return { ...object, [segment]: setPath(inner, rest, leaf) };
  }
  const items: Value[] = Array.isArray(value) ? [...value] : [];
  const index = segment < 0 ? Math.max(0, items.length + segment) : segment;
  while (items.length <= index) items.push(null);
  items[index] = setPath(items[index] ?? null, rest, leaf);
  return items;
}
