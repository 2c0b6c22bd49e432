/**
 * Whether the alerts of a test are the expected ones, and in words what happened instead.
 *
 * - `expect alert …`: an alert at that time whose data contain what is given. Two such lines want two alerts; further
 *   alerts are fine. What is no data is looked for in the key.
 * - `expect timeout` wants an alert of that kind, `expect N alerts` counts those of all kinds, `expect none` wants none.
 */

import { stringifyJson } from "../base/json.ts";
import { formatDuration } from "../base/time.ts";
import { isObject, property, same, type Value } from "../base/value.ts";
import type { TestExpectation } from "../dsl/plan.ts";
import type { AlertOutput } from "../engine/outputs.ts";

type ExpectedAlert = Extract<TestExpectation, { readonly kind: "alert" }>;

/** What does not hold, one sentence each; empty where the test passes. */
export function judge(
  expectations: readonly TestExpectation[],
  alerts: readonly AlertOutput[],
  startMs: number,
): readonly string[] {
  const wanted = expectations.filter((expectation) => expectation.kind === "alert");
  const problems = unmetAlerts(wanted, alerts, startMs).map(
    (expected) => `expected ${describeExpected(expected)}`,
  );
  for (const expectation of expectations) {
    const problem = countProblem(expectation, alerts);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

function countProblem(expectation: TestExpectation, alerts: readonly AlertOutput[]): string | null {
  const came = plural(alerts.length, "alert");
  switch (expectation.kind) {
    case "alert":
      return null;
    case "none":
      return alerts.length === 0 ? null : `expected no alert, but ${came} came`;
    case "alerts": {
      if (alerts.length === expectation.count) return null;
      return `expected ${plural(expectation.count, "alert")}, but ${came} came`;
    }
    case "timeout": {
      const timedOut = alerts.some(({ alert }) => alert.kind === "timeout");
      return timedOut ? null : "expected a timeout, but none came";
    }
  }
}

/** Expected alerts that no alert is left for, each alert standing for one expectation (a maximum matching). */
function unmetAlerts(
  wanted: readonly ExpectedAlert[],
  alerts: readonly AlertOutput[],
  startMs: number,
): readonly ExpectedAlert[] {
  const takenBy = new Map<AlertOutput, ExpectedAlert>();
  const place = (expected: ExpectedAlert, tried: Set<AlertOutput>): boolean => {
    for (const alert of alerts) {
      if (tried.has(alert) || !fits(expected, alert, startMs)) continue;
      tried.add(alert);
      const holder = takenBy.get(alert);
      if (holder !== undefined && !place(holder, tried)) continue;
      takenBy.set(alert, expected);
      return true;
    }
    return false;
  };
  return wanted.filter((expected) => !place(expected, new Set()));
}

function fits(expected: ExpectedAlert, output: AlertOutput, startMs: number): boolean {
  if (expected.atMs !== null && output.timeMs !== startMs + expected.atMs) return false;
  const { data, key } = output.alert;
  return (expected.data ?? []).every(({ name, value }) =>
    contains(property(Object.hasOwn(data, name) ? data : key, name), value),
  );
}

/** Equal, and for objects: each expected field is there, whatever else is. */
function contains(actual: Value, expected: Value): boolean {
  if (!isObject(expected) || !isObject(actual)) return same(actual, expected);
  return Object.entries(expected).every(([name, value]) =>
    contains(Object.hasOwn(actual, name) ? (actual[name] ?? null) : null, value),
  );
}

function describeExpected({ atMs, data }: ExpectedAlert): string {
  const at = atMs === null ? "" : ` at ${formatDuration(atMs)}`;
  if (data === null || data.length === 0) return `an alert${at}`;
  const fields = data.map(({ name, value }) => `${name}: ${stringifyJson(value)}`);
  return `an alert${at} with { ${fields.join(", ")} }`;
}

/** One line for an alert: when it came, counted from the test's start, and what it says. */
export function describeAlert(output: AlertOutput, startMs: number): string {
  const { rule, kind, title, data } = output.alert;
  const what = kind === "match" ? "" : ` (${kind})`;
  return `${offset(output.timeMs - startMs)}  ${rule}${what}  "${title}"  ${stringifyJson(data)}`;
}

function offset(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
}

/** `1 alert`, `2 alerts`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
