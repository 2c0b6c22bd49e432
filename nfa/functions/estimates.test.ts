import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { aggregateValues } from "./aggregates.ts";

test.each([1, 2, 17, 1000, 20_000])("W-4 approx_distinct of %d values is near", (count) => {
  const values = Array.from({ length: count * 2 }, (_, i) => `host-${i % count}`);
  const estimate = Number(aggregateValues("approx_distinct", values, null));
  // Four standard errors of 0.81 %.
  expect(Math.abs(estimate - count)).toBeLessThanOrEqual(count * 0.0324);
});

test("W-4 approx_distinct of nothing is null, and tells types apart", () => {
  expect(aggregateValues("approx_distinct", [], null)).toBeNull();
  expect(aggregateValues("approx_distinct", [1, "1", true, 1n], null)).toBe(3);
});

test("W-4 approx_percentile is within 1 % of the number at its rank", () => {
  const random = new Random(7);
  const numbers = Array.from({ length: 999 }, () => (random.unit() - 0.3) * 10 ** random.below(9));
  const sorted = [...numbers].sort((a, b) => a - b);
  for (const p of [0, 1, 25, 50, 90, 99, 100]) {
    const exact = sorted[Math.floor((p * 998) / 100)] ?? 0;
    const estimate = Number(aggregateValues("approx_percentile", numbers, p));
    expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0100001);
  }
  expect(aggregateValues("approx_percentile", [0, 0, 0, 5], 50)).toBe(0);
  expect(aggregateValues("approx_percentile", [], 50)).toBeNull();
});
