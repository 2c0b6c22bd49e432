/**
 * The entries of one owner (a rule, a stream) that are in the store and not in memory yet: each comes back when it is
 * asked for, and the rest in slices, in the order of their keys.
 *
 * Invariants
 *  E1  Before anything of a text is decided in memory, it was recalled: so what the store has of a text that was not
 *      recalled is what holds.
 *  E2  A text is restored once: what lies behind the cursor is in memory, and so is what was recalled before it.
 */

import { ByteReader } from "../../base/bytes.ts";
import type { StoreEntry } from "../../state/store.ts";
import { compareBytes, ownerRange, readTextKey, slotKey } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";

/** Entries read at once where all are wanted. */
const ALL_SLICE = 4096;

/** What is stored under one key. */
export interface StoredValue {
  /** Part of a slot; else 0. */
  readonly part: number;
  /** Stands behind the text, where the value holds it. */
  readonly reader: ByteReader;
}

export interface EntryOwner {
  readonly space: string;
  readonly number: number;
  /** May there be several entries for one text? */
  readonly parts: "one" | "many";
  /** Takes what is stored of a text. */
  readonly restore: (text: string, values: readonly StoredValue[]) => void;
  /** All is restored. Called once, at the end of the call that restored the last of it. */
  readonly done: () => void;
}

export class StoredEntries {
  readonly #reader: StateReader;
  readonly #owner: EntryOwner;
  readonly #end: Uint8Array;
  /** What comes before it is in memory. */
  #cursor: Uint8Array;
  /** Texts at or behind the cursor that are in memory, or that were not there. */
  readonly #recalled = new Set<string>();
  #done = false;

  constructor(reader: StateReader, owner: EntryOwner) {
    this.#reader = reader;
    this.#owner = owner;
    const { from, to } = ownerRange(owner.number);
    this.#cursor = from;
    this.#end = to;
  }

  get isDone(): boolean {
    return this.#done;
  }

  /** Restores what is stored of this text, if it was not yet; true where there was something. */
  recall(text: string): boolean {
    if (this.#done || this.#recalled.has(text)) return false;
    const key = slotKey(this.#owner.number, text, 0);
    if (compareBytes(key, this.#cursor) < 0) return false;
    this.#recalled.add(text);
    const value = this.#reader.get(this.#owner.space, key);
    if (value === null) return false;
    const entries = [{ key, value }];
    if (this.#owner.parts === "many") {
      const range = { from: successorOf(key), to: endOfPrefix(key) };
      entries.push(...this.#reader.scan(this.#owner.space, range));
    }
    this.#owner.restore(
      text,
      entries.map((entry) => readEntry(entry).stored),
    );
    return true;
  }

  /** Restores about so many entries of those that are left; gives how many were read. */
  load(entries: number): number {
    if (this.#done) return 0;
    const range = { from: this.#cursor, to: this.#end, limit: entries };
    const found = [...this.#reader.scan(this.#owner.space, range)];
    const atEnd = found.length < entries;
    let values: StoredValue[] = [];
    let text: string | null = null;
    for (const entry of found) {
      const next = readEntry(entry);
      if (next.text !== text) {
        this.#finish(text, values);
        // The parts of a text stand side by side, and nothing of it may be cut off.
        if (text !== null) this.#cursor = entry.key;
        text = next.text;
        values = [];
      }
      values.push(next.stored);
    }
    if (atEnd) {
      this.#finish(text, values);
      this.#done = true;
      this.#recalled.clear();
      this.#owner.done();
    } else if (found.length > 0 && values.length === found.length) return this.load(entries * 2);
    return found.length;
  }

  /** Nobody wants what is left. */
  abandon(): void {
    if (this.#done) return;
    this.#done = true;
    this.#recalled.clear();
    this.#owner.done();
  }

  loadAll(): void {
    while (!this.#done) this.load(ALL_SLICE);
  }

  #finish(text: string | null, values: readonly StoredValue[]): void {
    if (text === null || this.#recalled.delete(text)) return;
    this.#owner.restore(text, values);
  }
}

function readEntry({ key, value }: StoreEntry): {
  readonly text: string;
  readonly stored: StoredValue;
} {
  const reader = new ByteReader(value);
  const { text: inKey, part } = readTextKey(key);
  const text = inKey ?? reader.text();
  return { text, stored: { part, reader } };
}

/** The least key behind this one. */
function successorOf(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The least key behind all that begin with this one. */
function endOfPrefix(key: Uint8Array): Uint8Array {
  let length = key.length;
  while (key[length - 1] === 0xff) length--;
  const end = key.slice(0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
}
