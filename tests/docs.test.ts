/**
 * The code in README.md and docs/*.md compiles, and its tests pass, plainly and under hardship. Blocks by the words after
 * the fence:
 *
 *   seq             a rule file
 *   seq shared      declarations for all later fragments of the page
 *   seq fragment    a rule's body and clauses, and tests for the rule `example`
 *   seq values      an expression a line, about an event
 *   seq refused E…  a fragment that the checker refuses with this code
 *   FORM NAME       a data file of the page, such as `csv sites.csv`
 */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import type { RuleSource } from "../dsl/compile.ts";
import type { RuleFileReader } from "../rules/rule-files.ts";
import { loadRules } from "../rules/rule-set.ts";
import { runTest } from "../rules/test-runner.ts";

const PAGES = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)];
const TODAY_MS = Date.UTC(2000, 0, 1);

interface Block {
  readonly page: string;
  readonly line: number;
  readonly words: readonly string[];
  readonly text: string;
}

function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = readFileSync(page, "utf8").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, info] = /^```(\S.*)$/.exec(lines[at] ?? "") ?? [];
    if (info === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    const text = lines.slice(at + 1, end).join("\n");
    blocks.push({ page, line: at + 1, words: info.split(/\s+/), text });
    at = end;
  }
  return blocks;
}

/** The clauses of a rule end where the first test or declaration begins. */
function fragmentText(text: string): string {
  const after = /^(?:test|exception|rule|list|table|let|fn|event|stream)\s/m.exec(text);
  const end = after?.index ?? text.length;
  return `rule example "An example" { severity info\n${text.slice(0, end)}\n}\n${text.slice(end)}`;
}

function valuesText(text: string): string {
  const fields = text
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line, i) => `then x${i}: shop where exists(${line})`);
  const steps = ["a: shop", "then b: shop", "then r: 2+ shop", ...fields].join("\n");
  return `rule example "An example" { severity info match by customer within 1h {\n${steps}\n} }`;
}

/** The rule files of a block: with what the page shares, unless it is a file of its own. */
function sourcesOf(block: Block, shared: string): readonly RuleSource[] {
  const file = `${block.page}:${block.line}`;
  const [, kind] = block.words;
  if (kind === undefined) return [{ file, text: block.text }];
  const text = kind === "values" ? valuesText(block.text) : fragmentText(block.text);
  // The shared declarations come first, so that their streams have the first places.
  return [
    { file: " shared", text: shared },
    { file, text: kind === "shared" ? "" : text },
  ];
}

function readerOf(blocks: readonly Block[]): RuleFileReader {
  return {
    readLines: (_, name) => {
      const block = blocks.find(({ words }) => words[0] !== "seq" && words[1] === name);
      return block === undefined
        ? { error: "there is no such block" }
        : { lines: block.text.split("\n") };
    },
  };
}

for (const page of PAGES) {
  const blocks = blocksOf(page);
  const reader = readerOf(blocks);
  let shared = "";
  for (const block of blocks.filter(({ words }) => words[0] === "seq")) {
    const [, kind, code] = block.words;
    if (kind === "shared") shared = `${shared}\n${block.text}`;
    const sources = sourcesOf(block, shared);
    test(`${page}:${block.line} ${block.words.join(" ")}`, () => {
      const { set, diagnostics } = loadRules(sources, { reader, todayMs: TODAY_MS });
      const said = diagnostics.map((found) => `${found.code} ${found.message}`);
      if (kind === "refused") {
        expect(said.map((text) => text.slice(0, 5))).toEqual([code]);
        return;
      }
      expect(said).toEqual([]);
      for (const item of set?.plan.tests ?? []) {
        const outcome = set === null ? null : runTest(set, item, { reader, harder: true });
        const { problems, story } = outcome ?? { problems: ["no plan"], story: [] };
        expect({ test: item.title, problems, story }).toEqual({
          test: item.title,
          problems: [],
          story: [],
        });
      }
    });
  }
}

test("the pages have code", () => {
  expect(PAGES.flatMap(blocksOf).filter(({ words }) => words[0] === "seq").length).toBeGreaterThan(
    40,
  );
});
