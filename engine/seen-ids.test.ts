import { expect, test } from "@jest/globals";
import { SeenIds } from "./seen-ids.ts";

test("an identity counts for `within` of event time after it came, also where it comes again", () => {
  const seen = new SeenIds(100, false);
  seen.add("x", 1000);
  expect(seen.isDuplicate("x", 1100)).toBe(true);
  expect(seen.isDuplicate("y", 1100)).toBe(false);
  expect(seen.isDuplicate("x", 1200)).toBe(true);
  expect(seen.isDuplicate("x", 1301)).toBe(false);
  expect(seen.isDuplicate("x", 900)).toBe(true);
  expect(seen.isDuplicate("x", 799)).toBe(false);
});

test("which of two arrives first does not matter, and each counts for itself", () => {
  const seen = new SeenIds(50, true);
  seen.add("x", 100);
  expect(seen.isDuplicate("x", 49)).toBe(false);
  seen.add("x", 10);
  expect(seen.takeChanged()).toEqual([{ id: "x", times: [10, 10, 100, 100] }]);
  expect(seen.isDuplicate("x", 151)).toBe(false);
  expect(seen.isDuplicate("x", 10)).toBe(true);
  expect(seen.isDuplicate("x", 100)).toBe(true);
  const restored = new SeenIds(50, true);
  restored.restore("x", [10, 10, 100, 100]);
  expect(restored.isDuplicate("x", 55)).toBe(true);
  expect(restored.takeChanged()).toEqual([{ id: "x", times: [10, 100] }]);
  expect(restored.isDuplicate("x", 75)).toBe(true);
  restored.advance(200);
  restored.add("x", 160);
  expect(restored.takeChanged()).toEqual([{ id: "x", times: [160] }]);
});

test("memory is bounded by event time, and a sweep changes no answer", () => {
  const seen = new SeenIds(80, true);
  for (let i = 0; i < 1000; i++) {
    seen.add(`i${i}`, i);
    seen.advance(i);
    expect(seen.isDuplicate(`i${i - 81}`, i)).toBe(false);
    expect(seen.size).toBeLessThanOrEqual(80 + 10 + 1);
  }
  expect(seen.isDuplicate("i919", 999)).toBe(true);
});

test("changes are told once", () => {
  const seen = new SeenIds(80, true);
  seen.add("a", 0);
  seen.add("b", 50);
  expect(seen.takeChanged()).toEqual([
    { id: "a", times: [0] },
    { id: "b", times: [50] },
  ]);
  expect(seen.takeChanged()).toEqual([]);
  seen.advance(120);
  expect(seen.takeChanged()).toEqual([{ id: "a", times: null }]);
});
