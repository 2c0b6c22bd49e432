/** What of the state is still in the store only: slots of rules, entries of `once`, identities. It comes back in slices. */

import type { StoredEntries } from "./stored-entries.ts";

/** Entries read at once where all is to be restored. */
const ALL_SLICE = 4096;

export class StoredState {
  readonly #done: () => void;
  #left: readonly StoredEntries[];
  #settled = false;

  /** `done` is called once, when nothing is left. */
  constructor(entries: readonly StoredEntries[], done: () => void) {
    this.#left = entries;
    this.#done = done;
  }

  /** Is everything in memory? */
  get isDone(): boolean {
    return this.#settled;
  }

  /** Restores about so many entries; true where some are left. */
  load(entries: number): boolean {
    let rest = entries;
    while (rest > 0) {
      const [first, ...others] = this.#left;
      if (first === undefined) break;
      // One that is empty costs a look-up, too.
      rest -= Math.max(1, first.load(rest));
      if (first.isDone) this.#left = others;
    }
    if (this.#left.length > 0) return true;
    if (!this.#settled) this.#done();
    this.#settled = true;
    return false;
  }

  loadAll(): void {
    let left = true;
    while (left) left = this.load(ALL_SLICE);
  }
}
