import { expect, test } from "@jest/globals";
import { setPath } from "./set-path.ts";

test.each([
  [{ a: 1 }, ["t"], { a: 1, t: 9 }],
  [{ a: { b: 1 } }, ["a", "t"], { a: { b: 1, t: 9 } }],
  [{ a: 1 }, ["a", "t"], { a: { t: 9 } }],
  [{ "a.t": 1 }, ["a", "t"], { "a.t": 1, a: { t: 9 } }],
  [{}, ["ts", 1], { ts: [null, 9] }],
  [{ ts: [1, 2] }, ["ts", -1], { ts: [1, 9] }],
  [{}, ["ts", -1], { ts: [9] }],
  [5, [], 9],
])("%j at %j", (value, path, changed) => {
  const before = JSON.stringify(value);
  expect(setPath(value, path, 9)).toEqual(changed);
  expect(JSON.stringify(value)).toBe(before);
});
