/** Runs tests one after the other, telling each at once, and notes what they reach where that is asked for. */

import type { RuleSource } from "../../dsl/compile.ts";
import type { TestPlan } from "../../dsl/plan.ts";
import { Coverage, type RuleCoverage } from "../../rules/coverage/coverage.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import { rulesUnderTest, runTest } from "../../rules/test-runner.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { ruleFileReader } from "../rule-paths.ts";
import { type TimedOutcome, testName } from "./outcome.ts";
import type { TestRequest } from "./test-command.ts";

export interface TestsRun {
  readonly outcomes: readonly TimedOutcome[];
  /** Null where it was not asked for. With `--run`, of the rules of the chosen tests. */
  readonly coverage: readonly RuleCoverage[] | null;
}

export async function runTests(
  what: {
    readonly set: RuleSet;
    readonly files: readonly RuleSource[];
    readonly tests: readonly TestPlan[];
  },
  { harder, json, coverage: asked, run }: TestRequest,
  output: ConsoleOutput,
): Promise<TestsRun> {
  const { set, files, tests } = what;
  const coverage = asked ? new Coverage(set.plan, files) : null;
  const outcomes: TimedOutcome[] = [];
  for (const test of tests) {
    const startMs = performance.now();
    const createMatcher = coverage?.matchers(rulesUnderTest(set, test));
    const engine = createMatcher === undefined ? {} : { createMatcher };
    const outcome = runTest(set, test, { reader: ruleFileReader, harder, engine });
    const timed = { ...outcome, seconds: (performance.now() - startMs) / 1000 };
    outcomes.push(timed);
    if (!json) await output.out(describe(timed, output));
  }
  const reached = coverage?.report() ?? null;
  return { outcomes, coverage: reached?.filter((one) => run === null || one.tests > 0) ?? null };
}

function describe(outcome: TimedOutcome, output: ConsoleOutput): string {
  const paint = output.outPaint;
  const { test, passed, problems, story } = outcome;
  if (passed) return `${paint("green", "ok  ")}  ${testName(test)}\n`;
  const lines = [
    `${paint("red", "FAIL")}  ${testName(test)}  (${test.file}:${test.line})`,
    ...problems.map((problem) => `        ${problem}`),
    ...(story.length > 0 ? ["      what happened:"] : []),
    ...story.map((line) => `        ${line}`),
  ];
  return `${lines.join("\n")}\n`;
}
