/**
 * Virtual time: what happens in a simulation, one after the other. Owns the queue of what is to come, the monotonic
 * clock, and the hash of everything that was done, by which two runs of a seed are compared.
 *
 * Invariants
 *  V1  Nothing happens but by the queue; between two entries all promises that can go on have gone on.
 *  V2  Entries of equal time happen in the order in which they were put in: the seed alone decides.
 */

import type { Random } from "../../base/random.ts";

/** Whose entries die with it. */
export interface Owner {
  readonly dead: boolean;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly owner: Owner | null;
  run: (() => void) | null;
}

/** Lines of the trace that are kept for a failure, at least. */
const TAIL_LINES = 40;

export class Schedule {
  readonly random: Random;
  readonly #heap: Entry[] = [];
  #order = 0;
  #nowMs = 0;
  #steps = 0;
  #hash = 0x811c9dc5;
  readonly #tail: string[] = [];
  readonly #onLine: ((line: string) => void) | null;

  /** `onLine` hears every line of the trace. */
  constructor(random: Random, onLine: ((line: string) => void) | null = null) {
    this.random = random;
    this.#onLine = onLine;
  }

  /** Milliseconds since the beginning of the simulation. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Hash of all that was traced. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** The last lines of the trace. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Writes down that something happened. The text must follow from the seed. */
  trace(text: string): void {
    const line = `${this.#nowMs.toFixed(3)} ${text}`;
    let hash = this.#hash;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = hash;
    this.#keep(line);
  }

  /** A line for people, which is no part of the hash. */
  note(text: string): void {
    this.#keep(`${this.#nowMs.toFixed(3)}   ${text}`);
  }

  #keep(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES * 2) this.#tail.splice(0, TAIL_LINES);
    this.#onLine?.(line);
  }

  /** Has it happen after so many milliseconds; gives the function that takes it back. */
  after(delayMs: number, run: () => void, owner: Owner | null = null): () => void {
    const entry: Entry = { atMs: this.#nowMs + delayMs, order: this.#order++, owner, run };
    this.#push(entry);
    return () => {
      entry.run = null;
    };
  }

  /** Lets the next entry happen, and all promises behind it; false where none is left before `untilMs`. */
  async step(untilMs: number, before?: (owner: Owner) => void): Promise<boolean> {
    let entry = this.#heap[0];
    while (entry !== undefined && (entry.run === null || entry.owner?.dead === true)) {
      this.#pop();
      entry = this.#heap[0];
    }
    if (entry === undefined || entry.atMs > untilMs) {
      this.#nowMs = Math.max(this.#nowMs, untilMs);
      return false;
    }
    this.#pop();
    this.#nowMs = entry.atMs;
    this.#steps++;
    if (entry.owner !== null) before?.(entry.owner);
    const { run } = entry;
    entry.run = null;
    if (entry.owner?.dead !== true) run?.();
    await settled();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Entry, entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) {
        child++;
      }
      if (isBefore(last, heap[child] as Entry)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** All promises have gone on as far as they can: `setImmediate` comes behind them. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
