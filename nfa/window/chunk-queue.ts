/**
 * A queue of chunks, each of which is filled, then never changed, then dropped from the front: the unit in which a
 * window's contents are stored. Chunks are numbered from 0, and a number is never given twice.
 */

import { assert } from "../../base/assert.ts";

export class ChunkQueue<C> {
  #chunks: C[] = [];
  /** Position of the first chunk in `#chunks`; what stands before it was dropped. */
  #head = 0;
  #firstNumber: number;

  /** `firstNumber`: of the first chunk that will be pushed. */
  constructor(firstNumber = 0) {
    this.#firstNumber = firstNumber;
  }

  get firstNumber(): number {
    return this.#firstNumber;
  }

  /** The number after the last one. */
  get nextNumber(): number {
    return this.#firstNumber + this.#chunks.length - this.#head;
  }

  push(chunk: C): void {
    if (this.#chunks.length === 0) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  at(number: number): C {
    const chunk = this.#chunks[this.#head + number - this.#firstNumber];
    assert(chunk !== undefined, "chunks are asked for while they are there");
    return chunk;
  }

  /** O(1), amortised. */
  dropFirst(): void {
    this.#head++;
    this.#firstNumber++;
    if (this.#head * 2 <= this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(this.#head);
    this.#head = 0;
  }
}
