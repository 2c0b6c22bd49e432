/** A comparison of a live rule with one in the shadow, for people and as JSON. */

import { stringifyJson } from "../../base/json.ts";
import { formatDuration, formatTime } from "../../base/time.ts";
import type { Alert } from "../../engine/outputs.ts";
import { noiseOf } from "../../rules/alert-noise.ts";
import type { AlertPair, PairedAlerts } from "../../rules/alert-pairs.ts";
import type { Paint } from "../console-output.ts";
import { keyText, oneLine } from "../replay/alert-text.ts";
import type { StreamRange } from "../replay/stream-range.ts";
import type { ComparedRules, ShadowRecords } from "./shadow-records.ts";

export interface Comparison {
  readonly rules: ComparedRules;
  readonly range: StreamRange;
  readonly records: ShadowRecords;
  /** Before: live; after: in the shadow. */
  readonly paired: PairedAlerts;
  /** One sentence each. */
  readonly remarks: readonly string[];
}

/** Keys with alerts of one rule only, those with the most such alerts first. */
interface KeyCount {
  readonly key: Alert["key"];
  both: number;
  onlyLive: number;
  onlyShadow: number;
}

const KEYS_SHOWN = 20;

/** From the first to the last alert of both, by event time. */
function spanOf({ live, shadow }: ShadowRecords): { firstMs: number; lastMs: number } {
  const times = [...live, ...shadow].map(({ time }) => Date.parse(time));
  const least = (a: number, b: number): number => Math.min(a, b);
  const most = (a: number, b: number): number => Math.max(a, b);
  return { firstMs: times.reduce(least), lastMs: times.reduce(most) };
}

function sideOf(alerts: readonly Alert[], rule: string, spanMs: number) {
  const [noise] = noiseOf([rule], alerts, spanMs);
  const versions = [...new Set(alerts.map(({ version }) => version))];
  return { rule, versions, alerts: alerts.length, perHour: noise?.perHour ?? 0, noise };
}

export function comparisonJson({ rules, range, records, paired, remarks }: Comparison): object {
  const { firstMs, lastMs } = spanOf(records);
  const side = (alerts: readonly Alert[], rule: string): object => {
    const { versions, perHour, noise } = sideOf(alerts, rule, lastMs - firstMs);
    const { keys = 0, busiest = null } = noise ?? {};
    return { rule, versions, alerts: alerts.length, per_hour: perHour, keys, busiest };
  };
  const { pairs, onlyBefore, onlyAfter } = paired;
  return {
    stream: range.stream,
    from: range.fromSeq,
    to: range.toSeq,
    first: formatTime(firstMs),
    last: formatTime(lastMs),
    live: side(records.live, rules.live),
    shadow: side(records.shadow, rules.shadow),
    both: pairs.map(({ before, after, common }) => ({
      common,
      later_ms: laterMs({ before, after }),
      live: before,
      shadow: after,
    })),
    only_live: onlyBefore,
    only_shadow: onlyAfter,
    keys: keysOf(paired).map(({ key, both, onlyLive, onlyShadow }) => ({
      key,
      both,
      only_live: onlyLive,
      only_shadow: onlyShadow,
    })),
    remarks,
  };
}

/** How much later the rule in the shadow decides; negative: earlier. */
function laterMs({ before, after }: Pick<AlertPair, "before" | "after">): number {
  return Date.parse(after.time) - Date.parse(before.time);
}

/** Every key that alerted, those on which the rules differ most first, then in the order of their first alerts. */
function keysOf({ pairs, onlyBefore, onlyAfter }: PairedAlerts): readonly KeyCount[] {
  const counts = new Map<string, KeyCount>();
  const of = ({ key }: Alert): KeyCount => {
    const name = stringifyJson(key);
    const known = counts.get(name) ?? { key, both: 0, onlyLive: 0, onlyShadow: 0 };
    counts.set(name, known);
    return known;
  };
  for (const { before } of pairs) of(before).both++;
  for (const alert of onlyBefore) of(alert).onlyLive++;
  for (const alert of onlyAfter) of(alert).onlyShadow++;
  return [...counts.values()].sort((a, b) => differing(b) - differing(a));
}

function differing({ onlyLive, onlyShadow }: KeyCount): number {
  return onlyLive + onlyShadow;
}

export function comparisonText(
  { rules, range, records, paired }: Comparison,
  paint: Paint,
): string {
  const { firstMs, lastMs } = spanOf(records);
  const { pairs, onlyBefore, onlyAfter } = paired;
  const spanMs = lastMs - firstMs;
  const sides = [
    { mode: "live", ...sideOf(records.live, rules.live, spanMs) },
    { mode: "shadow", ...sideOf(records.shadow, rules.shadow, spanMs) },
  ];
  const rows = sides.map(({ mode, rule, alerts, perHour, noise, versions }) => [
    mode,
    rule,
    String(alerts),
    String(perHour),
    String(noise?.keys ?? 0),
    versions.join(" "),
  ]);
  const over = spanMs > 0 ? ` over ${formatDuration(spanMs)}` : "";
  const lines = [
    `${range.stream}: records ${range.fromSeq} to ${range.toSeq}, alerts from ${formatTime(firstMs)}${over}`,
    "",
    ...table([["", "rule", "alerts", "an hour", "keys", "version"], ...rows], 2),
    "",
    paint(
      "bold",
      `both ${pairs.length}${shifts(pairs)}, only live ${onlyBefore.length}, only shadow ${onlyAfter.length}`,
    ),
    ...onlyBefore.map((alert) => paint("red", `- ${alertLine(alert)}`)),
    ...onlyAfter.map((alert) => paint("green", `+ ${alertLine(alert)}`)),
    ...keyLines(paired),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many pairs are not decided at the same instant. */
function shifts(pairs: readonly AlertPair[]): string {
  const later = pairs.map(laterMs);
  const parts = [
    part(
      later.filter((ms) => ms > 0),
      "later in the shadow",
    ),
    part(
      later.filter((ms) => ms < 0).map((ms) => -ms),
      "earlier",
    ),
  ].filter((text) => text !== "");
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function part(ms: readonly number[], how: string): string {
  if (ms.length === 0) return "";
  const most = ms.reduce((a, b) => Math.max(a, b));
  return `${ms.length} ${how}, by up to ${formatDuration(most)}`;
}

function keyLines(paired: PairedAlerts): readonly string[] {
  const differ = keysOf(paired).filter((count) => differing(count) > 0);
  if (differ.length === 0) return [];
  const rows = differ
    .slice(0, KEYS_SHOWN)
    .map(({ key, both, onlyLive, onlyShadow }) => [
      keyText(key),
      String(both),
      String(onlyLive),
      String(onlyShadow),
    ]);
  const rest = differ.length - rows.length;
  return [
    "",
    ...table([["keys that differ", "both", "only live", "only shadow"], ...rows], 1),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
  ];
}

/** The first `texts` columns and what is no number stand left. */
function table(rows: readonly (readonly string[])[], texts: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < texts || column === 5 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

function alertLine({ time, title, key, kind }: Alert): string {
  const what = kind === "match" ? "" : `(${kind})  `;
  return `${time}  ${what}"${oneLine(title)}"  ${keyText(key)}`;
}
