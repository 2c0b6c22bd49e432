/**
 * Which chunks of a key's window the store has. A full chunk is a part of the key's state, written once, and deleted once
 * it has left. Chunks are of several kinds: cells, and the events of each label.
 *
 * Invariants
 *  S1  The part of chunk n of kind k is 1 + n × kinds + k; part 0 is the head, which is written each time.
 */

import type { PartChange, StatePart } from "../matcher.ts";

/** A queue of chunks as the store sees it. */
export interface Chunks {
  readonly firstNumber: number;
  /** The number of the chunk that may still change; those before it are full. */
  readonly openNumber: number;
  encode(number: number): Omit<StatePart, "part">;
}

const NO_PARTS: ReadonlySet<number> = new Set();

/** Most windows are small and short: until a chunk is full there is nothing here to be made. */
export class StoredChunks {
  readonly #kinds: number;
  /** By kind: the store has chunks `from` to `to` - 1. What is not there is 0. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** Parts of an earlier window of the key. */
  #stale: ReadonlySet<number> = NO_PARTS;

  constructor(kinds: number) {
    this.#kinds = kinds;
  }

  partOf(number: number, kind: number): number {
    return 1 + number * this.#kinds + kind;
  }

  /** After a restart: the store has these chunks. */
  restored(kind: number, from: number, to: number): void {
    this.#note(kind, from, to);
  }

  #note(kind: number, from: number, to: number): void {
    for (let known = this.#from.length; known <= kind; known++) {
      this.#from.push(0);
      this.#to.push(0);
    }
    this.#from[kind] = from;
    this.#to[kind] = to;
  }

  /** The parts that the store has. */
  parts(): ReadonlySet<number> {
    if (this.#from.length === 0) return this.#stale;
    const parts = new Set(this.#stale);
    for (let kind = 0; kind < this.#kinds; kind++)
      for (let n = this.#from[kind] ?? 0; n < (this.#to[kind] ?? 0); n++)
        parts.add(this.partOf(n, kind));
    return parts;
  }

  /** A window takes the place of one that had these parts. */
  inherit(parts: ReadonlySet<number>): void {
    this.#stale = parts;
  }

  /** Nothing of the window is left: what the store has is to be deleted. */
  forget(): void {
    this.#stale = this.parts();
    this.#from.fill(0);
    this.#to.fill(0);
  }

  /** What changed since the last call: O(chunks filled or dropped). */
  takeChanges(kinds: readonly Chunks[]): readonly PartChange[] {
    const changes: PartChange[] = [];
    const stale = new Set(this.#stale);
    kinds.forEach((chunks, kind) => {
      const from = this.#from[kind] ?? 0;
      const to = this.#to[kind] ?? 0;
      for (let n = from; n < Math.min(to, chunks.firstNumber); n++)
        changes.push({ part: this.partOf(n, kind), bytes: null });
      for (let n = Math.max(to, chunks.firstNumber); n < chunks.openNumber; n++) {
        const part = this.partOf(n, kind);
        stale.delete(part);
        changes.push({ part, ...chunks.encode(n) });
      }
      this.#note(kind, chunks.firstNumber, Math.max(chunks.firstNumber, chunks.openNumber));
    });
    for (const part of stale) changes.push({ part, bytes: null });
    this.#stale = NO_PARTS;
    return changes;
  }
}
