import { expect, test } from "@jest/globals";
import { tokenize } from "./lexer.ts";

function images(source: string): string[] {
  return tokenize("f", source).tokens.map((token) => token.image);
}

function codes(source: string): string[] {
  return tokenize("f", source).diagnostics.map((diagnostic) => diagnostic.code);
}

function fixed(source: string): string {
  const { diagnostics } = tokenize("f", source);
  return diagnostics.reduceRight(
    (text, { fix }) =>
      fix === null ? text : text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end),
    source,
  );
}

test("quantities, ranges, indexes and decimals are told apart", () => {
  expect(images("5+ 3..5 1.5 a.b[0] x5")).toEqual([
    "5",
    "+",
    "3",
    "..",
    "5",
    "1.5",
    "a",
    ".",
    "b",
    "[",
    "0",
    "]",
    "x5",
  ]);
});

test("comments and white space separate and are nothing", () => {
  expect(images("\uFEFFa# x\n\tb\r\nc")).toEqual(["a", "b", "c"]);
});

test("words have letters of any script", () => {
  expect(images("größe_1 имя")).toEqual(["größe_1", "имя"]);
});

test("offsets are those of the whole file", () => {
  const [token] = tokenize("f", "  abc", 100).tokens;
  expect([token?.startOffset, token?.endOffset]).toEqual([102, 104]);
});

test.each([
  ["a && b || !c", "a and b or not c"],
  ["a === b !== c <> d", "a == b != c != d"],
  ["a & b | c", "a and b or c"],
  ["x == 'it'", 'x == "it"'],
  ["let a = 1;", "let a = 1"],
  ["a // note", "a # note"],
  ['x %like "a*"', 'x ~like "a*"'],
  ["cidr(x, 10.0.0.0/8)", 'cidr(x, "10.0.0.0/8")'],
  ['r == "C:\\Users"', 'r == "C:\\\\Users"'],
  ["x == “a”", 'x == "a"'],
  ['x == "abc', 'x == "abc"'],
  ["`a", "`a`"],
])("what other languages write is mended: %s", (wrong, right) => {
  expect(fixed(wrong)).toBe(right);
  expect(codes(right)).toEqual([]);
});

test("a remainder is no slip for a caseless operator", () => {
  expect(codes("x % like + 1")).toEqual([]);
});

test("unknown characters, each run once", () => {
  expect(codes("a $$$ b ☃")).toEqual(["E0101", "E0101"]);
  expect(codes("\u0000")).toEqual(["E0101"]);
});

test("names in back quotes", () => {
  expect(codes("`@timestamp`")).toEqual([]);
  expect(codes("``")).toEqual(["E0108"]);
});
