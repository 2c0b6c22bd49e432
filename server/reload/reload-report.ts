/** What became of a rule set, in the words of the log, the control subject and the API. */

import type { Value, ValueObject } from "../../base/value.ts";
import type { RuleVerdict } from "../../engine/engine.ts";
import type { Log } from "../log.ts";
import { type CheckedSet, problemLine, type RuleProblem } from "./set-check.ts";
import type { Positions, SetOrigin } from "./stored-set.ts";

/**
 *  activated    it runs, from the positions given
 *  data         the same rules with other lists or tables, from the positions given
 *  unchanged    it runs already
 *  invalid      it has errors: what ran before goes on
 *  failed       tests of its own fail: what ran before goes on
 *  refused      it is valid and cannot run here: a stream is missing, a subject lies outside
 *  superseded   a later set came before it was active
 */
export type ReloadOutcome =
  | "activated"
  | "data"
  | "unchanged"
  | "invalid"
  | "failed"
  | "refused"
  | "superseded";

export interface ReloadReport {
  readonly outcome: ReloadOutcome;
  /** Identity of the set's texts; "" where they could not be read. */
  readonly set: string;
  readonly revision: string;
  readonly origin: SetOrigin;
  /** One sentence where the outcome needs one. */
  readonly reason: string;
  readonly verdicts: readonly RuleVerdict[];
  /** Choices that the compiler did not follow. */
  readonly refused: readonly { readonly rule: string; readonly reason: string }[];
  readonly problems: readonly RuleProblem[];
  readonly positions: Positions | null;
  /** How long events waited for the switch; null where there was none. */
  readonly pausedMs: number | null;
  /** It was refused for what is missing around it: the same set may be taken later. */
  readonly mayPass: boolean;
}

export function isSuccess({ outcome }: ReloadReport): boolean {
  return outcome === "activated" || outcome === "data" || outcome === "unchanged";
}

export function reportOf(
  { hash, revision, problems }: CheckedSet,
  origin: SetOrigin,
  outcome: ReloadOutcome,
  reason: string,
): ReloadReport {
  const nothing = { verdicts: [], refused: [], positions: null, pausedMs: null, mayPass: false };
  return { outcome, set: hash, revision, origin, reason, problems, ...nothing };
}

/** The report of a set that has errors; null where it has none. */
export function notTaken(checked: CheckedSet, origin: SetOrigin): ReloadReport | null {
  const errors = errorsOf(checked);
  if (errors.length === 0) return null;
  const onlyTests = errors.every(({ code }) => code === "test");
  const what = onlyTests ? "failing test" : "error";
  const reason = errors.length === 1 ? `1 ${what}` : `${errors.length} ${what}s`;
  return reportOf(checked, origin, onlyTests ? "failed" : "invalid", reason);
}

/** Problems shown in one report; the rest is counted. */
const SHOWN_MAX = 50;

export function errorsOf(report: Pick<ReloadReport, "problems">): readonly RuleProblem[] {
  return report.problems.filter(({ severity }) => severity === "error");
}

export function logReport(log: Log, report: ReloadReport): void {
  const { outcome, set, revision, reason, verdicts, pausedMs } = report;
  const facts = { outcome, set, revision, from: report.origin.kind, mark: report.origin.mark };
  if (!isSuccess(report)) {
    for (const problem of errorsOf(report).slice(0, SHOWN_MAX)) {
      const { file, line, column, code } = problem;
      log.error({ file, line, column, code }, problemLine(problem));
    }
    const level = outcome === "superseded" ? "info" : "error";
    log[level](facts, `the rule set is not taken (${reason}); what ran before goes on`);
    return;
  }
  for (const { rule, reason: why } of report.refused) log.warn({ rule }, `choice refused: ${why}`);
  for (const { rule, was, verdict, reasons } of verdicts) {
    if (verdict === "same") continue;
    const name = was === null ? rule : `${was}, now ${rule}`;
    log.info({ rule, verdict }, `${verdict} ${name}: ${reasons.join("; ")}`);
  }
  log.info(
    { ...facts, pausedMs },
    outcome === "unchanged" ? "rule set unchanged" : "rule set active",
  );
}

/** Verdicts as records and answers have them. What stays the same is only counted. */
export function verdictsJson(verdicts: readonly RuleVerdict[]): ValueObject[] {
  return verdicts
    .filter(({ verdict }) => verdict !== "same")
    .map(({ rule, was, before, after, verdict, reasons, historyMs }) => ({
      rule,
      was,
      before,
      after,
      verdict,
      reasons: [...reasons],
      historyMs: historyMs !== null && Number.isFinite(historyMs) ? historyMs : null,
    }));
}

export function problemsJson(problems: readonly RuleProblem[]): ValueObject[] {
  return problems
    .slice(0, SHOWN_MAX)
    .map(({ file, line, column, code, severity, message, text }) => ({
      file,
      line,
      column,
      code,
      severity,
      message,
      text,
    }));
}

export function originJson({ kind, mark, author, note }: SetOrigin): ValueObject {
  return { kind, mark, author, note };
}

export function positionsJson(positions: Positions): ValueObject {
  return Object.fromEntries(positions.map(([name, position]): [string, Value] => [name, position]));
}

/** The body of `alerts.control.rules`, and the answer of the API. */
export function reportJson(report: ReloadReport): ValueObject {
  const { outcome, set, revision, origin, reason, verdicts, problems, positions } = report;
  const same = verdicts.filter(({ verdict }) => verdict === "same").length;
  return {
    outcome,
    set,
    revision,
    origin: originJson(origin),
    reason,
    verdicts: verdictsJson(verdicts),
    same,
    refused: report.refused.map(({ rule, reason: why }) => ({ rule, reason: why })),
    problems: problemsJson(problems),
    problemsInAll: problems.length,
    positions: positions === null ? null : positionsJson(positions),
    pausedMs: report.pausedMs,
  };
}
