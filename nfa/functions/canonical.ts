/**
 * Keys for values such that two keys are the same to a `Map` or `Set` exactly when the values are the same
 * (base/value.ts): 5 and 5n share one, 5 and "5" do not, the order of an object's names does not matter.
 */

import { isObject, type Value } from "../../base/value.ts";

export type CanonicalKey = null | boolean | number | bigint | string;

/** The key of a value. O(size of the value); scalars are their own keys, save texts, which get a mark. */
export function canonicalKey(value: Value): CanonicalKey {
  if (typeof value === "string") return `t${value}`;
  if (typeof value === "number" || typeof value === "bigint") return canonicalNumber(value);
  if (value === null || typeof value === "boolean") return value;
  return structureText(value);
}

/** An integer beyond 2^53 as a bigint, every other number as a number. */
export function canonicalNumber(value: number | bigint): number | bigint {
  if (typeof value === "number") {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** JSON of a value that is the same for the same values: names in order, integers in one form. */
export function structureText(value: Value): string {
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(structureText).join(",")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "bigint") return String(canonicalNumber(value));
  if (!isObject(value)) return String(value);
  const parts = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${structureText(value[name] ?? null)}`);
  return `{${parts.join(",")}}`;
}

/** Counts values, each once. */
export class DistinctValues {
  readonly #keys = new Set<CanonicalKey>();

  get size(): number {
    return this.#keys.size;
  }

  /** True where the value is new. */
  add(value: Value): boolean {
    const before = this.#keys.size;
    this.#keys.add(canonicalKey(value));
    return this.#keys.size > before;
  }
}
