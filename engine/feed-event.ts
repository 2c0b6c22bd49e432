/**
 * The engine's event record: an `EventRecord` with the engine's own notes on where it is kept.
 *
 * Invariants
 *  E1  What `EventRecord` declares never changes; the notes are the engine's and mean nothing to rules.
 */

import type { EventRecord } from "../base/event.ts";
import type { ValueObject } from "../base/value.ts";
import type { Feed } from "./feed.ts";

export class FeedEvent implements EventRecord {
  /** Changes only when the event moves to another engine, with the rule that holds it. */
  source: Feed;
  readonly seq: number;
  readonly index: number;
  readonly timeMs: number;
  readonly timeFrac: number;
  readonly data: ValueObject;
  /** Null: the position is the identity. */
  readonly givenId: string | null;

  /** Order groups in whose buffers the event waits. */
  waits = 0;
  /** Is it in the space of waiting events? */
  waitingStored = false;
  /** Shelves of the space of evidence that have it, by number. */
  shelves: number[] | null = null;

  constructor(
    source: Feed,
    seq: number,
    index: number,
    timeMs: number,
    timeFrac: number,
    givenId: string | null,
    data: ValueObject,
  ) {
    this.source = source;
    this.seq = seq;
    this.index = index;
    this.timeMs = timeMs;
    this.timeFrac = timeFrac;
    this.data = data;
    this.givenId = givenId;
  }

  get stream(): string {
    return this.source.stream.name;
  }

  get place(): number {
    return this.source.stream.place;
  }

  get feed(): string {
    return this.source.name;
  }

  /** Made when asked for: few events become evidence. */
  get id(): string {
    return this.givenId ?? (this.index === 0 ? `${this.seq}` : `${this.seq}.${this.index}`);
  }
}
