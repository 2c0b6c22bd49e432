/**
 * `once per VALUES every DUR`: the first alert passes, those with the same values and of the same kind in the
 * next DUR of event time are withheld; the next that passes tells how many were.
 *
 * Decided here: an alert exactly DUR after the one that passed passes. Kinds count apart, so that a `recovered` is not
 * withheld by the `missing` before it. How many were withheld is remembered for a week (or DUR, if longer) beyond DUR.
 *
 * Invariants
 *  O1  Alerts of a rule are decided in ascending time, so both maps are ascending by `passedMs`.
 *  O2  Whether an entry was swept already never changes an answer.
 */

import { WEEK_MS } from "../base/time.ts";

export interface OnceEntry {
  readonly passedMs: number;
  readonly withheld: number;
}

export class OnceMemory {
  readonly everyMs: number;
  readonly #keepMs: number;
  /** Entries of the last DUR. */
  readonly #fresh = new Map<string, OnceEntry>();
  /** Older entries that still have withheld alerts to tell of. */
  readonly #owing = new Map<string, OnceEntry>();
  readonly #changed: Set<string> | null;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number, recordChanges: boolean) {
    this.everyMs = everyMs;
    this.#keepMs = everyMs + Math.max(everyMs, WEEK_MS);
    this.#changed = recordChanges ? new Set() : null;
  }

  get size(): number {
    return this.#fresh.size + this.#owing.size;
  }

  /** An alert with these values is decided: null where it is withheld, else how many were before it. */
  pass(values: string, timeMs: number): number | null {
    if (timeMs - this.#sweptMs >= this.everyMs / 8) this.expire(timeMs);
    const entry = this.#fresh.get(values) ?? this.#owing.get(values);
    this.#changed?.add(values);
    if (entry !== undefined && timeMs - entry.passedMs < this.everyMs) {
      this.#fresh.set(values, { passedMs: entry.passedMs, withheld: entry.withheld + 1 });
      return null;
    }
    this.#owing.delete(values);
    this.#fresh.delete(values);
    this.#fresh.set(values, { passedMs: timeMs, withheld: 0 });
    if (entry === undefined || timeMs - entry.passedMs >= this.#keepMs) return 0;
    return entry.withheld;
  }

  /** Forgets what event time has passed. */
  expire(timeMs: number): void {
    this.#sweptMs = timeMs;
    for (const [values, entry] of this.#fresh) {
      if (timeMs - entry.passedMs < this.everyMs) break;
      this.#fresh.delete(values);
      if (entry.withheld > 0) this.#owing.set(values, entry);
      else this.#changed?.add(values);
    }
    for (const [values, entry] of this.#owing) {
      if (timeMs - entry.passedMs < this.#keepMs) break;
      this.#owing.delete(values);
      this.#changed?.add(values);
    }
  }

  /** Entries must come in ascending order of `passedMs`. */
  restore(values: string, entry: OnceEntry): void {
    this.#fresh.set(values, entry);
  }

  /** Entries that changed since the last call; null where one was forgotten. */
  takeChanged(): readonly { readonly values: string; readonly entry: OnceEntry | null }[] {
    if (this.#changed === null) return [];
    const changed = [...this.#changed].map((values) => ({
      values,
      entry: this.#fresh.get(values) ?? this.#owing.get(values) ?? null,
    }));
    this.#changed.clear();
    return changed;
  }
}
