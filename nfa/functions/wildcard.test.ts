import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { testText } from "./text-test.ts";
import { matchesWildcard, parseWildcard } from "./wildcard.ts";

const KINDS: readonly (readonly [string, string])[] = [
  ["abc", "exact"],
  ["", "exact"],
  ["a\\*", "exact"],
  ["a*", "prefix"],
  ["*", "prefix"],
  ["**", "prefix"],
  ["*a", "suffix"],
  ["*a*", "contains"],
  ["a*b", "pieces"],
  ["*a*b*", "pieces"],
  ["a?", "points"],
  ["*\udc00", "points"],
];

test.each(KINDS)("X-1 the pattern %p is of the kind %p", (pattern, kind) => {
  expect(parseWildcard(pattern).kind).toBe(kind);
});

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["*\\cmd.exe", "C:\\Windows\\cmd.exe", true],
  // A backslash before a wildcard takes its meaning, whatever stands before the backslash.
  ["C:\\Windows\\*", "C:\\Windows\\System32", false],
  ["C:\\Windows\\*", "C:\\Windows*", true],
  ["C:\\Windows\\\\*", "C:\\Windows\\*", true],
  ["C:\\Windows*", "C:\\Windows\\System32", true],
  ["100\\*", "100*", true],
  ["100\\*", "1000", false],
  ["a\\?b", "a?b", true],
  ["a\\?b", "axb", false],
  ["a\\b", "a\\b", true],
  ["a\\", "a\\", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["?", "😀", true],
  ["??", "😀", false],
  ["*?", "", false],
  ["a*a", "a", false],
  ["a*a", "aa", true],
  ["*ab*ab*", "abab", true],
  ["*ab*ab*", "abb ab", true],
  ["*aba*aba*", "ababa", false],
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["a*", "b a", false],
  ["line*", "line\nbreak", true],
  ["[ab]*.^$", "[ab]x.^$", true],
  ["*\udc00", "\ud800\udc00", false],
  ["*\udc00", "a\udc00", true],
];

test.each(CASES)("X-1 like %p on %p is %p", (pattern, text, expected) => {
  expect(matchesWildcard(parseWildcard(pattern), text)).toBe(expected);
});

/** By the definition, without any cleverness. */
function plainMatch(pattern: readonly string[], text: readonly string[]): boolean {
  const [token, ...rest] = pattern;
  if (token === undefined) return text.length === 0;
  if (token === "*") {
    return text.some((_, i) => plainMatch(rest, text.slice(i))) || plainMatch(rest, []);
  }
  if (token === "\\" && (rest[0] === "*" || rest[0] === "?")) {
    return text[0] === rest[0] && plainMatch(rest.slice(1), text.slice(1));
  }
  if (text.length === 0) return false;
  return (token === "?" || token === text[0]) && plainMatch(rest, text.slice(1));
}

test("X-1 every way to match agrees with the definition", () => {
  const random = new Random(3);
  const letters = ["a", "b", "*", "?", "\\", "😀", "\udc00"];
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const pattern = Array.from({ length: random.below(7) }, () => random.pick(letters)).join("");
    const text = Array.from({ length: random.below(7) }, () => random.pick(letters)).join("");
    const expected = plainMatch(Array.from(pattern), Array.from(text));
    expect([pattern, text, matchesWildcard(parseWildcard(pattern), text)]).toEqual([
      pattern,
      text,
      expected,
    ]);
    if (expected) found++;
  }
  expect(found).toBeGreaterThan(1000);
});

test("X-1 hostile patterns and texts take linear time, give or take the pattern", () => {
  const text = "a".repeat(60_000);
  expect(matchesWildcard(parseWildcard(`${"*a".repeat(100)}*b`), text)).toBe(false);
  expect(matchesWildcard(parseWildcard(`${"*?a".repeat(100)}*b`), text)).toBe(false);
});

test("X-1 matches finds anywhere, and looks at the first 65,536 units only", () => {
  expect(testText("matches", false, "xxabyy", "a[a-c]")).toBe(true);
  expect(testText("matches", false, "xxAByy", "a[a-c]")).toBe(false);
  expect(testText("matches", true, "xxAByy", "a[a-c]")).toBe(true);
  expect(testText("matches", false, `${"x".repeat(65_535)}b`, "b")).toBe(true);
  expect(testText("matches", false, `${"x".repeat(65_535)}c`, "b")).toBe(false);
  expect(testText("matches", false, `${"x".repeat(65_536)}b`, "b")).toBe(null);
  expect(testText("matches", false, "abc", "(")).toBe(null);
  expect(testText("matches", false, "a".repeat(8000), "^(a+)+$")).toBe(true);
});

test("X-1 without case both sides are folded, sigmas alike", () => {
  expect(testText("like", true, "C:\\TEMP\\X.EXE", "c:\\temp*.exe")).toBe(true);
  expect(testText("starts with", true, "ΟΔΟΣΑ", "ΟΔΟΣ")).toBe(true);
  expect(testText("contains", true, "STRASSE", "straße")).toBe(false);
  expect(testText("ends with", true, "a.Exe", [".dll", ".EXE"])).toBe(true);
});
