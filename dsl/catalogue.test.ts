import { expect, test } from "@jest/globals";
import { AGGREGATES, FORMS, FUNCTIONS } from "./catalogue.ts";
import { check } from "./check.ts";
import { parse } from "./parse.ts";

const STREAM = `stream s from "s"`;

/** The codes of errors of an example as a step's condition, or of a window. */
function errorsOf(example: string, window: boolean): readonly string[] {
  const condition = `exists(${example})`;
  const rule = window
    ? `window 1h by k over fails: s, run: s, probes: s, flows: s, r: s having ${condition}`
    : `match by k within 1h { a: s then b: s then run: 2+ s then c: s where ${condition} }`;
  const { tree, diagnostics } = parse("x.seq", `${STREAM} rule r "R" { severity low ${rule} }`);
  const found = [...diagnostics, ...check([tree]).diagnostics];
  return found.filter((d) => d.severity === "error").map((d) => `${d.code} ${d.message}`);
}

test.each(FUNCTIONS.map((f) => [f.name, f.example]))("example of %s: %s", (_, example) => {
  expect(errorsOf(example, false)).toEqual([]);
});
test.each(FORMS.map((f) => [f.name, f.example]))("example of %s: %s", (_, example) => {
  expect(errorsOf(example, false)).toEqual([]);
});
test.each(AGGREGATES.map((a) => [a.name, a.example]))("example of %s: %s", (_, example) => {
  expect(errorsOf(example, true)).toEqual([]);
});

test("names are unique, and optional and variadic parameters come last", () => {
  const names = [...FUNCTIONS, ...AGGREGATES, ...FORMS].map((entry) => entry.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, parameters } of FUNCTIONS) {
    const optional = parameters.map((p) => p.optional);
    expect([name, optional]).toEqual([name, [...optional].sort()]);
    expect([name, parameters.slice(0, -1).some((p) => p.variadic)]).toEqual([name, false]);
  }
});
