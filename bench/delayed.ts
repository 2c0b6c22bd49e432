/**
 * What a generator has planned for later: whole numbers, each with a time, taken out in the order of their times, of one
 * time in the order of the numbers. A binary heap in typed arrays: what waits does not count as the engine's memory.
 */

export class Delayed {
  #times = new Float64Array(1024);
  #ids = new Uint32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The least time; Infinity where nothing waits. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  push(timeMs: number, id: number): void {
    if (this.#size === this.#times.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isAfter(parent, timeMs, id)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, timeMs, id);
  }

  /** Takes out the first one and gives its number. There must be one. */
  pop(): number {
    const first = this.#ids[0] as number;
    const size = --this.#size;
    const timeMs = this.#times[size] as number;
    const id = this.#ids[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      if (right < size && this.#isAfter(child, this.#times[right], this.#ids[right])) child = right;
      if (this.#isAfter(child, timeMs, id)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, timeMs, id);
    return first;
  }

  #isAfter(at: number, timeMs = 0, id = 0): boolean {
    const other = this.#times[at] as number;
    return other > timeMs || (other === timeMs && (this.#ids[at] as number) > id);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#ids[from] as number);
  }

  #put(at: number, timeMs: number, id: number): void {
    this.#times[at] = timeMs;
    this.#ids[at] = id;
  }

  #grow(): void {
    const [times, ids] = [this.#times, this.#ids];
    this.#times = new Float64Array(times.length * 2);
    this.#ids = new Uint32Array(ids.length * 2);
    this.#times.set(times);
    this.#ids.set(ids);
  }
}
