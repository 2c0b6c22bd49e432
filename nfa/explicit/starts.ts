/**
 * All starts of a rule, oldest first: enforces `limit N open` over the keys. It is made when the limit is first
 * reached and kept up while the rule stays near it: most rules never come there, and a list of all starts would keep
 * the events of dead ones.
 *
 * Starts of one event stand in the order of their keys, so that a restart changes nothing.
 */

import { assert } from "../../base/assert.ts";
import { compareEvents } from "../../base/event.ts";
import { compareText } from "../../base/value.ts";
import type { KeyState, Start } from "./run.ts";

export class StartQueue {
  #starts: Start[] = [];
  #head = 0;
  #open = false;

  /** Is it kept up? Then every new start must be pushed. */
  get open(): boolean {
    return this.#open;
  }

  /** Begins with the starts of these keys that are alive. O(n log n). */
  fill(states: Iterable<KeyState>): void {
    this.close();
    this.#open = true;
    for (const { starts } of states)
      for (const start of starts) if (start.runs > 0) this.#starts.push(start);
    this.#starts.sort(compareStarts);
  }

  close(): void {
    this.#starts = [];
    this.#head = 0;
    this.#open = false;
  }

  /** Adds a start that is not older than any here. `live`: how many are alive. Amortised O(1). */
  push(start: Start, live: number): void {
    if (this.#starts.length > 1024 + 2 * live) {
      this.#starts = this.#starts.slice(this.#head).filter((s) => s.runs > 0);
      this.#head = 0;
    }
    let at = this.#starts.length;
    for (; at > this.#head; at--) {
      const before = this.#starts[at - 1] as Start;
      if (compareStarts(before, start) <= 0) break;
      this.#starts[at] = before;
    }
    this.#starts[at] = start;
  }

  /** The oldest start that is alive; there must be one. Amortised O(1). */
  oldest(): Start {
    for (;;) {
      const start = this.#starts[this.#head];
      assert(start !== undefined, "live starts stand in the queue");
      if (start.runs > 0) return start;
      this.#head++;
    }
  }
}

function compareStarts(a: Start, b: Start): number {
  return compareEvents(a.event, b.event) || compareText(a.key.key, b.key.key);
}
