/**
 * The events of one label that a window keeps, oldest first: all of them where an expression reads them one by one,
 * else the newest as evidence.
 *
 * Invariants
 *  K1  Events are numbered from 0 as they come; chunks as in cells.ts.
 */

import type { EventRecord } from "../../base/event.ts";
import { ChunkQueue } from "./chunk-queue.ts";

export const EVENTS_PER_CHUNK = 32;

export interface EventChunk {
  readonly events: EventRecord[];
  /** Number of each event's cell. */
  readonly cells: number[];
}

export class KeptEvents {
  chunks = new ChunkQueue<EventChunk>();
  first = 0;
  next = 0;

  startAt(first: number): void {
    this.first = first;
    this.next = first - (first % EVENTS_PER_CHUNK);
    this.chunks = new ChunkQueue(Math.floor(first / EVENTS_PER_CHUNK));
  }

  load(chunk: EventChunk): void {
    this.chunks.push(chunk);
    this.next += chunk.events.length;
  }

  get size(): number {
    return this.next - this.first;
  }

  push(event: EventRecord, cell: number): void {
    if (this.next % EVENTS_PER_CHUNK === 0) this.chunks.push({ events: [event], cells: [cell] });
    else {
      const chunk = this.#chunkOf(this.next);
      chunk.events.push(event);
      chunk.cells.push(cell);
    }
    this.next++;
  }

  /** Forgets the events of cells before `cell`, and the oldest beyond `most`. */
  trim(cell: number, most: number): void {
    while (this.size > 0 && (this.size > most || this.#cellOf(this.first) < cell)) {
      this.first++;
      const number = Math.floor(this.first / EVENTS_PER_CHUNK);
      if (number > this.chunks.firstNumber) this.chunks.dropFirst();
    }
  }

  /** The event at `index` from the oldest, or null. */
  at(index: number): EventRecord | null {
    if (index < 0 || index >= this.size) return null;
    const number = this.first + index;
    return this.#chunkOf(number).events[number % EVENTS_PER_CHUNK] as EventRecord;
  }

  all(): readonly EventRecord[] {
    return Array.from({ length: this.size }, (_, i) => this.at(i) as EventRecord);
  }

  #cellOf(number: number): number {
    return this.#chunkOf(number).cells[number % EVENTS_PER_CHUNK] as number;
  }

  #chunkOf(number: number): EventChunk {
    return this.chunks.at(Math.floor(number / EVENTS_PER_CHUNK));
  }
}
