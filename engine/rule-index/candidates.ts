/**
 * The rules that an event may concern, by their positions in an index: gathered without regard to order, each once, and
 * then put in ascending order.
 */

/** Beyond so many, sorting by insertion is no longer the fastest. */
const FEW = 24;

export class Candidates {
  #stamps = new Int32Array(0);
  #stamp = 0;
  #found = new Int32Array(0);
  #count = 0;
  /** The last one is the greatest so far. */
  #sorted = true;

  /** Makes room for positions below `size`. */
  reserve(size: number): void {
    if (size <= this.#stamps.length) return;
    this.#stamps = new Int32Array(2 * size + 8);
    this.#found = new Int32Array(2 * size + 8);
    this.#stamp = 0;
  }

  /** Forgets all. */
  clear(): void {
    this.#count = 0;
    this.#sorted = true;
    this.#stamp = nextStamp(this.#stamp, this.#stamps);
  }

  add(positions: readonly number[]): void {
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] as number;
      if (this.#stamps[position] === this.#stamp) continue;
      this.#stamps[position] = this.#stamp;
      const before = this.#count === 0 ? -1 : (this.#found[this.#count - 1] as number);
      if (before > position) this.#sorted = false;
      this.#found[this.#count++] = position;
    }
  }

  /** Puts them in order, and says how many they are. */
  sort(): number {
    if (!this.#sorted) sortFirst(this.#found, this.#count);
    return this.#count;
  }

  at(i: number): number {
    return this.#found[i] as number;
  }
}

/** A number that none of `stamps` is. They come again after 2^32, and then those of so long ago are forgotten. */
export function nextStamp(stamp: number, stamps: Int32Array): number {
  const next = (stamp + 1) | 0;
  if (next !== 0) return next;
  stamps.fill(0);
  return 1;
}

/** Sorts the first `count`. */
function sortFirst(values: Int32Array, count: number): void {
  if (count > FEW) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--)
      values[at] = values[at - 1] as number;
    values[at] = value;
  }
}
