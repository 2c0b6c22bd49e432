/**
 * `distinct`: each value with the newest cell that has it. A cell's partial is the list of its different values, as
 * canonical keys; where cells never leave, of those that it has first.
 */

import type { Value } from "../../base/value.ts";
import { type CanonicalKey, canonicalKey } from "../functions/canonical.ts";
import { appended, partsOf, type Total } from "./total.ts";

export class DistinctTotal implements Total {
  readonly #lastSeen = new Map<CanonicalKey, number>();
  readonly #leaves: boolean;

  /** `leaves`: do cells ever leave? */
  constructor(leaves: boolean) {
    this.#leaves = leaves;
  }

  enter(cell: number, partial: Value, value: Value): Value {
    const key = canonicalKey(value);
    const seen = this.#lastSeen.get(key);
    if (seen === cell || (seen !== undefined && !this.#leaves)) return partial;
    this.#lastSeen.set(key, cell);
    return appended(partial, key);
  }

  leave(cell: number, partial: Value): void {
    for (const key of keysOf(partial))
      if (this.#lastSeen.get(key) === cell) this.#lastSeen.delete(key);
  }

  load(cell: number, partial: Value): void {
    for (const key of keysOf(partial)) this.#lastSeen.set(key, cell);
  }

  value(): Value {
    return this.#lastSeen.size === 0 ? null : this.#lastSeen.size;
  }
}

/** Read back from JSON, a number may have become a bigint: it is made canonical again. */
function keysOf(partial: Value): readonly CanonicalKey[] {
  return partsOf(partial).map((key) => (typeof key === "string" ? key : canonicalKey(key)));
}
