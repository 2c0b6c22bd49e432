/** All starts of a rule, oldest first: enforces `limit N open` over the keys. */

import { compareEvents } from "../../base/event.ts";
import type { Start } from "./run.ts";

export class StartQueue {
  #starts: Start[] = [];
  #head = 0;

  /** Adds a start that is not older than any here. `live`: how many are alive. Amortised O(1). */
  push(start: Start, live: number): void {
    if (this.#starts.length > 1024 + 2 * live) {
      this.#starts = this.#starts.slice(this.#head).filter((s) => s.runs > 0);
      this.#head = 0;
    }
    this.#starts.push(start);
  }

  /** The oldest start that is alive, or null. Amortised O(1). */
  oldest(): Start | null {
    while (this.#head < this.#starts.length) {
      const start = this.#starts[this.#head] as Start;
      if (start.runs > 0) return start;
      this.#head++;
    }
    return null;
  }

  /** Restores the order after starts were added key by key. */
  sort(): void {
    this.#starts = this.#starts.slice(this.#head).sort((a, b) => compareEvents(a.event, b.event));
    this.#head = 0;
  }
}
