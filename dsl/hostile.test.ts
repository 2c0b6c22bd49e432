/** Rule text from strangers: no text throws, overflows the stack, or takes long. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_DEPTH } from "./grammar-names.ts";
import { MAX_ERRORS, MAX_TEXT, parse } from "./parse.ts";
import { renderDiagnostic } from "./source-frame.ts";
import { KEYWORDS } from "./tokens.ts";

/** Parses and shows every error; the spans must lie in the text. */
function survives(source: string): void {
  const { tree, diagnostics } = parse("f", source);
  expect(tree.text).toBe(source);
  expect(diagnostics.length).toBeLessThanOrEqual(MAX_ERRORS + 1);
  for (const diagnostic of diagnostics) {
    const { start, end } = diagnostic.span;
    expect(start >= 0 && start <= end && end <= source.length).toBe(true);
    expect(renderDiagnostic(diagnostic, source)).toContain(diagnostic.code);
  }
  const places = diagnostics.map(({ span }) => span.start);
  expect(places).toEqual([...places].sort((a, b) => a - b));
}

function codesOf(source: string): string[] {
  return [...new Set(parse("f", source).diagnostics.map(({ code }) => code))];
}

test("random characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), survives), { numRuns: 500 });
  fc.assert(fc.property(fc.string({ maxLength: 300 }), survives), { numRuns: 500 });
});

const WORDS = [
  ...KEYWORDS.keys(),
  ..."{ } ( ) [ ] , : . .. + - * / % == != = ~ ? ?? < > && ! ' \" \\ # \n x5 5 5m 5MB 1.5".split(
    " ",
  ),
  ...['"t"', '"{a}"', '"{', 'r"x"', '"""', "`q`", "a", "b.c", "T1110.001", "\n"],
];

test("soup of tokens", () => {
  const soup = fc
    .array(fc.constantFrom(...WORDS), { maxLength: 80 })
    .map((words) => words.join(" "));
  fc.assert(fc.property(soup, survives), { numRuns: 1000 });
});

test("a valid rule with some of its tokens lost or doubled", () => {
  const valid =
    'stream s from "x" { time t delay 5s fields { a : string } } rule a . b "t" { severity high match by x , y ? within 5m { a : 5+ A where b == ( c + 1 ) then b : { B next C } within 2m then no D } having f ( a , b ) > 1 alert "x {a}" { a : 1 , b : [ 2 ] } once per x every 1m } test "t" for a . b { 0s A { x : { y : [ 1 ] } } x5 every 1s expect none }'.split(
      " ",
    );
  const damage = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.boolean()), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(damage, (places) => {
      const words = valid.map((word, index) => {
        const hit = places.find(([at]) => at === index);
        return hit === undefined ? word : hit[1] ? `${word}\n${word}` : "";
      });
      survives(words.join(" "));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["parentheses", `let x = ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
  ["open parentheses", `let x = ${"(".repeat(100_000)}`],
  ["lists", `let x = ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ["not", `let x = ${"not ".repeat(20_000)}a`],
  ["signs", `let x = ${"-".repeat(20_000)}a`],
  ["a long row", `let x = a${" + a".repeat(100_000)}`],
  ["a long path", `let x = a${".a".repeat(100_000)}`],
  ["look-ups", `let x = a${"[b".repeat(10_000)}${"]".repeat(10_000)}`],
  ["ifs", `let x = ${"if a then ".repeat(10_000)}`],
  ["blocks", `rule a "t" { match by x within 1m ${"{".repeat(10_000)}`],
  ["types", `stream s from "x" { fields ${"{ a: ".repeat(10_000)}`],
  ["values", `test "t" { 0s A { a: ${"[".repeat(10_000)}`],
  ["objects", `test "t" { 0s A ${"{ a: ".repeat(10_000)}`],
])("nesting is bounded: %s", (_, source) => {
  expect(codesOf(source)).toContain("E0114");
});

test("nesting up to the bound is read", () => {
  const depth = MAX_DEPTH - 1;
  expect(codesOf(`let x = ${"(".repeat(depth)}a${")".repeat(depth)}`)).toEqual([]);
  expect(codesOf(`let x = a${" or a".repeat(300)}`)).toEqual([]);
});

test.each([
  ["open declarations", 'rule a "t" {\n'.repeat(40_000)],
  ["stray braces", "}".repeat(500_000)],
  ["unknown characters", "$ ".repeat(400_000)],
  ["broken heads", "event a\n".repeat(100_000)],
  ["quotes", '"\n'.repeat(300_000)],
  [
    "one rule of many broken steps",
    `rule a "t" { match by x within 1m { ${"a: then ".repeat(50_000)}`,
  ],
  ["one text", `let x = "${"\\\\".repeat(400_000)}"`],
  ["an open block text", `let x = """${"a\n".repeat(400_000)}`],
  ["one word", "a".repeat(1_000_000)],
  ["one number", "9".repeat(1_000_000)],
])("a large file of %s takes no longer than a few seconds", (_, source) => {
  const start = performance.now();
  const { diagnostics } = parse("f", source);
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(diagnostics.length).toBeGreaterThan(source.startsWith('let x = "\\') ? -1 : 0);
});

test("a file over 1 MiB is refused unread", () => {
  expect(codesOf(" ".repeat(MAX_TEXT))).toEqual([]);
  expect(codesOf(" ".repeat(MAX_TEXT + 1))).toEqual(["E0109"]);
});
