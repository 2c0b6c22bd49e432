/** What a sample must report (`expected.json` beside its rules), and how its alerts differ from that. */

import { stringifyJson } from "../../base/json.ts";
import { compareText, type ValueObject } from "../../base/value.ts";
import { DEFAULT_ENGINE_LIMITS } from "../../engine/options.ts";
import type { Alert } from "../../engine/outputs.ts";

/** Line numbers of the events that each step took, counted from 0. */
export type StepLines = { readonly [step: string]: readonly number[] };

export interface ExpectedAlert {
  /** When it is decided. */
  readonly at: string;
  readonly start: string;
  readonly end: string;
  readonly key: ValueObject;
  readonly title: string;
  readonly data: ValueObject;
  readonly steps: StepLines;
}

export interface ExpectedSample {
  /** Stream to file. */
  readonly data: { readonly [stream: string]: string };
  readonly events: number;
  /** For each `delay`, the lines that are late under it. */
  readonly late: { readonly [delay: string]: readonly number[] };
  /** By rule, in order. */
  readonly alerts: { readonly [rule: string]: readonly ExpectedAlert[] };
  /** The same with one change to a rule. */
  readonly variants: readonly {
    readonly rule: string;
    readonly change: string;
    readonly count: number;
    /** Of each alert in order; absent where `first_last_events` says it shorter. */
    readonly steps?: readonly StepLines[];
    /** Of each alert in order the first and the last line, and how many. */
    readonly first_last_events?: readonly (readonly number[])[];
    /** How many alerts `once` withholds. */
    readonly withheld?: number;
  }[];
}

/** The lines of an alert's evidence: in a feed that was read from a file, line N has the sequence N + 1. */
export function stepLines(alert: Alert): StepLines {
  return Object.fromEntries(
    Object.entries(alert.events).map(([step, events]) => [step, events.map(({ seq }) => seq - 1)]),
  );
}

/** One sentence for each difference; empty where the alerts are exactly the expected ones. */
export function differences(expected: ExpectedSample, alerts: readonly Alert[]): readonly string[] {
  const rules = new Set([...Object.keys(expected.alerts), ...alerts.map(({ rule }) => rule)]);
  return [...rules].sort(compareText).flatMap((rule) => {
    const wanted = (expected.alerts[rule] ?? []).map(withCutEvidence).map(canonical);
    const found = alerts
      .filter((alert) => alert.rule === rule)
      .map(comparable)
      .map(canonical);
    const problems: string[] = [];
    for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
      if (wanted[i] === found[i]) continue;
      const alert = `${rule}, alert ${i + 1}`;
      problems.push(`${alert}: expected ${wanted[i] ?? "none"}, found ${found[i] ?? "none"}`);
    }
    return problems;
  });
}

/** Of how many events of a step an alert shows the first, and the last. */
const SHOWN_PER_SIDE = DEFAULT_ENGINE_LIMITS.evidencePerSide;

function withCutEvidence(alert: ExpectedAlert): ExpectedAlert {
  const steps = Object.entries(alert.steps).map(([step, lines]) => [
    step,
    lines.length <= 2 * SHOWN_PER_SIDE
      ? lines
      : [...lines.slice(0, SHOWN_PER_SIDE), ...lines.slice(-SHOWN_PER_SIDE)],
  ]);
  return { ...alert, steps: Object.fromEntries(steps) as StepLines };
}

function comparable(alert: Alert): ExpectedAlert {
  const { time: at, start, end, key, title, data } = alert;
  return { at, start, end, key, title, data, steps: stepLines(alert) };
}

/** Equal for equal alerts: the order of the names does not count. */
function canonical({ at, start, end, key, title, data, steps }: ExpectedAlert): string {
  const parts: ValueObject = { at, start, end, key: sorted(key), title, data: sorted(data) };
  return stringifyJson({ ...parts, steps: sorted(steps) });
}

function sorted(object: ValueObject): ValueObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => compareText(a, b)));
}
