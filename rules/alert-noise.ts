/** How much a rule set says over a stretch of events: by rule, how many alerts, how many an hour, and when most of them. */

import { stringifyJson } from "../base/json.ts";
import { formatTime, HOUR_MS } from "../base/time.ts";
import type { Alert } from "../engine/outputs.ts";

export interface RuleNoise {
  readonly rule: string;
  readonly alerts: number;
  /** Alerts for each hour of event time that the events span; of a span below an hour, their number. */
  readonly perHour: number;
  /** Keys that alerted. */
  readonly keys: number;
  /** The full hour with the most alerts, the first of equals; null where there are none. */
  readonly busiest: { readonly hour: string; readonly alerts: number } | null;
}

/** One entry for each name, in their order. `spanMs`: from the first to the last event. */
export function noiseOf(
  rules: readonly string[],
  alerts: readonly Alert[],
  spanMs: number,
): readonly RuleNoise[] {
  const hours = Math.max(1, spanMs / HOUR_MS);
  const byRule = new Map(rules.map((rule): [string, Alert[]] => [rule, []]));
  for (const alert of alerts) byRule.get(alert.rule)?.push(alert);
  return [...byRule].map(([rule, own]) => ({
    rule,
    alerts: own.length,
    perHour: Math.round((own.length / hours) * 100) / 100,
    keys: new Set(own.map(({ key }) => stringifyJson(key))).size,
    busiest: busiestHour(own),
  }));
}

function busiestHour(alerts: readonly Alert[]): RuleNoise["busiest"] {
  const counts = new Map<number, number>();
  for (const { time } of alerts) {
    const hour = Math.floor(Date.parse(time) / HOUR_MS);
    counts.set(hour, (counts.get(hour) ?? 0) + 1);
  }
  const [first] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return first === undefined ? null : { hour: formatTime(first[0] * HOUR_MS), alerts: first[1] };
}
