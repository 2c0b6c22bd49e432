/**
 * Sums without error: whatever the order of adding, removing and merging, the result is the exact sum of the numbers
 * given, rounded once, half to even. So an alert does not depend on how a window was cut into panes or restored.
 *
 * Source: Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997), GROW-EXPANSION; the final rounding is that
 * of Python's math.fsum (Hettinger).
 *
 * Invariants
 *  E1  The sum is `#integer` + all of `#partials` + `#big`, exactly.
 *  E2  `#integer` is a safe integer: while all numbers are integers and the sum is one, nothing else is used.
 *  E3  `#partials` do not overlap, are not zero, ascend in magnitude, and stay below 2^1000, so that no step overflows.
 */

import { assert } from "../../base/assert.ts";

const PARTIAL_LIMIT = 2 ** 1000;
/** Below it the error of a square is no longer a float; see `addSquare`. */
const SQUARE_LIMIT = 2 ** -480;
/** 2^27 + 1 cuts a float in two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/** An exact sum that can be added to, removed from and merged. */
export class ExactSum {
  #integer = 0;
  #partials: number[] = [];
  #big = 0n;

  /** Adds a finite number. O(partials): one for integers, in practice below 5. */
  add(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#big += value;
      return;
    }
    assert(Number.isFinite(value), "only finite numbers are summed");
    if (Number.isSafeInteger(value)) {
      const sum = this.#integer + value;
      if (Number.isSafeInteger(sum)) {
        this.#integer = sum;
        return;
      }
    }
    this.#grow(value);
  }

  /** Takes back a number that was added. */
  remove(value: number | bigint): void {
    this.add(-value);
  }

  /** Adds the square of a number; exact, save that squares of numbers below 2^-480 are rounded first. */
  addSquare(value: number | bigint): void {
    for (const part of squareParts(value)) this.add(part);
  }

  removeSquare(value: number | bigint): void {
    for (const part of squareParts(value)) this.remove(part);
  }

  /** Adds all that `other` holds. */
  merge(other: ExactSum): void {
    for (const part of other.parts()) this.add(part);
  }

  /** Numbers whose exact sum this is: adding them to a new sum restores it. */
  parts(): readonly (number | bigint)[] {
    const parts: (number | bigint)[] = [];
    if (this.#integer !== 0) parts.push(this.#integer);
    parts.push(...this.#partials);
    if (this.#big !== 0n) parts.push(this.#big);
    return parts;
  }

  /** The sum rounded once; null where that is beyond the floats. */
  total(): number | null {
    if (this.#big !== 0n) return roundQuotient(...this.#fraction(1n));
    if (this.#partials.length === 0) return this.#integer;
    if (this.#integer === 0) return roundExpansion(this.#partials);
    return roundExpansion(growExpansion(this.#partials, this.#integer));
  }

  /** The sum divided by `count`, rounded once; null for no count, or beyond the floats. */
  mean(count: number): number | null {
    if (count === 0) return null;
    if (this.#big === 0n) {
      if (this.#partials.length === 0) return this.#integer / count;
      if (this.#partials.length === 1 && this.#integer === 0)
        return (this.#partials[0] ?? 0) / count;
      const quick = quickQuotient(growExpansion(this.#partials, this.#integer), count);
      if (quick !== null) return quick;
    }
    return roundQuotient(...this.#fraction(BigInt(count)));
  }

  /** The exact sum as numerator and power of two below it: numerator / 2^scale. */
  exact(): { readonly numerator: bigint; readonly scale: bigint } {
    const cut = this.#partials.map(decompose);
    let exponent = 0;
    for (const part of cut) exponent = Math.min(exponent, part.exponent);
    let numerator = (BigInt(this.#integer) + this.#big) << BigInt(-exponent);
    for (const part of cut) numerator += part.mantissa << BigInt(part.exponent - exponent);
    return { numerator, scale: BigInt(-exponent) };
  }

  #fraction(divisor: bigint): [bigint, bigint] {
    const { numerator, scale } = this.exact();
    return [numerator, divisor << scale];
  }

  #grow(value: number): void {
    if (Math.abs(value) >= PARTIAL_LIMIT) {
      this.#big += BigInt(value);
      return;
    }
    this.#partials = growExpansion(this.#partials, value);
    const last = this.#partials.at(-1) ?? 0;
    if (Math.abs(last) < PARTIAL_LIMIT) return;
    this.#partials.pop();
    this.#big += BigInt(last);
  }
}

/**
 * The standard deviation of a population of `count` numbers with this sum and this sum of squares: the exact variance
 * is rounded once, then its root. Null for no numbers.
 */
export function populationDeviation(
  sum: ExactSum,
  squares: ExactSum,
  count: number,
): number | null {
  if (count === 0) return null;
  const n = BigInt(count);
  const first = sum.exact();
  const second = squares.exact();
  const numerator =
    ((n * second.numerator) << (2n * first.scale)) - ((first.numerator ** 2n) << second.scale);
  // Rounded squares of tiny numbers may leave less than nothing.
  if (numerator <= 0n) return 0;
  const variance = roundQuotient(numerator, (n * n) << (2n * first.scale + second.scale));
  return variance === null ? null : Math.sqrt(variance);
}

function squareParts(value: number | bigint): readonly (number | bigint)[] {
  if (typeof value === "bigint") return [value * value];
  const product = value * value;
  if (Number.isInteger(value)) {
    return Number.isSafeInteger(product) ? [product] : [BigInt(value) ** 2n];
  }
  if (Math.abs(value) < SQUARE_LIMIT) return [product];
  const scaled = SPLITTER * value;
  const high = scaled - (scaled - value);
  const low = value - high;
  return [product, low * low - (product - high * high - 2 * high * low)];
}

/** The non-overlapping sum of an expansion and a number; zeros are left out. */
function growExpansion(partials: readonly number[], value: number): number[] {
  const grown: number[] = [];
  let sum = value;
  for (const partial of partials) {
    const high = sum + partial;
    const part = high - sum;
    const low = sum - (high - part) + (partial - part);
    if (low !== 0) grown.push(low);
    sum = high;
  }
  if (sum !== 0) grown.push(sum);
  return grown;
}

/** The float nearest to an expansion: where the lower half is a tie, what lies below decides. */
function roundExpansion(partials: readonly number[]): number {
  let at = partials.length - 1;
  let high = partials[at] ?? 0;
  let low = 0;
  while (at > 0 && low === 0) {
    const partial = partials[--at] ?? 0;
    const sum = high + partial;
    low = partial - (sum - high);
    high = sum;
  }
  const below = partials[at - 1] ?? 0;
  if (low === 0 || below === 0 || low < 0 !== below < 0) return high;
  const double = low * 2;
  const rounded = high + double;
  return rounded - high === double ? rounded : high;
}

/** Beyond these magnitudes errors of products are no longer floats. */
const QUICK_MIN = 2 ** -900;
const QUICK_MAX = 2 ** 900;

/**
 * The quotient of an expansion and a count, rounded once; null where floats cannot tell which of two neighbours is
 * nearer. The float nearest to the quotient of the highest part is corrected by the exact remainder, as far as it is
 * known: where both ends of what the correction can be give the same float, it is the right one.
 */
function quickQuotient(partials: readonly number[], count: number): number | null {
  const high = partials.at(-1) ?? 0;
  const quotient = high / count;
  const magnitude = Math.abs(quotient);
  if (magnitude < QUICK_MIN || Math.abs(high) > QUICK_MAX || count > SPLITTER) return null;
  let below = 0;
  let spread = 0;
  for (let i = 0; i < partials.length - 1; i++) {
    const partial = partials[i] ?? 0;
    below += partial;
    spread += Math.abs(partial);
  }
  const product = quotient * count;
  const error = productError(quotient, count, product);
  const rest = high - product;
  const correction = (rest - error + below) / count;
  const doubt = (2 ** -48 * (Math.abs(rest) + Math.abs(error) + spread)) / count;
  const least = quotient + (correction - doubt);
  return least === quotient + (correction + doubt) ? least : null;
}

/** What the rounding of a product of a float and a whole number below 2^27 left out (Dekker). */
function productError(value: number, count: number, product: number): number {
  const scaled = SPLITTER * value;
  const high = scaled - (scaled - value);
  return (value - high) * count - (product - high * count);
}

const floats = new Float64Array(1);
const bits = new BigUint64Array(floats.buffer);

/** A float as mantissa × 2^exponent, exactly. */
function decompose(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  floats[0] = value;
  const pattern = bits[0] ?? 0n;
  const field = Number((pattern >> 52n) & 0x7ffn);
  const fraction = pattern & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | 0x10000000000000n;
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: Math.max(field, 1) - 1075 };
}

/** The float nearest to the quotient, half to even; null beyond the floats. The divisor is positive. */
export function roundQuotient(dividend: bigint, divisor: bigint): number | null {
  if (dividend === 0n) return 0;
  const magnitude = dividend < 0n ? -dividend : dividend;
  const shift = BigInt(bitLength(divisor) - bitLength(magnitude) + 66);
  const top = shift > 0n ? magnitude << shift : magnitude;
  const bottom = shift < 0n ? divisor << -shift : divisor;
  // At least 65 bits of the quotient, the last of them standing for all that is left out.
  const quotient = (top / bottom) | (top % bottom === 0n ? 0n : 1n);
  const length = bitLength(quotient);
  // 53 bits, fewer where the lowest would lie below 2^-1074.
  const kept = Math.min(53, length - Number(shift) + 1074);
  if (kept < 0) return 0;
  const dropped = BigInt(length - kept);
  const rest = quotient & ((1n << dropped) - 1n);
  const half = 1n << (dropped - 1n);
  let mantissa = quotient >> dropped;
  if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
  const result = Number(mantissa) * 2 ** Number(dropped - shift);
  if (!Number.isFinite(result)) return null;
  return dividend < 0n ? -result : result;
}

function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0] ?? "0", 16)) + 28;
}
