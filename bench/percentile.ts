/** Percentiles of measured durations. */

/** The least value that at least the share `p` of the values does not exceed; 0 of none. Sorts the values. */
export function percentile(values: Float64Array, p: number): number {
  values.sort();
  return values[Math.max(0, Math.ceil(values.length * p) - 1)] ?? 0;
}
