/** What a backtest found, for people and as NDJSON. */

import { formatDuration, formatTime } from "../../base/time.ts";
import type { Alert } from "../../engine/outputs.ts";
import type { AlertDiff, ChangedAlert } from "../../rules/alert-diff.ts";
import type { RuleNoise } from "../../rules/alert-noise.ts";
import type { Paint } from "../console-output.ts";
import { keyText, oneLine } from "../replay/alert-text.ts";
import type { ReadRange } from "./backtest-input.ts";

export interface BacktestReport {
  /** What was read of JetStream streams. */
  readonly ranges: readonly ReadRange[];
  readonly events: number;
  /** Null where no event had a time. */
  readonly span: { readonly firstMs: number; readonly lastMs: number } | null;
  readonly alerts: number;
  readonly rules: readonly RuleNoise[];
  /** What the other version gave, and the difference; null where there was none to compare with. */
  readonly against: { readonly alerts: number; readonly diff: AlertDiff } | null;
}

/** One JSON object a line: each stream that was read, each rule, each alert that differs, and the sum. */
export function ndjsonReport(report: BacktestReport): string {
  const { ranges, events, span, alerts, rules, against } = report;
  const objects: object[] = ranges.map(({ stream, fromSeq, toSeq, gaps, shortfalls }) => ({
    kind: "stream",
    stream,
    from: fromSeq,
    to: toSeq,
    missing: gaps,
    shortfalls,
  }));
  for (const { rule, perHour, ...noise } of rules) {
    const differences = differencesOf(rule, against?.diff ?? null);
    objects.push({ kind: "rule", rule, ...noise, per_hour: perHour, ...differences });
  }
  for (const alert of against?.diff.removed ?? []) objects.push({ kind: "removed", alert });
  for (const alert of against?.diff.added ?? []) objects.push({ kind: "added", alert });
  for (const { aspects, before, after } of against?.diff.changed ?? []) {
    objects.push({ kind: "changed", aspects, before, after });
  }
  const sums =
    against === null ? {} : { against: { alerts: against.alerts, ...sizes(against.diff) } };
  objects.push({
    kind: "summary",
    events,
    first: span === null ? null : formatTime(span.firstMs),
    last: span === null ? null : formatTime(span.lastMs),
    alerts,
    ...sums,
  });
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

function sizes({ same, added, removed, changed }: AlertDiff): object {
  return { same, added: added.length, removed: removed.length, changed: changed.length };
}

function differencesOf(rule: string, diff: AlertDiff | null): object {
  if (diff === null) return {};
  const own = (alert: Alert): boolean => alert.rule === rule;
  return {
    added: diff.added.filter(own).length,
    removed: diff.removed.filter(own).length,
    changed: diff.changed.filter(({ after }) => own(after)).length,
  };
}

export function humanReport(report: BacktestReport, paint: Paint): string {
  const { ranges, events, span, alerts, rules, against } = report;
  const over =
    span === null ? "" : ` over ${formatDuration(Math.max(0, span.lastMs - span.firstMs))}`;
  const lines = [
    ...ranges.map(rangeLine),
    paint("bold", `${events} events${over}: ${plural(alerts)}`),
    "",
  ];
  lines.push(...ruleTable(rules));
  if (against !== null) lines.push("", ...differenceLines(against.diff, against.alerts, paint));
  return `${lines.join("\n")}\n`;
}

function rangeLine({ stream, fromSeq, toSeq, gaps, shortfalls }: ReadRange): string {
  const what = fromSeq > toSeq ? "no messages" : `messages ${fromSeq} to ${toSeq}`;
  const lacks = [...shortfalls, ...(gaps > 0 ? [`${gaps} between are not there`] : [])];
  return [`${stream}: ${what}`, ...lacks].join("; ");
}

function ruleTable(rules: readonly RuleNoise[]): readonly string[] {
  const rows = rules.map(({ rule, alerts, perHour, keys, busiest }) => [
    rule,
    String(alerts),
    String(perHour),
    String(keys),
    busiest === null ? "" : `${busiest.alerts} in the hour of ${busiest.hour}`,
  ]);
  const table = [["rule", "alerts", "an hour", "keys", "most"], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : column < 4 ? cell.padStart(width) : cell;
      })
      .join("  ")
      .trimEnd(),
  );
}

function differenceLines(diff: AlertDiff, before: number, paint: Paint): readonly string[] {
  const { same, added, removed, changed } = diff;
  const head = `against ${plural(before)}: ${same} the same, ${added.length} added, ${removed.length} removed, ${changed.length} changed`;
  return [
    paint("bold", head),
    ...removed.map((alert) => paint("red", `- ${alertLine(alert)}`)),
    ...added.map((alert) => paint("green", `+ ${alertLine(alert)}`)),
    ...changed.flatMap((change) => changeLines(change, paint)),
  ];
}

function changeLines({ before, after, aspects }: ChangedAlert, paint: Paint): readonly string[] {
  return [
    paint("yellow", `~ ${alertLine(after)}  (${aspects.join(", ")})`),
    ...(before.time === after.time && before.title === after.title
      ? []
      : [`    was ${before.time} "${oneLine(before.title)}"`]),
  ];
}

function alertLine({ time, rule, title, key, kind }: Alert): string {
  const what = kind === "match" ? "" : ` (${kind})`;
  return `${time}  ${rule}${what}  "${oneLine(title)}"  ${keyText(key)}`;
}

function plural(alerts: number): string {
  return `${alerts} alert${alerts === 1 ? "" : "s"}`;
}
