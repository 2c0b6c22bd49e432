/**
 * docs/SEMANTICS.md and the cases: every statement names the cases that cite it, and has at least two.
 * UPDATE_DOCS=1 writes the lines `Cases:` anew.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readCases } from "./cases/format.ts";

const PAGE = "docs/SEMANTICS.md";
const FOLDER = "tests/cases";
const STATEMENT = /^- \*\*([A-Z]-\d+)\*\*/;
const CASES_MIN = 2;

/** By statement, as `file#title`, in the order of the files. */
function casesByStatement(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".cases"));
  for (const file of files.sort()) {
    for (const { statements, title } of readCases(file, readFileSync(join(FOLDER, file), "utf8"))) {
      for (const statement of statements) {
        const names = found.get(statement) ?? [];
        names.push(`${file.replace(".cases", "")}#${title}`);
        found.set(statement, names);
      }
    }
  }
  return found;
}

/** The page with a line `Cases:` under each statement. */
function withCases(page: string, cases: ReadonlyMap<string, readonly string[]>): string {
  const lines = page.split("\n").filter((line) => !line.startsWith("  Cases: "));
  return lines
    .flatMap((line) => {
      const [, statement] = STATEMENT.exec(line) ?? [];
      if (statement === undefined) return [line];
      return [line, `  Cases: ${(cases.get(statement) ?? []).join("; ")}.`];
    })
    .join("\n");
}

const page = readFileSync(PAGE, "utf8");
const cases = casesByStatement();

test("every statement names its cases", () => {
  const wanted = withCases(page, cases);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, wanted);
  else expect(page.split("\n")).toEqual(wanted.split("\n"));
});

test("every statement has at least two cases, and every case a statement", () => {
  const statements = page.split("\n").flatMap((line) => STATEMENT.exec(line)?.[1] ?? []);
  const counts = statements.map((statement) => [statement, cases.get(statement)?.length ?? 0]);
  expect(counts.filter(([, count]) => Number(count) < CASES_MIN)).toEqual([]);
  expect([...cases.keys()].filter((statement) => !statements.includes(statement))).toEqual([]);
  expect(statements.length).toBe(52);
});
