/**
 * What `--expect FILE` says: how many alerts each rule must give. Either a JSON object of rule names and numbers, or
 * alerts as `replay` writes them, one a line, which are counted. Rules that the file does not name must give none.
 */

import { readFileSync } from "node:fs";
import type { RuleNoise } from "../../rules/alert-noise.ts";
import { UsageError } from "../exit-code.ts";

export type ExpectedCounts = ReadonlyMap<string, number>;

/** Throws UsageError where the file cannot be read or says something else. */
export function readExpected(path: string): ExpectedCounts {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--expect: ${path} cannot be read (${code})`, { cause: error });
  }
  const counts = countsIn(text) ?? alertsIn(text);
  if (counts !== null) return counts;
  throw new UsageError(
    `--expect: ${path} is neither an object of rules and numbers, as {"auth.bruteforce": 2}, nor alerts, one a line`,
  );
}

function countsIn(text: string): ExpectedCounts | null {
  const value = parsed(text);
  if (value === null || Array.isArray(value) || typeof value !== "object") return null;
  const entries = Object.entries(value);
  const isCounts = entries.every(([, count]) => Number.isInteger(count) && count >= 0);
  return isCounts ? new Map(entries as [string, number][]) : null;
}

function alertsIn(text: string): ExpectedCounts | null {
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const rule = (parsed(line) as { readonly rule?: unknown } | null)?.rule;
    if (typeof rule !== "string") return null;
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return counts;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** One sentence for each rule that gives another number of alerts. */
export function unexpected(
  expected: ExpectedCounts,
  rules: readonly RuleNoise[],
): readonly string[] {
  const found = new Map(rules.map(({ rule, alerts }) => [rule, alerts]));
  const names = new Set([...found.keys(), ...expected.keys()]);
  return [...names].flatMap((name) => {
    const wanted = expected.get(name) ?? 0;
    const alerts = found.get(name);
    if (alerts === undefined)
      return [`${name}: ${wanted} alerts expected, but there is no such rule`];
    return alerts === wanted ? [] : [`${name}: ${wanted} alerts expected, ${alerts} came`];
  });
}
