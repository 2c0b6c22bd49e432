/** Items of an input, read in batches and taken one by one. */

import type { InputItem } from "./replay-input.ts";

export class ItemBatches {
  readonly #batches: AsyncIterator<readonly InputItem[]>;
  #batch: readonly InputItem[] = [];
  #at = 0;

  constructor(batches: AsyncIterator<readonly InputItem[]>) {
    this.#batches = batches;
  }

  /** The next item of the batch; undefined: load another one. */
  take(): InputItem | undefined {
    return this.#batch[this.#at++];
  }

  /** Reads the next batch, once the one before is taken; false at the end. Throws what reading throws. */
  async load(): Promise<boolean> {
    const next = await this.#batches.next();
    if (next.done === true) return false;
    this.#batch = next.value;
    this.#at = 0;
    return true;
  }
}
