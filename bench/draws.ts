/** Random draws of the generators. They happen only there, so that no engine depends on how a logarithm is rounded. */

import type { Random } from "../base/random.ts";

/** Draws ranks 1 to `count` with probability proportional to rank^-exponent. O(log count) per draw. */
export class Zipf {
  readonly #random: Random;
  /** Probability of a rank up to and including each, by rank - 1. */
  readonly #cumulative: Float64Array;

  constructor(random: Random, count: number, exponent: number) {
    this.#random = random;
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let rank = 1; rank <= count; rank++) {
      sum += rank ** -exponent;
      this.#cumulative[rank - 1] = sum;
    }
    for (let i = 0; i < count; i++) this.#cumulative[i] = (this.#cumulative[i] as number) / sum;
  }

  next(): number {
    const wanted = this.#random.unit();
    let low = 0;
    let high = this.#cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#cumulative[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low + 1;
  }
}

/** A draw from the exponential distribution. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.unit());
}
