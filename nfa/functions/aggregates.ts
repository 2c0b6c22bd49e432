/**
 * Aggregates over the values of events (X-4, W-4). Nulls are left out; over no values `count` and `sum` are 0 and the
 * others null. Results do not depend on the order of the values.
 *
 * Decisions: what is no number is left out of `sum avg stddev percentile`, as null is; `min` and `max` take numbers or
 * texts, and are null where both occur, for then their order is unknown; `stddev` is that of the population;
 * `percentile` interpolates between the two nearest values, at rank p / 100 × (n - 1) from 0.
 */

import { compare, type Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";
import { finite, floatOf } from "./arithmetic.ts";
import { DistinctValues } from "./canonical.ts";
import { ExactSum, populationDeviation } from "./exact-sum.ts";
import { estimateDistinct, RANK_MAX, REGISTERS, registerOf } from "./hyper-log-log.ts";
import { bucketOf, percentileOfBuckets } from "./quantile-buckets.ts";

/** The aggregates of values; `rate` is one of times. */
export type ValueAggregate = Exclude<AggregateName, "rate">;

/** `rate` is computed by `rateOf`. */
export function isValueAggregate(name: AggregateName): name is ValueAggregate {
  return name !== "rate";
}

/** The aggregate of the values; `parameter` is p of a percentile. O(n), `percentile` O(n log n). */
export function aggregateValues(
  name: ValueAggregate,
  values: readonly Value[],
  parameter: Value,
): Value {
  switch (name) {
    case "count":
      return values.reduce<number>((count, value) => (value === null ? count : count + 1), 0);
    case "sum":
      return sumOf(numbersIn(values)).total();
    case "avg":
      return meanOf(numbersIn(values));
    case "min":
      return extreme(values, -1);
    case "max":
      return extreme(values, 1);
    case "distinct":
      return distinct(values);
    case "stddev":
      return deviation(numbersIn(values));
    case "percentile":
      return percentile(numbersIn(values), parameter);
    case "approx_distinct":
      return approximateDistinct(values);
    case "approx_percentile":
      return approximatePercentile(numbersIn(values), parameter);
  }
}

function numbersIn(values: readonly Value[]): readonly (number | bigint)[] {
  return values.filter((value) => typeof value === "number" || typeof value === "bigint");
}

function sumOf(numbers: readonly (number | bigint)[]): ExactSum {
  const sum = new ExactSum();
  for (const number of numbers) sum.add(number);
  return sum;
}

function meanOf(numbers: readonly (number | bigint)[]): Value {
  return sumOf(numbers).mean(numbers.length);
}

function deviation(numbers: readonly (number | bigint)[]): Value {
  const squares = new ExactSum();
  for (const number of numbers) squares.addSquare(number);
  return populationDeviation(sumOf(numbers), squares, numbers.length);
}

/** The least (sign -1) or greatest (sign 1) of the values. */
function extreme(values: readonly Value[], sign: -1 | 1): Value {
  let best: Value = null;
  for (const value of values) {
    if (compare(value, value) === null) continue;
    if (best === null) {
      best = value;
      continue;
    }
    const order = compare(value, best);
    if (order === null) return null;
    if (order * sign > 0) best = value;
  }
  return best;
}

function distinct(values: readonly Value[]): Value {
  const seen = new DistinctValues();
  for (const value of values) if (value !== null) seen.add(value);
  return seen.size === 0 ? null : seen.size;
}

function percentile(numbers: readonly (number | bigint)[], parameter: Value): Value {
  return percentileOf(
    [...numbers].sort((a, b) => compare(a, b) ?? 0),
    parameter,
  );
}

/** The percentile of numbers in ascending order; `parameter` is p. */
export function percentileOf(sorted: readonly (number | bigint)[], parameter: Value): Value {
  const p = floatOf(parameter);
  if (p === null || p < 0 || p > 100 || sorted.length === 0) return null;
  const rank = (p * (sorted.length - 1)) / 100;
  const below = sorted[Math.floor(rank)] ?? null;
  const above = sorted[Math.ceil(rank)] ?? null;
  return interpolate(below, above, rank - Math.floor(rank));
}

function approximateDistinct(values: readonly Value[]): Value {
  const ranks = new Map<number, number>();
  for (const value of values) {
    if (value === null) continue;
    const { register, rank } = registerOf(value);
    ranks.set(register, Math.max(rank, ranks.get(register) ?? 0));
  }
  if (ranks.size === 0) return null;
  const counts = Array.from({ length: RANK_MAX + 1 }, () => 0);
  counts[0] = REGISTERS - ranks.size;
  for (const rank of ranks.values()) counts[rank] = (counts[rank] ?? 0) + 1;
  return estimateDistinct(counts);
}

function approximatePercentile(numbers: readonly (number | bigint)[], parameter: Value): Value {
  const p = floatOf(parameter);
  if (p === null || p < 0 || p > 100) return null;
  const counts = new Map<number, number>();
  for (const number of numbers) {
    const bucket = bucketOf(number);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return percentileOfBuckets(counts, p);
}

/** The value at `fraction` of the way; a value itself where there is no way. */
export function interpolate(below: Value, above: Value, fraction: number): Value {
  if (fraction === 0 || compare(below, above) === 0) return below;
  const low = floatOf(below);
  const high = floatOf(above);
  if (low === null || high === null) return null;
  // The difference of two floats may be beyond the floats; this form loses less where it is not.
  const way = finite(high - low);
  return finite(way === null ? low * (1 - fraction) + high * fraction : low + way * fraction);
}

/**
 * How many of the times lie in the last `duration` up to `endMs`, both ends included (null: up to the latest of them).
 * Null over no times, and for a duration that is none.
 */
export function rateOf(timesMs: readonly number[], duration: Value, endMs: number | null): Value {
  const length = floatOf(duration);
  if (length === null || length < 0 || timesMs.length === 0) return null;
  const end = endMs ?? timesMs.reduce((latest, time) => Math.max(latest, time));
  return timesMs.reduce(
    (count, time) => (time >= end - length && time <= end ? count + 1 : count),
    0,
  );
}
