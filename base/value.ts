/**
 * Values: what fields, expressions and alert data hold at run time. They are JSON values, with one addition:
 * an integer beyond 2^53 is a bigint, because a 64-bit float would round it.
 *
 * Invariants
 *  V1  A Value is never `undefined`, NaN or infinite: what is missing or not a number is null.
 *  V2  A Value is never changed once made; events and evidence share them.
 *  V3  Only own properties of objects count; `__proto__` is a name like any other.
 */

export interface ValueObject {
  readonly [name: string]: Value;
}
export type Value = null | boolean | number | bigint | string | readonly Value[] | ValueObject;

/** SQL's three-valued logic: null is "unknown". */
export type Tri = boolean | null;

export type ValueType = "null" | "boolean" | "number" | "text" | "list" | "object";

/** The name that `type_of` gives; a bigint is a number. */
export function typeOf(value: Value): ValueType {
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
    case "bigint":
      return "number";
    case "string":
      return "text";
    default:
      return value === null ? "null" : Array.isArray(value) ? "list" : "object";
  }
}

/** Is it an object value (not null, not a list)? */
export function isObject(value: Value | undefined): value is ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own property, or null where there is none. O(1). */
export function property(object: ValueObject, name: string): Value {
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}

/**
 * Equality as `==` has it: unknown for null and for values of different types;
 * lists and objects are equal when all their parts are, whatever the order of an object's names.
 */
export function equals(a: Value, b: Value): Tri {
  if (a === null || b === null) return null;
  const type = typeOf(a);
  if (type !== typeOf(b)) return null;
  if (type === "list") return listsEqual(a as readonly Value[], b as readonly Value[]);
  if (type === "object") return objectsEqual(a as ValueObject, b as ValueObject);
  return sameScalar(a, b);
}

function sameScalar(a: Value, b: Value): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number compare by their mathematical value
  return a == b;
}

/** Sameness of stored values: like `equals`, but null is the same as null and types may differ (then false). */
export function same(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  return equals(a, b) === true;
}

function listsEqual(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i] as Value));
}

function objectsEqual(a: ValueObject, b: ValueObject): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name] as Value, b[name] as Value))
  );
}

/**
 * Order as `<` has it: negative, zero or positive; null where it is unknown (different types, null, lists, objects,
 * booleans). Texts are ordered by code point.
 */
export function compare(a: Value, b: Value): number | null {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeOf(a) !== "number" || typeOf(b) !== "number") return null;
  const x = a as number | bigint;
  const y = b as number | bigint;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Code point order of two texts. JavaScript's `<` is by UTF-16 unit, which differs for surrogates. */
export function compareText(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they sort after the units U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
