/** `sequitur test`: runs the tests of rule files in virtual time, and tells of the failed ones what happened instead. */

import { writeFileSync } from "node:fs";
import type { RuleSetPlan, TestPlan } from "../../dsl/plan.ts";
import { runTest } from "../../rules/test-runner.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { loadRulePaths, ruleFileReader, validSet } from "../rule-paths.ts";
import { toJunit } from "./junit-format.ts";
import { type TimedOutcome, testName } from "./outcome.ts";

export interface TestRequest {
  readonly paths: readonly string[];
  /** Only tests whose `RULE: TITLE` this expression finds. */
  readonly run: string | null;
  readonly harder: boolean;
  /** Where to write a JUnit report. */
  readonly junit: string | null;
  readonly json: boolean;
  /** Each rule must have so many tests that name it. */
  readonly minTests: number;
}

export async function testCommand(request: TestRequest, output: ConsoleOutput): Promise<number> {
  const set = validSet(loadRulePaths(request.paths), output);
  if (set === null) return EXIT.invalidRules;
  const tests = selectTests(set.plan.tests, request.run);
  const outcomes: TimedOutcome[] = [];
  for (const test of tests) {
    const startMs = performance.now();
    const outcome = runTest(set, test, { reader: ruleFileReader, harder: request.harder });
    const timed = { ...outcome, seconds: (performance.now() - startMs) / 1000 };
    outcomes.push(timed);
    if (!request.json) await output.out(describe(timed, output));
  }
  const untested = rulesBelow(set.plan, request.minTests);
  const failed = outcomes.filter(({ passed }) => !passed).length;
  const passed = outcomes.length - failed;
  if (request.json)
    await output.out(`${JSON.stringify(toJson(outcomes, passed, failed), null, 2)}\n`);
  else await output.out(`${passed} passed, ${failed} failed\n`);
  if (request.junit !== null) writeReport(request.junit, toJunit(outcomes));
  output.err(...untested.map((problem) => `sequitur: ${problem}`));
  return failed > 0 || untested.length > 0 ? EXIT.findings : EXIT.ok;
}

/** One sentence for each rule with fewer tests; rules that are off need none. */
function rulesBelow({ rules, tests }: RuleSetPlan, minTests: number): readonly string[] {
  return rules
    .filter(({ mode }) => mode !== "off")
    .flatMap(({ name }) => {
      const count = tests.filter(({ rule }) => rule === name).length;
      return count < minTests ? [`${name} has ${count} of ${minTests} tests`] : [];
    });
}

function selectTests(tests: readonly TestPlan[], run: string | null): readonly TestPlan[] {
  if (run === null) return tests;
  let wanted: RegExp;
  try {
    wanted = new RegExp(run, "u");
  } catch (error) {
    throw new UsageError(`--run: ${(error as Error).message}`, { cause: error });
  }
  const selected = tests.filter((test) => wanted.test(testName(test)));
  if (selected.length === 0) throw new UsageError(`--run: no test is called ${run}`);
  return selected;
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

function toJson(outcomes: readonly TimedOutcome[], passed: number, failed: number): object {
  const tests = outcomes.map(({ test, ...outcome }) => ({
    title: test.title,
    rule: test.rule,
    file: test.file,
    line: test.line,
    passed: outcome.passed,
    problems: outcome.problems,
    story: outcome.story,
    alerts: outcome.alerts,
    seconds: outcome.seconds,
  }));
  return { passed, failed, tests };
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--junit: ${path} cannot be written (${code})`, { cause: error });
  }
}
