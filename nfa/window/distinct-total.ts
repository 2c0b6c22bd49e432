/**
 * `distinct`: each value with the newest cell that has it. A cell's partial is the list of its different values, as
 * canonical keys; where cells never leave, of those that it has first.
 */

import type { Value } from "../../base/value.ts";
import { type CanonicalKey, canonicalKey } from "../functions/canonical.ts";
import { appended, partsOf, type Total } from "./total.ts";

export class DistinctTotal implements Total {
  /** The newest cell of the only value, which most windows have; null where there is none, or another. */
  #only: CanonicalKey | null = null;
  #onlyCell = 0;
  /** Of several values; null until there are. */
  #lastSeen: Map<CanonicalKey, number> | null = null;
  readonly #leaves: boolean;

  /** `leaves`: do cells ever leave? */
  constructor(leaves: boolean) {
    this.#leaves = leaves;
  }

  enter(cell: number, partial: Value, value: Value): Value {
    const key = canonicalKey(value);
    const seen = this.#lastSeen === null ? this.#onlySeen(key) : this.#lastSeen.get(key);
    if (seen === cell || (seen !== undefined && !this.#leaves)) return partial;
    this.#see(key, cell);
    return appended(partial, key);
  }

  #onlySeen(key: CanonicalKey): number | undefined {
    return this.#only === key ? this.#onlyCell : undefined;
  }

  #see(key: CanonicalKey, cell: number): void {
    if (this.#lastSeen === null && (this.#only === null || this.#only === key)) {
      this.#only = key;
      this.#onlyCell = cell;
      return;
    }
    if (this.#lastSeen === null) {
      this.#lastSeen = new Map();
      if (this.#only !== null) this.#lastSeen.set(this.#only, this.#onlyCell);
      this.#only = null;
    }
    this.#lastSeen.set(key, cell);
  }

  leave(cell: number, partial: Value): void {
    for (const key of keysOf(partial)) {
      if (this.#lastSeen === null) {
        if (this.#onlySeen(key) === cell) this.#only = null;
      } else if (this.#lastSeen.get(key) === cell) this.#lastSeen.delete(key);
    }
  }

  load(cell: number, partial: Value): void {
    for (const key of keysOf(partial)) this.#see(key, cell);
  }

  value(): Value {
    const count = this.#lastSeen?.size ?? (this.#only === null ? 0 : 1);
    return count === 0 ? null : count;
  }
}

/** Read back from JSON, a number may have become a bigint: it is made canonical again. */
function keysOf(partial: Value): readonly CanonicalKey[] {
  return partsOf(partial).map((key) => (typeof key === "string" ? key : canonicalKey(key)));
}
