/** A short table for people, beside the lines of results: median, least and greatest of the repetitions. */

import type { Result } from "./result.ts";

export function summarise(results: readonly Result[]): string {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const name = `${result.workload} ${result.variant} (${result.mode})`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [result]);
    else group.push(result);
  }
  return [...groups].map(([name, group]) => `${name}: ${lineOf(group)}\n`).join("");
}

function lineOf(group: readonly Result[]): string {
  const speeds = group.map((result) => result.events_per_s).sort((a, b) => a - b);
  const median = speeds[speeds.length >> 1] as number;
  const first = group[0] as Result;
  const spread =
    speeds.length === 1 ? "" : ` (${shown(speeds[0])} to ${shown(speeds[speeds.length - 1])})`;
  const same = group.every(({ hash }) => hash === first.hash);
  return [
    `${shown(median)} events/s${spread}`,
    ...(first.cpu_ns_per_event === null ? [] : [`${first.cpu_ns_per_event} ns`]),
    `${first.rss_mb} MB`,
    `${first.matches} matches ${same ? first.hash : "with DIFFERENT hashes"}`,
    ...(first.bytes_per_run === null ? [] : [`${first.bytes_per_run} B/run`]),
    ...(first.latency_ms === null ? [] : [latencyLine(group)]),
    ...(first.dropped === 0 ? [] : [`${first.dropped} dropped`]),
    ...(first.dnf === null ? [] : [`DNF ${first.dnf}`]),
  ].join(", ");
}

/** The medians of the repetitions. */
function latencyLine(group: readonly Result[]): string {
  const of = (name: "p50" | "p99" | "p999"): number => {
    const values = group.map(({ latency_ms }) => latency_ms?.[name] ?? 0).sort((a, b) => a - b);
    return values[values.length >> 1] ?? 0;
  };
  return `p50 ${of("p50")} ms, p99 ${of("p99")} ms, p99.9 ${of("p999")} ms`;
}

function shown(speed: number | undefined): string {
  return (speed ?? 0).toLocaleString("en");
}
