/**
 * The eight rules with which the language presents itself: eight-rules.seq compiles as it stands, and the tests beside
 * it hold, plainly and under hardship. Each rule has tests of what it finds and of what it must not find; those on a
 * bound say so in their titles.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { ruleFileReader } from "../../cli/rule-paths.ts";
import type { RuleSource } from "../../dsl/compile.ts";
import { loadRules } from "../../rules/rule-set.ts";
import { runTest } from "../../rules/test-runner.ts";

const FOLDER = "tests/language";
const RULES = 8;
/** Tests with more events are run plainly only: hardship costs a restart for each. */
const HARDER_EVENTS = 20;

function source(name: string): RuleSource {
  const file = join(FOLDER, name);
  return { file, text: readFileSync(file, "utf8") };
}

const { set, diagnostics } = loadRules(
  [source("eight-rules.seq"), source("eight-rules-tests.seq")],
  { reader: ruleFileReader, todayMs: 0 },
);
const tests = set?.plan.tests ?? [];

test("the eight rules compile without a word", () => {
  expect(diagnostics).toEqual([]);
  expect(set?.plan.rules.length).toBe(RULES);
});

test.each((set?.plan.rules ?? []).map(({ name }) => name))(
  "%s has tests that alert and tests that do not",
  (name) => {
    const own = tests.filter(({ rule }) => rule === name);
    const quiet = own.filter(({ expectations }) =>
      expectations.some(({ kind }) => kind === "none"),
    );
    expect(quiet.length).toBeGreaterThan(1);
    expect(own.length - quiet.length).toBeGreaterThan(1);
  },
);

test.each(tests)("$rule: $title", (item) => {
  if (set === null) throw new Error("the rules have no errors");
  const harder = item.inputs.length <= HARDER_EVENTS;
  const { problems, story } = runTest(set, item, { reader: ruleFileReader, harder });
  expect({ problems, story }).toEqual({ problems: [], story: [] });
});
