import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { ExactSum, populationDeviation, roundQuotient } from "./exact-sum.ts";

function sumOf(values: readonly (number | bigint)[]): ExactSum {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
}

/** The sum by integers alone: every float is a multiple of 2^-1074. */
function plainSum(values: readonly (number | bigint)[]): number | null {
  let total = 0n;
  for (const value of values) total += typeof value === "bigint" ? value << 1074n : scaled(value);
  return roundQuotient(total, 1n << 1074n);
}

function scaled(value: number): bigint {
  let exponent = 0;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  return BigInt(mantissa) << BigInt(1074 - exponent);
}

const SUMS: readonly (readonly [string, readonly (number | bigint)[], number | null])[] = [
  ["nothing", [], 0],
  ["integers", [1, 2, 3], 6],
  ["decimals round once", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 4.5],
  ["ten tenths are one", Array.from({ length: 10 }, () => 0.1), 1],
  ["what cancels leaves no trace", [1e16, 1, -1e16], 1],
  ["small ones beside great ones", [1e100, 1, -1e100, 1e-100], 1],
  ["half to even, the lower part decides", [1, 2 ** -53, 2 ** -106], 1 + 2 ** -52],
  ["half to even, a tie", [1, 2 ** -53], 1],
  ["integers beyond 2^53 are exact until the end", [9007199254740993n, -9007199254740992n], 1],
  [
    "safe integers whose sum is not",
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 3],
    2 ** 54,
  ],
  ["steps beyond the floats", [1.7e308, 1.7e308, -1.7e308], 1.7e308],
  ["a sum beyond the floats", [1.7e308, 1.7e308], null],
  ["a fraction beside a step beyond the floats", [1.7e308, 0.5, -1.7e308], 0.5],
  ["the least float", [5e-324, 5e-324], 1e-323],
  ["a negative zero is none", [-0], 0],
];

test.each(SUMS)("W-4 exact sum: %s", (_, values, expected) => {
  expect(sumOf(values).total()).toBe(expected);
  expect(sumOf([...values].reverse()).total()).toBe(expected);
});

const MEANS: readonly (readonly [readonly (number | bigint)[], number | null])[] = [
  [[], null],
  [[1, 2], 1.5],
  [[0.1, 0.2, 0.3], 0.2],
  [[1, 1, 0], 2 / 3],
  [[1.7e308, 1.7e308], 1.7e308],
  [[5e-324, 0], 0],
  [[5e-324, 1e-323], 1e-323],
  [[9007199254740993n, 9007199254740995n], 9007199254740994],
];

test.each(MEANS)("W-4 the mean of %p is rounded once: %p", (values, expected) => {
  expect(sumOf(values).mean(values.length)).toBe(expected);
});

function anyNumber(random: Random): number | bigint {
  const kind = random.below(6);
  if (kind === 0) return random.below(1000) - 500;
  if (kind === 1) return (random.below(2000) - 1000) / 100;
  if (kind === 2) return BigInt(random.uint32()) * 9007199254740993n - 2n ** 84n;
  if (kind === 3) return (random.unit() - 0.5) * 2 ** (random.below(2090) - 1073);
  if (kind === 4) return (random.unit() * 2 - 1) * 1.7e308;
  return 2 ** (random.below(100) - 50) * (random.chance(0.5) ? 1 : -1);
}

test("W-4 any order, any grouping and any detour give the sum by integers", () => {
  for (let seed = 1; seed <= 1500; seed++) {
    // Small seeds begin with small numbers.
    const random = new Random(Math.imul(seed, 0x9e3779b9));
    const values = Array.from({ length: 1 + random.below(12) }, () => anyNumber(random));
    const expected = { seed, total: plainSum(values) };
    expect({ seed, total: sumOf(values).total() }).toEqual(expected);
    const detour = anyNumber(random);
    const cut = random.below(values.length);
    const merged = sumOf([...values.slice(cut), detour]);
    merged.merge(sumOf(values.slice(0, cut)));
    merged.remove(detour);
    expect({ seed, total: merged.total() }).toEqual(expected);
    expect({ seed, total: sumOf(merged.parts()).total() }).toEqual(expected);
  }
});

test("W-4 removing what was added leaves nothing to remember", () => {
  const sum = sumOf([0.1, 1e300, 0.7, 12345, 10n ** 30n]);
  for (const value of [10n ** 30n, 0.7, 12345, 0.1, 1e300]) sum.remove(value);
  expect(sum.parts()).toEqual([]);
});

const QUOTIENTS: readonly (readonly [bigint, bigint, number | null])[] = [
  [0n, 7n, 0],
  [1n, 3n, 1 / 3],
  [-2n, 3n, -2 / 3],
  [2n ** 53n + 1n, 1n, 2 ** 53],
  [2n ** 53n + 3n, 1n, 2 ** 53 + 4],
  [1n, 1n << 1074n, 5e-324],
  [1n, 1n << 1075n, 0],
  [3n, 1n << 1075n, 1e-323],
  [1n, 1n << 1080n, 0],
  [(1n << 1024n) - (1n << 970n) - 1n, 1n, Number.MAX_VALUE],
  [(1n << 1024n) - (1n << 970n), 1n, null],
];

test.each(QUOTIENTS)(
  "the quotient %p / %p rounds half to even: %p",
  (dividend, divisor, expected) => {
    expect(roundQuotient(dividend, divisor)).toBe(expected);
  },
);

test("quotients of floats agree with the machine's division", () => {
  const random = new Random(7);
  for (let i = 0; i < 2000; i++) {
    const a = random.uint32() * 2 ** 21 + random.below(2 ** 21);
    const b = 1 + random.uint32();
    expect(roundQuotient(BigInt(a), BigInt(b))).toBe(a / b);
  }
});

function deviationOf(values: readonly (number | bigint)[]): number | null {
  const squares = new ExactSum();
  for (const value of values) squares.addSquare(value);
  return populationDeviation(sumOf(values), squares, values.length);
}

const DEVIATIONS: readonly (readonly [readonly (number | bigint)[], number | null])[] = [
  [[], null],
  [[5], 0],
  [[2, 4, 4, 4, 5, 5, 7, 9], 2],
  [[1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], Math.sqrt(22.5)],
  [[0.1, 0.1, 0.1], 0],
  [[1e15 + 0.5, 1e15 + 1.5], 0.5],
  [[9007199254740993n, 9007199254740995n], 1],
  [[1e200, 3e200], null],
];

test.each(DEVIATIONS)("W-4 the deviation of %p is %p", (values, expected) => {
  expect(deviationOf(values)).toBe(expected);
});

test("W-4 squares are exact and can be taken back", () => {
  const random = new Random(11);
  const squares = new ExactSum();
  const values = Array.from({ length: 200 }, () => anyNumber(random)).filter(
    (value) => value === 0 || Math.abs(Number(value)) > 1e-140,
  );
  for (const value of values) squares.addSquare(value);
  for (const value of values) {
    if (typeof value === "number" && !Number.isInteger(value)) {
      const exact = scaled(value) ** 2n;
      expect(roundQuotient(exact, 1n << 2148n)).toBe(value * value);
    }
    squares.removeSquare(value);
  }
  expect(squares.parts()).toEqual([]);
});

test("means of sums with several parts are rounded once", () => {
  const random = new Random(11);
  const scales = [1, 1e-5, 1e10, 1e16, 2 ** -40];
  for (let round = 0; round < 3000; round++) {
    const sum = new ExactSum();
    for (let i = 1 + random.below(8); i > 0; i--) {
      sum.add((random.unit() - 0.5) * (scales[random.below(5)] ?? 1));
      if (random.chance(0.2)) sum.add(0.5 ** random.below(60));
      if (random.chance(0.3)) sum.add(random.below(100));
    }
    const count = 1 + random.below(round % 3 === 0 ? 2 ** 30 : 40);
    const { numerator, scale } = sum.exact();
    expect([round, sum.mean(count)]).toEqual([
      round,
      roundQuotient(numerator, BigInt(count) << scale),
    ]);
  }
});
