/** docs/FUNCTIONS.md says what the catalogue says, and its examples are expressions. UPDATE_DOCS=1 writes it anew. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { FORMS, FUNCTIONS } from "../dsl/catalogue.ts";
import { AGGREGATES } from "../dsl/catalogue-aggregates.ts";
import { compileRules } from "../dsl/compile.ts";
import { functionsPage } from "./functions-page.ts";

const PAGE = "docs/FUNCTIONS.md";

test("the page is what the catalogue makes of it", () => {
  const wanted = functionsPage();
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, wanted);
  else expect(readFileSync(PAGE, "utf8").split("\n")).toEqual(wanted.split("\n"));
});

/** What only a window has: a bare field, `count()`, the last part of it. */
const OF_WINDOWS = ["rate", "approx_distinct", "approx_percentile"];

/** A match with the steps that examples name; the example is judged at its last step. */
function inMatch(example: string): string {
  const steps = ["a: s", "then b: s"];
  const loops = ["fails", "run", "probes", "flows", "r"].map((name) => `then ${name}: 1+ s`);
  const block = [...steps, ...loops, `then z: s where exists(${example})`].join("\n");
  return `stream s from "s"\nrule r "R" { severity low match by k within 1h {\n${block}\n} }`;
}

function inWindow(example: string): string {
  return `stream s from "s"\nrule r "R" { severity low window 1h by k over s having ${example} > 1 }`;
}

const EXAMPLES = [...FUNCTIONS, ...AGGREGATES, ...FORMS].map(({ name, example }) => ({
  name,
  example,
}));

test.each(EXAMPLES)("the example of $name: $example", ({ name, example }) => {
  const text = OF_WINDOWS.includes(name) ? inWindow(example) : inMatch(example);
  const { diagnostics } = compileRules([{ file: "example.seq", text }]);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
});
