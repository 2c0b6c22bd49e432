/**
 * Broken and doubtful rule files and what is said about them, kept as golden files: `X.seq` and `X.txt` in
 * tests/diagnostics. A file whose name begins with a code is about that code alone. After a deliberate change of texts,
 * write them anew and read the difference:
 *
 *   UPDATE_GOLDEN=1 npm test -- tests/diagnostics.test.ts && git diff tests/diagnostics docs/DIAGNOSTICS.md
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { renderDiagnostics, ruleFileReader } from "../cli/rule-paths.ts";
import { DIAGNOSTIC_CODES } from "../dsl/error-index.ts";
import { type LoadedRules, loadRules } from "../rules/rule-set.ts";
import { diagnosticsPage } from "./diagnostics-page.ts";

const FOLDER = "tests/diagnostics";
const PAGE = "docs/DIAGNOSTICS.md";
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";
/** Exceptions past their date are told as of this day. */
const TODAY_MS = Date.UTC(2026, 0, 1);
/** Of a file that is larger than 1 MiB none is kept: dsl/hostile.test.ts makes one. */
const WITHOUT_FILE = ["E0109"];

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".seq"));

function load(file: string): LoadedRules {
  const path = join(FOLDER, file);
  const text = readFileSync(path, "utf8");
  // Shown without the folder; the files beside it are found through the path.
  const reader = {
    readLines: (_: string, name: string) => {
      const read = ruleFileReader.readLines(path, name);
      return "error" in read ? { error: read.error.replace(`${FOLDER}/`, "") } : read;
    },
  };
  return loadRules([{ file, text }], { reader, todayMs: TODAY_MS });
}

function codeOf(file: string): string | null {
  return /^[EW]\d{4}/.exec(file)?.[0] ?? null;
}

test.each(files)("%s", (file) => {
  const loaded = load(file);
  const said = `${renderDiagnostics(loaded, false).join("\n\n")}\n`;
  const code = codeOf(file);
  if (code !== null) {
    expect([...new Set(loaded.diagnostics.map((diagnostic) => diagnostic.code))]).toEqual([code]);
  }
  expect(loaded.set === null).toBe(code?.startsWith("W") !== true);
  const golden = join(FOLDER, goldenName(file));
  if (UPDATE) writeFileSync(golden, said);
  expect(said).toBe(readFileSync(golden, "utf8"));
});

test("there are a hundred golden files, and none is left over", () => {
  expect(files.length).toBeGreaterThanOrEqual(100);
  const texts = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));
  expect(texts).toEqual(files.map(goldenName));
});

/** The first diagnostic of each code, as shown; where there is one, from the file that is about the code. */
function examplesByCode(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const ownFirst = [...files].sort(
    (a, b) => Number(codeOf(a) === null) - Number(codeOf(b) === null),
  );
  for (const file of ownFirst) {
    const loaded = load(file);
    const shown = renderDiagnostics(loaded, false);
    for (const [index, { code }] of loaded.diagnostics.entries()) {
      if (!found.has(code)) found.set(code, `${shown[index]}\n`);
    }
  }
  return found;
}

const examples = examplesByCode();

test("every code is told of some file", () => {
  const missing = [...DIAGNOSTIC_CODES.keys()].filter((code) => !examples.has(code));
  expect(missing).toEqual(WITHOUT_FILE);
});

test("the page of all codes is up to date", () => {
  const page = diagnosticsPage(examples);
  if (UPDATE) writeFileSync(PAGE, page);
  expect(page).toBe(readFileSync(PAGE, "utf8"));
});

function goldenName(file: string): string {
  return file.replace(/\.seq$/, ".txt");
}
