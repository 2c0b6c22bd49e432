/**
 * By when the stored keys of a rule must be back in memory: for each key that waits for a deadline at which something
 * may be reported, a time that is no later. A key is restored before time passes that; what is decided, and in which
 * order, the key's own deadlines say.
 *
 * Invariants
 *  D1  The stored time of a key is at most the least deadline that the key waits for. It may be earlier: a deadline that
 *      moves on with every event is written anew only once the time that is stored has passed.
 *  D2  A key whose state is gone, or that waits for nothing, has no stored time once that has passed.
 */

import { ByteReader } from "../../base/bytes.ts";
import type { StoreChange } from "../../state/store.ts";
import type { StoredDeadlines } from "../order-group.ts";
import { dueKey, ownerRange, readDueKey, SPACES, textValue } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";
import type { StoredEntries } from "./stored-entries.ts";

const NEVER = Number.POSITIVE_INFINITY;

export class DueIndex {
  readonly #rule: number;
  /** Stored times, of keys in memory. */
  readonly #stored = new Map<string, number>();

  constructor(rule: number) {
    this.#rule = rule;
  }

  /** A key was restored whose stored time is this one; Infinity: it has none. */
  restored(text: string, dueMs: number): void {
    if (dueMs < NEVER) this.#stored.set(text, dueMs);
  }

  /** The state of a key is about to be stored. Adds what changes here; gives the time that is then stored. */
  update(text: string, armedMs: number, nowMs: number, changes: StoreChange[]): number {
    const stored = this.#stored.get(text) ?? NEVER;
    const dueMs = Math.floor(armedMs);
    if (dueMs === stored || (stored < dueMs && stored >= nowMs && dueMs < NEVER)) return stored;
    if (stored < NEVER) {
      changes.push({ space: SPACES.due, key: dueKey(this.#rule, stored, text), value: null });
    }
    if (dueMs === NEVER) this.#stored.delete(text);
    else {
      this.#stored.set(text, dueMs);
      const key = dueKey(this.#rule, dueMs, text);
      changes.push({ space: SPACES.due, key, value: textValue(text) });
    }
    return dueMs;
  }
}

/** Keys read at once: they are restored early, which changes nothing. */
const SLICE = 64;

/** A rule that still has keys in the store. */
interface Waiting {
  readonly entries: StoredEntries;
  readonly to: Uint8Array;
  from: Uint8Array;
  /** No key behind `from` waits for an earlier deadline. */
  nextMs: number;
}

/** The stored keys of an order group, restored as time goes on. */
export class DueKeys implements StoredDeadlines {
  readonly #reader: StateReader;
  #waiting: Waiting[] = [];

  constructor(reader: StateReader) {
    this.#reader = reader;
  }

  add(rule: number, entries: StoredEntries): void {
    this.#waiting.push({ entries, ...ownerRange(rule), nextMs: Number.NEGATIVE_INFINITY });
  }

  restoreUpTo(deadlineMs: number): number {
    let nextMs = NEVER;
    for (const waiting of this.#waiting) {
      while (waiting.nextMs <= deadlineMs) this.#restoreSome(waiting);
      nextMs = Math.min(nextMs, waiting.nextMs);
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting.nextMs < NEVER);
    return nextMs;
  }

  #restoreSome(waiting: Waiting): void {
    const { entries, from, to } = waiting;
    // The one behind the slice only tells where the next begins.
    const found = entries.isDone
      ? []
      : [...this.#reader.scan(SPACES.due, { from, to, limit: SLICE + 1 })];
    for (const { key, value } of found.slice(0, SLICE)) {
      entries.recall(readDueKey(key).text ?? new ByteReader(value).text());
    }
    const next = found[SLICE];
    waiting.nextMs = next === undefined ? NEVER : readDueKey(next.key).timeMs;
    if (next !== undefined) waiting.from = next.key;
  }
}
