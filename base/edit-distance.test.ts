import { expect, test } from "@jest/globals";
import { editDistance, nearest } from "./edit-distance.ts";

test("counts single edits, a swap of neighbours as one", () => {
  expect(editDistance("outcome", "outcome", 3)).toBe(0);
  expect(editDistance("outcom", "outcome", 3)).toBe(1);
  expect(editDistance("macth", "match", 3)).toBe(1);
  expect(editDistance("", "abc", 3)).toBe(3);
  expect(editDistance("kitten", "sitting", 3)).toBe(3);
});

test("is Infinity beyond the limit and for long words", () => {
  expect(editDistance("kitten", "sitting", 2)).toBe(Number.POSITIVE_INFINITY);
  expect(editDistance("a".repeat(65), "b".repeat(65), 99)).toBe(Number.POSITIVE_INFINITY);
  expect(editDistance("a".repeat(64), `${"a".repeat(63)}b`, 1)).toBe(1);
});

test("the nearest word: a slip, or only another case", () => {
  const words = ["where", "within", "and", "match"];
  expect(nearest("wher", words)).toBe("where");
  expect(nearest("AND", words)).toBe("and");
  expect(nearest("user", words)).toBeNull();
  expect(nearest("where", ["where"])).toBeNull();
});

test("words of one or two letters are near to nothing but their other case", () => {
  expect(nearest("xy", ["x", "xyz"])).toBeNull();
  expect(nearest("OR", ["or"])).toBe("or");
});
