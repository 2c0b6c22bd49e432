/**
 * `sequitur backtest`: what a rule set would have said about recorded events, how noisy it is, and what an older or
 * newer version of it says differently. Both versions run through the production engine over the same files, or the same
 * ranges of JetStream streams. Nothing is delivered.
 */

import type { Alert } from "../../engine/outputs.ts";
import { type AlertDiff, diffAlerts } from "../../rules/alert-diff.ts";
import { noiseOf } from "../../rules/alert-noise.ts";
import type { RuleSet } from "../../rules/rule-set.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { inputSpecs } from "../replay/input-spec.ts";
import { ProblemLog } from "../replay/problem-log.ts";
import { type ReplayResult, replay } from "../replay/replay.ts";
import { loadRulePaths, refuseBuckets, validSet } from "../rule-paths.ts";
import { BacktestInput, type BacktestInputOptions, checkInputs } from "./backtest-input.ts";
import { type BacktestReport, humanReport, ndjsonReport } from "./backtest-report.ts";
import { readExpected, unexpected } from "./expected-counts.ts";

export interface BacktestOptions extends BacktestInputOptions {
  readonly rules: readonly string[];
  /** A rule file or folder to compare with; null: none. */
  readonly against: string | null;
  /** A file that says how many alerts each rule must give; null: none. */
  readonly expect: string | null;
  readonly output: "human" | "ndjson";
  readonly flush: boolean;
  readonly sort: boolean;
  readonly failOnAlert: boolean;
}

interface Run {
  readonly set: RuleSet;
  readonly alerts: readonly Alert[];
  readonly result: ReplayResult;
}

export async function backtestCommand(
  options: BacktestOptions,
  output: ConsoleOutput,
): Promise<number> {
  if (options.against !== null && options.inputs.some((input) => /(^|=)-$/.test(input))) {
    throw new UsageError("--against reads the events twice, which standard input does not allow");
  }
  checkInputs(options);
  const expected = options.expect === null ? null : readExpected(options.expect);
  const input = new BacktestInput(options, output);
  let report: BacktestReport;
  try {
    await input.open();
    const run = await runSet(options.rules, input, options, output);
    const { against } = options;
    const older = against === null ? null : await runSet([against], input, options, output);
    if (run === null || (against !== null && older === null)) return EXIT.invalidRules;
    report = { ...reportOf(run, older), ranges: input.ranges() };
  } finally {
    await input.close();
  }
  await output.out(
    options.output === "ndjson" ? ndjsonReport(report) : humanReport(report, output.outPaint),
  );
  const problems = expected === null ? [] : unexpected(expected, report.rules);
  output.err(...problems.map((problem) => `sequitur: ${problem}`));
  const alarmed = options.failOnAlert && report.alerts > 0;
  return problems.length > 0 || alarmed ? EXIT.findings : EXIT.ok;
}

/** Null after the errors of the rules were told. */
async function runSet(
  paths: readonly string[],
  input: BacktestInput,
  { inputs, flush, sort }: BacktestOptions,
  output: ConsoleOutput,
): Promise<Run | null> {
  const set = validSet(loadRulePaths(paths), output);
  if (set === null) return null;
  refuseBuckets(set);
  const problems = new ProblemLog(output);
  const alerts: Alert[] = [];
  const result = await replay({
    set,
    inputs: inputSpecs(inputs, set.plan.streams),
    openMore: (engine) => input.openRanges(set, engine, problems, sort),
    problems,
    write: async (outputs) => {
      for (const { kind, text } of outputs) {
        if (kind === "alert") alerts.push(JSON.parse(text) as Alert);
      }
    },
    store: null,
    flush,
    sort,
    rate: null,
    onProgress: (events) => output.progress(() => `${paths.join(" ")}: ${events} events`),
  });
  problems.summarize();
  return { set, alerts, result };
}

function reportOf(run: Run, older: Run | null): Omit<BacktestReport, "ranges"> {
  const { set, alerts, result } = run;
  const spanMs = result.span === null ? 0 : result.span.lastMs - result.span.firstMs;
  const names = set.plan.rules.map(({ name }) => name);
  const diff: AlertDiff | null =
    older === null ? null : diffAlerts(older.alerts, alerts, set.plan.rules);
  return {
    events: result.events,
    span: result.span,
    alerts: alerts.length,
    rules: noiseOf(names, alerts, spanMs),
    against: older === null || diff === null ? null : { alerts: older.alerts.length, diff },
  };
}
