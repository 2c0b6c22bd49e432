import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import { aggregateValues, isValueAggregate, rateOf, type ValueAggregate } from "./aggregates.ts";

const BIG = 9007199254740993n;

/** Aggregate, parameter, values, result. */
const CASES: readonly (readonly [ValueAggregate, Value, readonly Value[], Value])[] = [
  ["count", null, [], 0],
  ["count", null, [1, null, "a"], 2],
  ["sum", null, [], 0],
  ["sum", null, [null, null], 0],
  ["sum", null, [0.1, 0.2, "x", null, 0.3], 0.6],
  ["sum", null, [BIG, -BIG, 2], 2],
  ["avg", null, [], null],
  ["avg", null, [null, 1, 2], 1.5],
  ["min", null, [], null],
  ["min", null, [3, null, 1, 2], 1],
  ["min", null, ["b", "a"], "a"],
  ["min", null, ["\uffff", "😀"], "\uffff"],
  ["min", null, [1, "a"], null],
  ["min", null, [true, [1], 5], 5],
  ["max", null, [BIG, 9007199254740992], BIG],
  ["max", null, [null], null],
  ["distinct", null, [], null],
  ["distinct", null, [null], null],
  ["distinct", null, [1, 1n, 1.5, "1", true, null, 1], 4],
  ["distinct", null, [BIG, 9007199254740992, 9007199254740992n], 2],
  ["distinct", null, [{ a: 1, b: 2 }, { b: 2, a: 1 }, [1, 2], [2, 1], "[1,2]"], 4],
  ["stddev", null, [], null],
  ["stddev", null, [7], 0],
  ["stddev", null, [2, 4, 4, 4, 5, 5, 7, 9, null], 2],
  ["percentile", 50, [], null],
  ["percentile", 0, [3, 1, 2], 1],
  ["percentile", 100, [3, 1, 2], 3],
  ["percentile", 50, [1, 2], 1.5],
  ["percentile", 95, [15, 20, 35, 40, 50], 48],
  ["percentile", 50, [BIG], BIG],
  ["percentile", 50, [-1.7e308, 1.7e308], 0],
  ["percentile", 101, [1], null],
  ["percentile", null, [1], null],
];

test.each(CASES)("W-4 %s(%p) over %p is %p", (name, parameter, values, expected) => {
  expect(aggregateValues(name, values, parameter)).toBe(expected);
});

const RATES: readonly (readonly [readonly number[], Value, number | null, Value])[] = [
  [[], 10, null, null],
  [[0, 5, 10, 20], 10, null, 2],
  [[20, 0, 10, 5], 15, null, 3],
  [[0, 5, 10, 20], 10, 15, 2],
  [[0, 5], 10, 100, 0],
  [[0, 5], null, null, null],
  [[0, 5], -1, null, null],
];

test.each(RATES)(
  "W-4 rate of %p in the last %p up to %p is %p",
  (times, duration, end, expected) => {
    expect(rateOf(times, duration, end)).toBe(expected);
  },
);

test("W-4 the order of the values does not matter", () => {
  const random = new Random(9);
  const names: readonly ValueAggregate[] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "distinct",
    "stddev",
    "percentile",
  ];
  for (let i = 0; i < 500; i++) {
    const values: Value[] = Array.from({ length: 2 + random.below(8) }, () =>
      random.pick<Value>([0.1, 0.7, 1e16, -1e16, 3, BIG, random.unit(), null]),
    );
    const shuffled = [...values];
    for (let j = shuffled.length - 1; j > 0; j--) {
      const k = random.below(j + 1);
      [shuffled[j], shuffled[k]] = [shuffled[k] ?? null, shuffled[j] ?? null];
    }
    for (const name of names) {
      expect([name, values, aggregateValues(name, shuffled, 30)]).toEqual([
        name,
        values,
        aggregateValues(name, values, 30),
      ]);
    }
  }
});

test("W-4 a rate is one of times", () => {
  expect(isValueAggregate("approx_distinct")).toBe(true);
  expect(isValueAggregate("rate")).toBe(false);
});
