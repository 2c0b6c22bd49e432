/** How the demo ends: what was read and how fast, alerts by rule, one alert with its evidence, and where to go next. */

import { compareText, type ValueObject } from "../../base/value.ts";
import type { Alert } from "../../engine/outputs.ts";
import type { Paint } from "../console-output.ts";
import { alertHead, keyText, placeOf, scalar } from "../replay/alert-text.ts";
import type { SampleRun } from "./sample-run.ts";

/** Longer values are cut. */
const TEXT_SHOWN = 80;

const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

/** `samples`: the folder of the samples as the user can type it. */
export function demoSummary(runs: readonly SampleRun[], samples: string, paint: Paint): string {
  const alerts = runs.flatMap((run) => run.alerts);
  const events = runs.reduce((sum, { result }) => sum + result.events, 0);
  const seconds = runs.reduce((sum, { result }) => sum + result.seconds, 0);
  const rate = Math.round(events / Math.max(seconds, 0.001)).toLocaleString("en");
  return [
    paint("bold", "Summary"),
    `  ${events.toLocaleString("en")} events in ${seconds.toFixed(1)} s: ${rate} events/s, read from gzip, parsed, matched and committed to disk`,
    "",
    ...alertCounts(alerts),
    "",
    ...shownAlert(runs, paint),
    ...verdict(runs, paint),
    "",
    paint("bold", "Next"),
    `  npx sequitur replay ${samples}/windows-dcsync/rules.seq --input ${samples}/windows-dcsync/events.ndjson.gz`,
    "                                   the same alerts as JSON, one a line",
    `  npx sequitur test ${samples}         the rules' own tests`,
    `  ${samples}/*/README.md              what the attacks are, and how the rules see them`,
    "  docs/LANGUAGE.md                 how to write a rule",
    "  README.md                        how to run it on NATS",
    "",
  ].join("\n");
}

function alertCounts(alerts: readonly Alert[]): readonly string[] {
  const counts = new Map<string, { readonly severity: Alert["severity"]; count: number }>();
  for (const { rule, severity } of alerts) {
    const entry = counts.get(rule) ?? { severity, count: 0 };
    entry.count++;
    counts.set(rule, entry);
  }
  const rows = [...counts].sort(
    ([a, x], [b, y]) =>
      SEVERITIES.indexOf(y.severity) - SEVERITIES.indexOf(x.severity) || compareText(a, b),
  );
  return [
    `  ${alerts.length} alerts of ${counts.size} rules`,
    ...rows.map(
      ([rule, { severity, count }]) =>
        `  ${String(count).padStart(4)}  ${severity.padEnd(8)}  ${rule}`,
    ),
  ];
}

/** The most severe alert of the most steps; of its events the fields of which the rules speak. */
function shownAlert(runs: readonly SampleRun[], paint: Paint): readonly string[] {
  const rank = (alert: Alert): number =>
    SEVERITIES.indexOf(alert.severity) * 100 + Object.keys(alert.events).length;
  const all = runs.flatMap(({ alerts, ruleText }) => alerts.map((alert) => ({ alert, ruleText })));
  const [first] = all.sort((a, b) => rank(b.alert) - rank(a.alert));
  if (first === undefined) return [];
  const { alert, ruleText } = first;
  const words = new Set(ruleText.match(/[\p{L}_@][\p{L}\p{N}_@]*/gu));
  const steps = Object.entries(alert.events).flatMap(([step, evidence]) =>
    evidence.flatMap((one) => [
      `  ${paint("cyan", step.padEnd(10))}${one.time}  ${placeOf(one)}`,
      ...shownFields(one.data, words),
    ]),
  );
  return [
    paint("bold", "One alert with its evidence"),
    ...alertHead(alert, paint)
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line.trim()}`),
    `  ${"key".padEnd(10)}${keyText(alert.key)}`,
    ...steps,
    "",
  ];
}

function shownFields(data: ValueObject, words: ReadonlySet<string>): readonly string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    if (!words.has(name)) return [];
    const text = scalar(value);
    return `${" ".repeat(12)}${name}: ${text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text}`;
  });
}

function verdict(runs: readonly SampleRun[], paint: Paint): readonly string[] {
  const wrong = runs.flatMap((run) => run.differences.map((text) => `  ${run.name}: ${text}`));
  if (wrong.length === 0) {
    return [paint("green", "The alerts are exactly those of the samples' expected.json.")];
  }
  return [paint("red", "The alerts differ from the samples' expected.json:"), ...wrong];
}
