/**
 * The reorder buffer of an order group: events that wait until nothing can come before them. A calendar queue (Brown,
 * "Calendar queues", CACM 1988): events lie unsorted in buckets of a fixed width of time; the earliest bucket, the
 * head, is sorted when its turn comes. Push and pop cost O(1) on average while events come within the delay.
 *
 * Invariants
 *  B1  The head is ascending by `compareEvents`; its bucket's number is less than those of all others.
 *  B2  Events leave in ascending order, whatever the order in which they came.
 */

import { compareEvents } from "../base/event.ts";
import type { FeedEvent } from "./feed-event.ts";
import { Heap } from "./heap.ts";

/** Buckets over which a delay spreads. */
const BUCKETS = 32;
/** Width where there is no delay, and events only wait for other feeds. */
const LEAST_WIDTH_MS = 64;
/** The passed part of the head is given back once it is this long, and half of the head. */
const TRIM = 1024;

export class EventBuffer {
  readonly #widthMs: number;
  #head: FeedEvent[] = [];
  /** Events of the head that have left. */
  #passed = 0;
  #headNumber = 0;
  readonly #buckets = new Map<number, FeedEvent[]>();
  /** Numbers of the buckets. */
  readonly #numbers = new Heap<number>((a, b) => a - b);
  #size = 0;

  constructor(delayMs: number) {
    this.#widthMs = Math.max(LEAST_WIDTH_MS, delayMs / BUCKETS);
  }

  get size(): number {
    return this.#size;
  }

  /** All events, in no stated order. */
  all(): readonly FeedEvent[] {
    return [...this.#head.slice(this.#passed), ...[...this.#buckets.values()].flat()];
  }

  push(event: FeedEvent): void {
    const number = Math.floor(event.timeMs / this.#widthMs);
    const empty = this.#size++ === 0;
    if (empty || number < this.#headNumber) {
      if (this.#passed < this.#head.length) this.#putHeadBack();
      this.#head = [];
      this.#passed = 0;
      this.#headNumber = number;
    }
    if (number <= this.#headNumber) this.#insertIntoHead(event);
    else this.#bucket(number).push(event);
  }

  /** An event came before the whole head, whose turn had come too early: it becomes a bucket again. */
  #putHeadBack(): void {
    this.#buckets.set(this.#headNumber, this.#head.slice(this.#passed));
    this.#numbers.push(this.#headNumber);
  }

  #bucket(number: number): FeedEvent[] {
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = [];
      this.#buckets.set(number, bucket);
      this.#numbers.push(number);
    }
    return bucket;
  }

  #insertIntoHead(event: FeedEvent): void {
    const head = this.#head;
    const last = head[head.length - 1];
    if (last === undefined || compareEvents(last, event) < 0) {
      head.push(event);
      return;
    }
    let low = this.#passed;
    let high = head.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareEvents(head[middle] as FeedEvent, event) < 0) low = middle + 1;
      else high = middle;
    }
    head.splice(low, 0, event);
  }

  /** The least event, or undefined. */
  peek(): FeedEvent | undefined {
    if (this.#passed === this.#head.length && this.#size > 0) this.#turnToNext();
    return this.#head[this.#passed];
  }

  #turnToNext(): void {
    const number = this.#numbers.pop() as number;
    const bucket = this.#buckets.get(number) as FeedEvent[];
    this.#buckets.delete(number);
    bucket.sort(compareEvents);
    this.#head = bucket;
    this.#passed = 0;
    this.#headNumber = number;
  }

  /** Takes the least event, which `peek` gave. */
  pop(): void {
    this.#passed++;
    this.#size--;
    if (this.#passed >= TRIM && this.#passed * 2 >= this.#head.length) {
      this.#head = this.#head.slice(this.#passed);
      this.#passed = 0;
    }
  }
}
