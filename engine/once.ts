/**
 * `once per VALUES every DUR`: the first alert passes, those with the same values and of the same kind in the
 * next DUR of event time are withheld; the next that passes tells how many were.
 *
 * Decided here: an alert exactly DUR after the one that passed passes. Kinds count apart, so that a `recovered` is not
 * withheld by the `missing` before it. How many were withheld is remembered for a week (or DUR, if longer) beyond DUR.
 *
 * Invariants
 *  O1  Alerts of a rule are decided in ascending time, so both maps are ascending by `passedMs`, save for entries that
 *      were restored: those may be swept later.
 *  O2  Whether an entry was swept already never changes an answer.
 */

import { WEEK_MS } from "../base/time.ts";

export interface OnceEntry {
  readonly passedMs: number;
  readonly withheld: number;
}

export class OnceMemory {
  #everyMs: number;
  #keepMs: number;
  /** Entries of the last DUR. */
  readonly #fresh = new Map<string, OnceEntry>();
  /** Older entries that still have withheld alerts to tell of. */
  readonly #owing = new Map<string, OnceEntry>();
  readonly #changed: Set<string> | null;
  #sweptMs = Number.NEGATIVE_INFINITY;
  /** Restores the entry of these values if it is stored; null: all are restored. */
  recall: ((values: string) => void) | null = null;
  /** Restores all entries that are stored; null: all are. */
  recallAll: (() => void) | null = null;

  constructor(everyMs: number, recordChanges: boolean) {
    this.#everyMs = everyMs;
    this.#keepMs = keepMs(everyMs);
    this.#changed = recordChanges ? new Set() : null;
  }

  get size(): number {
    return this.#fresh.size + this.#owing.size;
  }

  /** An alert with these values is decided: null where it is withheld, else how many were before it. */
  pass(values: string, timeMs: number): number | null {
    if (timeMs - this.#sweptMs >= this.#everyMs / 8) this.expire(timeMs);
    this.recall?.(values);
    const entry = this.#fresh.get(values) ?? this.#owing.get(values);
    this.#changed?.add(values);
    if (entry !== undefined && timeMs - entry.passedMs < this.#everyMs) {
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
      if (timeMs - entry.passedMs < this.#everyMs) break;
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

  /**
   * DUR is another one from this time on: what it had passed by then is over, and the rest counts under the new one.
   * Costs the entries.
   */
  reschedule(everyMs: number, nowMs: number): void {
    if (everyMs === this.#everyMs) return;
    this.recallAll?.();
    const longestMs = Math.max(everyMs, this.#everyMs);
    for (const [values, entry] of [...this.#owing, ...this.#fresh])
      this.#settle(values, entry, nowMs, longestMs);
    this.#everyMs = everyMs;
    this.#keepMs = keepMs(everyMs);
    this.#sweptMs = Number.NEGATIVE_INFINITY;
  }

  #settle(
    values: string,
    { passedMs, withheld }: OnceEntry,
    nowMs: number,
    longestMs: number,
  ): void {
    if (nowMs - passedMs < this.#everyMs) return;
    this.#fresh.delete(values);
    this.#owing.delete(values);
    this.#changed?.add(values);
    // One that has alerts to tell of goes on owing them, and withholds nothing under the new DUR either.
    if (withheld > 0 && nowMs - passedMs < this.#keepMs)
      this.#owing.set(values, { passedMs: Math.min(passedMs, nowMs - longestMs), withheld });
  }

  /** Takes over what another one remembers; all of it counts as changed. */
  adopt(warm: OnceMemory | null): void {
    if (warm === null) return;
    for (const [values, entry] of [...warm.#owing, ...warm.#fresh]) {
      this.#fresh.set(values, entry);
      this.#changed?.add(values);
    }
  }

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

/** How long the number of withheld alerts is remembered. */
function keepMs(everyMs: number): number {
  return everyMs + Math.max(everyMs, WEEK_MS);
}
