/**
 * The samples through the real engine: exactly the alerts of their `expected.json`, the same rules with one change
 * (`match all`, `then any`), and the lines that are late for each `delay`.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ConsoleOutput } from "../cli/console-output.ts";
import { differences, type ExpectedSample, stepLines } from "../cli/demo/expected-alerts.ts";
import { inputSpecs } from "../cli/replay/input-spec.ts";
import { lateLine } from "../cli/replay/late-file.ts";
import { ProblemLog } from "../cli/replay/problem-log.ts";
import { replay } from "../cli/replay/replay.ts";
import { ruleFileReader } from "../cli/rule-paths.ts";
import type { Alert } from "../engine/outputs.ts";
import { loadRules } from "../rules/rule-set.ts";
import { runTest } from "../rules/test-runner.ts";

const SAMPLES = "samples";

interface Outcome {
  readonly alerts: readonly Alert[];
  /** Lines of late events. */
  readonly late: readonly number[];
  readonly events: number;
  readonly problems: ReadonlyMap<string, number>;
  /** By rule. */
  readonly suppressed: ReadonlyMap<string, number>;
}

function load(name: string, change: (text: string) => string) {
  const file = join(SAMPLES, name, "rules.seq");
  const text = change(readFileSync(file, "utf8"));
  const loaded = loadRules([{ file, text }], { reader: ruleFileReader, todayMs: 0 });
  expect(loaded.diagnostics).toEqual([]);
  if (loaded.set === null) throw new Error("the sample's rules have no errors");
  return loaded.set;
}

async function run(name: string, change: (text: string) => string): Promise<Outcome> {
  const set = load(name, change);
  const inputs = Object.entries(expectedOf(name).data).map(
    ([stream, file]) => `${stream}=${join(SAMPLES, name, file)}`,
  );
  const problems = new ProblemLog(new ConsoleOutput("never"));
  const alerts: Alert[] = [];
  const late: number[] = [];
  const result = await replay({
    set,
    inputs: inputSpecs(inputs, set.plan.streams),
    problems,
    write: async (outputs) => {
      for (const { kind, text } of outputs) {
        if (kind === "alert") alerts.push(JSON.parse(text) as Alert);
        else late.push((JSON.parse(lateLine(text)) as { line: number }).line);
      }
    },
    store: null,
    flush: false,
    sort: false,
    rate: null,
    onProgress: () => undefined,
  });
  const suppressed = new Map(result.status.rules.map((rule) => [rule.rule, rule.suppressed]));
  return { alerts, late, events: result.events, problems: problems.counts(), suppressed };
}

function expectedOf(name: string): ExpectedSample {
  return JSON.parse(readFileSync(join(SAMPLES, name, "expected.json"), "utf8")) as ExpectedSample;
}

/** First and last line, and how many, of an alert with one step. */
function firstLast(alert: Alert): readonly number[] {
  const [lines = []] = Object.values(stepLines(alert));
  return [lines[0] ?? -1, lines.at(-1) ?? -1, lines.length + alert.truncated];
}

const CHANGES: Readonly<Record<string, (text: string) => string>> = {
  "match all": (text) => text.replaceAll("match by", "match all by"),
  "match all, then any": (text) =>
    text.replaceAll("match by", "match all by").replace(/\bthen (?=\w+:)/g, "then any "),
  "once per who every 30m": (text) =>
    text.replaceAll(/(?<=over read: .*\n)( *having .*)/g, "$1 once per who every 30m"),
  "window 12 events instead of window 55m": (text) =>
    text.replace("window 55m", "window 12 events"),
};

describe.each(readdirSync(SAMPLES))("%s", (name) => {
  const expected = expectedOf(name);

  test("exactly the expected alerts", async () => {
    const { alerts, events, problems } = await run(name, (text) => text);
    expect(differences(expected, alerts)).toEqual([]);
    expect(events).toBe(expected.events);
    expect(problems.size).toBe(0);
  });

  test.each([...new Set(expected.variants.map(({ change }) => change))])("%s", async (change) => {
    const changeRules = CHANGES[change];
    if (changeRules === undefined) throw new Error(`the test knows the change "${change}"`);
    const { alerts, suppressed } = await run(name, changeRules);
    for (const variant of expected.variants.filter((one) => one.change === change)) {
      const found = alerts.filter(({ rule }) => rule === variant.rule);
      if (variant.steps !== undefined) expect(found.map(stepLines)).toEqual(variant.steps);
      if (variant.first_last_events !== undefined)
        expect(found.map(firstLast)).toEqual(variant.first_last_events);
      expect(found.length).toBe(variant.count);
      if (variant.withheld !== undefined)
        expect(suppressed.get(variant.rule)).toBe(variant.withheld);
    }
  });

  test.each(Object.keys(expected.late))("late with %s", async (delay) => {
    const withDelay = (text: string) => text.replace(/\bdelay \w+/, delay);
    const { late, alerts } = await run(name, withDelay);
    expect(late).toEqual(expected.late[delay]);
    expect(differences(expected, alerts)).toEqual([]);
  });

  test("its own tests pass", () => {
    const set = load(name, (text) => text);
    for (const one of set.plan.tests) {
      const { problems } = runTest(set, one, { reader: ruleFileReader, harder: false });
      expect({ test: one.title, problems }).toEqual({ test: one.title, problems: [] });
    }
  });

  test("its own tests pass under hardships", () => {
    const set = load(name, (text) => text);
    const made = set.plan.tests.filter(({ inputs }) => inputs.every(({ kind }) => kind !== "from"));
    expect(made.length).toBeGreaterThan(0);
    for (const one of made) {
      const { problems } = runTest(set, one, { reader: ruleFileReader, harder: true });
      expect({ test: one.title, problems }).toEqual({ test: one.title, problems: [] });
    }
  });
});
