/**
 * The estimate of `approx_percentile`: counts of numbers in buckets whose bounds grow by a constant factor, so that what
 * is given for a number is within 1 % of it. Buckets can be taken back, and do not depend on the order of the numbers.
 *
 * Source: Masson, Rim and Lee, "DDSketch", 2019 (their α is ACCURACY, their γ is GROWTH).
 */

const ACCURACY = 0.01;
const GROWTH = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GROWTH = Math.log(GROWTH);
/** Buckets of numbers above zero are this and more, those of numbers below it are its negatives; 0 is that of zero. */
const OFFSET = 100_000;

/** The bucket of a number: greater numbers have no lesser bucket. */
export function bucketOf(number: number | bigint): number {
  const value = Number(number);
  if (value === 0) return 0;
  const magnitude = OFFSET + Math.ceil(Math.log(Math.abs(value)) / LOG_GROWTH);
  return value < 0 ? -magnitude : magnitude;
}

/** A number within 1 % of all that are in the bucket; null beyond the floats. */
function middleOf(bucket: number): number | null {
  if (bucket === 0) return 0;
  const magnitude = (2 * GROWTH ** (Math.abs(bucket) - OFFSET)) / (GROWTH + 1);
  if (!Number.isFinite(magnitude)) return null;
  return bucket < 0 ? -magnitude : magnitude;
}

/** About the p-th percentile: of the number at rank p / 100 × (n - 1), rounded down. O(buckets × log). */
export function percentileOfBuckets(counts: ReadonlyMap<number, number>, p: number): number | null {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.floor((p * (total - 1)) / 100);
  let below = 0;
  for (const [bucket, count] of buckets) {
    below += count;
    if (below > rank) return middleOf(bucket);
  }
  return null;
}
