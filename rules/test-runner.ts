/** Runs the tests of a rule set (section "Tests" of the language): plainly (Q-1), and under hardships (Q-2). */

import { stringifyJson } from "../base/json.ts";
import type { RulePlan, RuleSetPlan, TestPlan } from "../dsl/plan.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { AlertOutput } from "../engine/outputs.ts";
import type { RuleFileReader } from "./rule-files.ts";
import type { RuleSet } from "./rule-set.ts";
import { driveTest, type Hardship, NO_HARDSHIP, type TestDrive } from "./test-drive.ts";
import { buildTestInputs, type TestInput, type TestInputs } from "./test-input.ts";
import { TestProgress } from "./test-progress.ts";
import { shuffleInputs } from "./test-shuffle.ts";
import { tellStory } from "./test-story.ts";
import { describeAlert, judge } from "./test-verdict.ts";

export interface TestOutcome {
  readonly test: TestPlan;
  readonly passed: boolean;
  /** What does not hold, one sentence each. */
  readonly problems: readonly string[];
  /** What happened instead, one line each; empty where the test passed. */
  readonly story: readonly string[];
  readonly alerts: number;
}

export interface TestRunOptions {
  readonly reader: RuleFileReader;
  readonly harder: boolean;
  readonly engine?: EngineOptions;
}

/**
 * A restart costs what waits in the engine, which in a recording is much: beyond this many events the restarts are
 * spread over the test, this many of them.
 */
const RESTARTS_MAX = 100;

/** How many orders of arrival `--harder` tries for each test. Their seeds are 1, 2, 3. */
const SHUFFLES = 3;

/** Runs one test of a rule set that has no errors. */
export function runTest(set: RuleSet, test: TestPlan, options: TestRunOptions): TestOutcome {
  const names = rulesUnderTest(set, test);
  const plan = planUnderTest(set, names);
  const built = buildTestInputs(plan, plan.rules, test, options.reader);
  if ("error" in built) {
    return { test, passed: false, problems: [built.error], story: [], alerts: 0 };
  }
  const engine = { data: set.data, ...options.engine };
  const drive = (inputs: readonly TestInput[], hardship: Hardship): TestDrive => {
    const driven = driveTest(plan, inputs, built.startMs, engine, hardship);
    // Alerts of the rules below are events here, and no results.
    return { ...driven, alerts: driven.alerts.filter(({ rule }) => names.includes(rule)) };
  };
  const plain = drive(built.inputs, NO_HARDSHIP);
  const problems = judge(test.expectations, plain.alerts, built.startMs);
  const alerts = plain.alerts.length;
  if (problems.length > 0) {
    const progress = new TestProgress(names);
    const noting = { ...engine, createMatcher: progress.createMatcher };
    driveTest(plan, built.inputs, built.startMs, noting, NO_HARDSHIP);
    const story = tellStory(plan.rules, plain, built, progress);
    return { test, passed: false, problems, story, alerts };
  }
  if (!options.harder) return { test, passed: true, problems, story: [], alerts };
  return { test, alerts, ...runHarder(plan, built, plain, drive) };
}

/** The rules whose alerts a test is about. */
export function rulesUnderTest(set: RuleSet, test: TestPlan): readonly string[] {
  return test.rule === null ? set.rulesOfFile(test.file) : [test.rule];
}

/** The rules of these names, those whose alerts they read, and nothing else. A rule that is off runs in its own tests. */
function planUnderTest(set: RuleSet, names: readonly string[]): RuleSetPlan {
  const wanted = new Set(names);
  // A set is gone through in the order of its making, with what is added on the way.
  for (const name of wanted) {
    for (const below of set.plan.rules.find((rule) => rule.name === name)?.streams ?? []) {
      wanted.add(below);
    }
  }
  const rules = set.plan.rules
    .filter(({ name }) => wanted.has(name))
    .map((rule): RulePlan => {
      const isTested = names.includes(rule.name);
      return isTested && rule.mode === "off" ? { ...rule, mode: "live" } : rule;
    });
  return { ...set.plan, rules };
}

/** The same inputs under every hardship: the first that changes the result is told. */
function runHarder(
  plan: RuleSetPlan,
  built: TestInputs,
  plain: TestDrive,
  drive: (inputs: readonly TestInput[], hardship: Hardship) => TestDrive,
): Pick<TestOutcome, "passed" | "problems" | "story"> {
  const expected = fingerprints(plain.alerts);
  for (const { name, inputs, hardship } of hardships(plan, built, plain)) {
    const driven = drive(inputs, hardship);
    const found = fingerprints(driven.alerts);
    if (found.length === expected.length && found.every((text, i) => text === expected[i]))
      continue;
    const story = [
      `plainly: ${expected.length} alerts; ${name}: ${found.length}`,
      ...driven.alerts.map((alert) => describeAlert(alert, built.startMs)),
    ];
    return { passed: false, problems: [`the result changes ${name}`], story };
  }
  return { passed: true, problems: [], story: [] };
}

interface Repetition {
  /** Ends the sentence "the result changes …". */
  readonly name: string;
  readonly inputs: readonly TestInput[];
  readonly hardship: Hardship;
}

function hardships(
  plan: RuleSetPlan,
  { inputs }: TestInputs,
  plain: TestDrive,
): readonly Repetition[] {
  const restartEvery = Math.max(1, Math.ceil(inputs.length / RESTARTS_MAX));
  const repetitions: Repetition[] = [
    {
      name: "with every event delivered twice",
      inputs,
      hardship: { restartEvery: 0, twice: true },
    },
    {
      name: restartEvery === 1 ? "with a restart after every event" : "with restarts",
      inputs,
      hardship: { restartEvery, twice: false },
    },
  ];
  if (!dependsOnArrival(plain)) {
    for (let seed = 1; seed <= SHUFFLES; seed++) {
      repetitions.push({
        name: `with arrivals shuffled within \`delay\` (order ${seed})`,
        inputs: shuffleInputs(inputs, plan.streams, seed),
        hardship: NO_HARDSHIP,
      });
    }
  }
  return repetitions;
}

/** Which event is late, and which of two with one identity comes first, is a matter of arrival: not to be shuffled. */
function dependsOnArrival({ status }: TestDrive): boolean {
  return status.streams.some(({ late, duplicates }) => late > 0 || duplicates > 0);
}

/** Alerts as texts without positions, which shuffled arrivals get anew; in an order that does not depend on them. */
function fingerprints(alerts: readonly AlertOutput[]): readonly string[] {
  return alerts
    .map(({ alert }) => {
      const { rule, kind, title, key, time, start, end, data, suppressed, events } = alert;
      const evidence = Object.entries(events).map(
        ([step, shown]) =>
          `${step} ${shown.map((one) => `${one.stream} ${one.time} ${stringifyJson(one.data)}`).join(" ")}`,
      );
      const facts = [rule, kind, title, stringifyJson(key), time, start, end, stringifyJson(data)];
      return [...facts, String(suppressed), ...evidence].join("\n");
    })
    .sort();
}
