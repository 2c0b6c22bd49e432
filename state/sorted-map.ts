/**
 * A map with texts as keys that can be read in order: a hash map for look-up, and the keys sorted in blocks, so that
 * an insertion moves at most one block.
 *
 * Invariants
 *  M1  The blocks hold the map's keys, each once, ascending by UTF-16 unit; none is empty, none longer than BLOCK_KEYS.
 */

const BLOCK_KEYS = 512;

export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #blocks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** O(log n) and a move of one block where the key is new, else O(1). */
  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#blockOf(key);
    const block = this.#blocks[at] as string[];
    block.splice(lowerBound(block, key), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** Entries from the first key not below `from`. The map must not change meanwhile. */
  *entriesFrom(from: string): Iterable<[string, V]> {
    let at = this.#blockOf(from);
    let start = lowerBound(this.#blocks[at] ?? [], from);
    for (; at < this.#blocks.length; at++) {
      const block = this.#blocks[at] as string[];
      for (let i = start; i < block.length; i++) {
        const key = block[i] as string;
        yield [key, this.#values.get(key) as V];
      }
      start = 0;
    }
  }

  #insert(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(lowerBound(block, key), 0, key);
    if (block.length > BLOCK_KEYS) this.#blocks.splice(at + 1, 0, block.splice(BLOCK_KEYS / 2));
  }

  /** The last block that begins at or before the key, else the first. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#blocks[middle] as string[])[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Index of the first item that is not below the key. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
