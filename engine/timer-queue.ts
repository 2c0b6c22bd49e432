/**
 * The deadlines of one order group, fired in the order of T-5: by deadline, then rule, then key by code point. A rule
 * comes after those whose alerts it reads, so that what those decide at an instant is known before it decides there.
 * Entries are never taken back: a matcher ignores a deadline that no longer means anything. Those of rules that are no
 * more are taken out together.
 */

import { compareText } from "../base/value.ts";
import { Heap } from "./heap.ts";

/** Whose deadline it is. Where keys are to be restored it is nobody's, and comes before all of that instant. */
export interface TimerOwner {
  /** Position of the rule in its order group; it may change between two events, and then `settle` is due. */
  readonly position: number;
}

export interface Timer<O extends TimerOwner> {
  readonly deadlineMs: number;
  readonly owner: O | null;
  readonly key: string;
}

function compareTimers(a: Timer<TimerOwner>, b: Timer<TimerOwner>): number {
  return (
    a.deadlineMs - b.deadlineMs ||
    (a.owner?.position ?? -1) - (b.owner?.position ?? -1) ||
    compareText(a.key, b.key)
  );
}

export class TimerQueue<O extends TimerOwner> {
  #heap = new Heap<Timer<O>>(compareTimers);
  /** The least deadline; Infinity where there is none. */
  nextMs = Number.POSITIVE_INFINITY;

  push(timer: Timer<O>): void {
    this.#heap.push(timer);
    if (timer.deadlineMs < this.nextMs) this.nextMs = timer.deadlineMs;
  }

  /** Position of the owner of the first timer, which there must be. */
  get nextPosition(): number {
    return this.#heap.peek()?.owner?.position ?? -1;
  }

  /** Takes the first timer; there must be one. */
  pop(): Timer<O> {
    const timer = this.#heap.pop() as Timer<O>;
    this.nextMs = this.#heap.peek()?.deadlineMs ?? Number.POSITIVE_INFINITY;
    return timer;
  }

  /** Takes out the deadlines of owners for which `stays` does not hold, and puts the rest in order anew. O(timers). */
  settle(stays: (owner: O) => boolean): void {
    this.#heap = new Heap(
      compareTimers,
      this.#heap.items().filter(({ owner }) => owner === null || stays(owner)),
    );
    this.nextMs = this.#heap.peek()?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }
}
