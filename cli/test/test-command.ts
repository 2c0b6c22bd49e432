/**
 * `sequitur test`: runs the tests of rule files in virtual time, tells of the failed ones what happened instead, and
 * what of the rules no test reaches. With `--watch` it does so again for what changes.
 */

import { writeFileSync } from "node:fs";
import type { TestPlan } from "../../dsl/plan.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { loadRulePaths, validSet } from "../rule-paths.ts";
import { coverageBelow, coverageJson, coverageTable } from "./coverage-format.ts";
import { toJunit } from "./junit-format.ts";
import { type TimedOutcome, testName } from "./outcome.ts";
import { runTests, type TestsRun } from "./run-tests.ts";
import { TestWatch } from "./test-watch.ts";

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
  /** Tell what no test reaches. */
  readonly coverage: boolean;
  /** The tests of each rule must reach so many percent of it; null: nothing is asked. */
  readonly minCoverage: number | null;
  /** Go on with what changes, until a signal. */
  readonly watch: boolean;
}

export async function testCommand(request: TestRequest, output: ConsoleOutput): Promise<number> {
  checkRequest(request);
  if (request.watch) return watchTests(request, output);
  const { files, set } = loadedSet(request, output);
  if (set === null) return EXIT.invalidRules;
  const tests = selectTests(set.plan.tests, request.run);
  const run = await runTests({ set, files, tests }, request, output);
  const passed = run.outcomes.filter((outcome) => outcome.passed).length;
  const failed = run.outcomes.length - passed;
  if (request.json) {
    await output.out(`${JSON.stringify(toJson(run, passed, failed), null, 2)}\n`);
  } else {
    await output.out(`${passed} passed, ${failed} failed\n`);
    if (run.coverage !== null) await output.out(coverageTable(run.coverage, output.outPaint));
  }
  if (request.junit !== null) writeReport(request.junit, toJunit(run.outcomes));
  const wanting = shortcomings(set, run, request);
  output.err(...wanting.map((problem) => `sequitur: ${problem}`));
  return failed > 0 || wanting.length > 0 ? EXIT.findings : EXIT.ok;
}

function checkRequest({ watch, json, junit, paths }: TestRequest): void {
  if (!watch) return;
  if (json || junit !== null) throw new UsageError("--watch goes with neither --json nor --junit");
  if (paths.includes("-")) throw new UsageError("--watch needs files: standard input is read once");
}

function loadedSet({ paths }: TestRequest, output: ConsoleOutput) {
  const loaded = loadRulePaths(paths);
  return { files: loaded.files, set: validSet(loaded, output) };
}

/** Runs until a signal, and gives its exit code. */
async function watchTests(request: TestRequest, output: ConsoleOutput): Promise<number> {
  const watch = new TestWatch(request.paths);
  try {
    for await (const round of watch.rounds()) {
      clearScreen();
      await tryRound(request, output, watch, round);
      output.err("sequitur: watching; a signal ends it");
    }
  } finally {
    await watch.close();
  }
  return watch.exitCode;
}

/** A terminal shows the last round alone. */
function clearScreen(): void {
  if (process.stdout.isTTY === true) process.stdout.write("\u001b[2J\u001b[3J\u001b[H");
}

/** What cannot be read or is not valid is told, and waited for. */
async function tryRound(
  request: TestRequest,
  output: ConsoleOutput,
  watch: TestWatch,
  round: { readonly trouble: string | null },
): Promise<void> {
  if (round.trouble !== null) {
    output.err(`sequitur: ${round.trouble}`);
    return;
  }
  try {
    const { files, set } = loadedSet(request, output);
    const prints = set === null ? null : watch.accept(set, files);
    if (set === null || prints === null) return;
    const tests = selectTests(set.plan.tests, request.run);
    // What is reached shows only over all tests.
    const due = request.coverage ? tests : tests.filter((test) => watch.isDue(test, prints));
    const run = await runTests({ set, files, tests: due }, request, output);
    await output.out(`${watch.finish(tests, run.outcomes, prints)}\n`);
    if (run.coverage !== null) await output.out(coverageTable(run.coverage, output.outPaint));
    output.err(...shortcomings(set, run, request).map((problem) => `sequitur: ${problem}`));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.err(`sequitur: ${error.message}`);
  }
}

/** One sentence for each rule that has too few tests, or of which they reach too little. */
function shortcomings(
  { plan }: RuleSet,
  { coverage }: TestsRun,
  { minTests, minCoverage }: TestRequest,
): readonly string[] {
  const untested = plan.rules
    .filter(({ mode }) => mode !== "off")
    .flatMap(({ name }) => {
      const count = plan.tests.filter(({ rule }) => rule === name).length;
      return count < minTests ? [`${name} has ${count} of ${minTests} tests`] : [];
    });
  const below = minCoverage === null ? [] : coverageBelow(coverage ?? [], minCoverage);
  return [...untested, ...below];
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

function toJson({ outcomes, coverage }: TestsRun, passed: number, failed: number): object {
  const tests = outcomes.map(jsonOf);
  const reached = coverage === null ? {} : { coverage: coverageJson(coverage) };
  return { passed, failed, tests, ...reached };
}

function jsonOf({ test, ...outcome }: TimedOutcome): object {
  return {
    title: test.title,
    rule: test.rule,
    file: test.file,
    line: test.line,
    passed: outcome.passed,
    problems: outcome.problems,
    story: outcome.story,
    alerts: outcome.alerts,
    seconds: outcome.seconds,
  };
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--junit: ${path} cannot be written (${code})`, { cause: error });
  }
}
