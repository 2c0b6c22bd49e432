/**
 * The deadlines of one order group, fired in the order of T-5: by deadline, then rule, then key by code point.
 * Entries are never taken back: a matcher ignores a deadline that no longer means anything.
 */

import { compareText } from "../base/value.ts";
import { Heap } from "./heap.ts";

export interface Timer {
  readonly deadlineMs: number;
  /** Position of the rule in ascending order of names. */
  readonly rule: number;
  readonly key: string;
}

function compareTimers(a: Timer, b: Timer): number {
  return a.deadlineMs - b.deadlineMs || a.rule - b.rule || compareText(a.key, b.key);
}

export class TimerQueue {
  readonly #heap = new Heap<Timer>(compareTimers);
  /** The least deadline; Infinity where there is none. */
  nextMs = Number.POSITIVE_INFINITY;

  push(timer: Timer): void {
    this.#heap.push(timer);
    if (timer.deadlineMs < this.nextMs) this.nextMs = timer.deadlineMs;
  }

  /** Takes the first timer; there must be one. */
  pop(): Timer {
    const timer = this.#heap.pop() as Timer;
    this.nextMs = this.#heap.peek()?.deadlineMs ?? Number.POSITIVE_INFINITY;
    return timer;
  }
}
