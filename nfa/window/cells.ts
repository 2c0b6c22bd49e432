/**
 * The cells of one key's window, oldest first. A cell is what enters and leaves the window together: the events of one
 * time, or one event of a window that counts events. It holds for each column (total.ts) what leaves with it.
 *
 * Invariants
 *  C1  Cells are numbered in the order of their opening; times do not descend.
 *  C2  A cell's chunk is its number divided by CELLS_PER_CHUNK. All chunks but the last are full and never change.
 */

import { assert } from "../../base/assert.ts";
import type { Value } from "../../base/value.ts";
import { ChunkQueue } from "./chunk-queue.ts";

export const CELLS_PER_CHUNK = 128;

export interface CellChunk {
  readonly times: number[];
  /** By column, then by cell. */
  partials: Value[][];
}

export class Cells {
  #columns: number;
  chunks: ChunkQueue<CellChunk>;
  /** Number of the oldest cell, and the number after the newest. */
  first = 0;
  next = 0;

  constructor(columns: number) {
    this.#columns = columns;
    this.chunks = new ChunkQueue();
  }

  /** Before any cell is there: `first` is the oldest, and chunks from its own on will be loaded. */
  startAt(first: number): void {
    this.first = first;
    this.next = first - (first % CELLS_PER_CHUNK);
    this.chunks = new ChunkQueue(Math.floor(first / CELLS_PER_CHUNK));
  }

  load(chunk: CellChunk): void {
    this.chunks.push(chunk);
    this.next += chunk.times.length;
  }

  /** Other columns, each with its place before; -1: it was not there, and has no values. */
  arrange(columns: readonly number[]): void {
    this.#columns = columns.length;
    const { firstNumber, nextNumber } = this.chunks;
    for (let number = firstNumber; number < nextNumber; number++) {
      const chunk = this.chunks.at(number);
      const { times, partials } = chunk;
      chunk.partials = columns.map((at) => partials[at] ?? times.map(() => null));
    }
  }

  get size(): number {
    return this.next - this.first;
  }

  timeOf(cell: number): number {
    return this.#chunkOf(cell).times[cell % CELLS_PER_CHUNK] as number;
  }

  /** Opens the next cell. A value for each column must be pushed to it before the next one is opened. */
  open(timeMs: number): CellChunk {
    if (this.next % CELLS_PER_CHUNK === 0) {
      // Most windows never have a second cell, so the first one takes no more room than it needs.
      const partials: Value[][] = [];
      for (let column = 0; column < this.#columns; column++) partials.push([]);
      const opened = { times: [timeMs], partials };
      this.chunks.push(opened);
      this.next++;
      return opened;
    }
    const chunk = this.#chunkOf(this.next);
    chunk.times.push(timeMs);
    this.next++;
    return chunk;
  }

  partial(cell: number, column: number): Value {
    return this.#chunkOf(cell).partials[column]?.[cell % CELLS_PER_CHUNK] ?? null;
  }

  /** The chunk of the newest cell, which may still change. */
  newest(): CellChunk {
    assert(this.size > 0, "there is a newest cell");
    return this.#chunkOf(this.next - 1);
  }

  dropFirst(): void {
    this.first++;
    const number = Math.floor(this.first / CELLS_PER_CHUNK);
    if (number > this.chunks.firstNumber) this.chunks.dropFirst();
  }

  #chunkOf(cell: number): CellChunk {
    return this.chunks.at(Math.floor(cell / CELLS_PER_CHUNK));
  }
}
