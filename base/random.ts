/**
 * Seeded random numbers for tests, generators and jitter: the same seed gives the same sequence on every machine.
 * Xorshift32 (Marsaglia, "Xorshift RNGs", 2003), shifts 13, 17, 5.
 */
export class Random {
  #state: number;

  /** `seed` is any integer. It is scrambled (murmur3's finaliser), so that near seeds give unlike sequences. */
  constructor(seed: number) {
    let h = (seed ^ 0x9e3779b9) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    // Xorshift never leaves 0.
    this.#state = h ^ (h >>> 16) || 0x9e3779b9;
  }

  /** The next 32 bits as an unsigned integer. */
  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.uint32() / 4294967296;
  }

  /** An integer in [0, bound), bound > 0. */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.unit() < p;
  }

  /** One of the items; the list must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}
