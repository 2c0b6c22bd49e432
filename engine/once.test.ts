import { expect, test } from "@jest/globals";
import { OnceMemory } from "./once.ts";

const DAY = 86_400_000;

test("the first passes, later ones are withheld for less than DUR, the next tells how many (A-2)", () => {
  const once = new OnceMemory(1000, false);
  expect(once.pass("v", 0)).toBe(0);
  expect(once.pass("w", 1)).toBe(0);
  expect(once.pass("v", 1)).toBeNull();
  expect(once.pass("v", 999)).toBeNull();
  expect(once.pass("v", 1000)).toBe(2);
  expect(once.pass("w", 1001)).toBe(0);
  expect(once.pass("v", 1999)).toBeNull();
  expect(once.pass("v", 2000 + DAY)).toBe(1);
});

test("memory ends a week after DUR, whether it was swept or not", () => {
  const swept = new OnceMemory(1000, true);
  const left = new OnceMemory(1000, false);
  for (const once of [swept, left]) {
    once.pass("v", 0);
    once.pass("v", 10);
    once.pass("w", 20);
  }
  expect(swept.takeChanged()).toEqual([
    { values: "v", entry: { passedMs: 0, withheld: 1 } },
    { values: "w", entry: { passedMs: 20, withheld: 0 } },
  ]);
  swept.expire(1000);
  expect(swept.size).toBe(2);
  swept.expire(1020);
  expect(swept.size).toBe(1);
  expect(swept.takeChanged()).toEqual([{ values: "w", entry: null }]);
  swept.expire(1000 + 7 * DAY);
  expect(swept.size).toBe(0);
  expect(swept.takeChanged()).toEqual([{ values: "v", entry: null }]);
  expect(left.pass("v", 1000 + 7 * DAY)).toBe(0);
});
