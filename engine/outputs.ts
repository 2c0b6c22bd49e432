/**
 * What the engine hands out: alerts, late and dead events, and meta-alerts about limits, all in one order.
 * The outbox numbers them in this order, so it must follow from the inputs alone (delivery: positions and decisions).
 */

import { compareText, type ValueObject } from "../base/value.ts";
import type { LimitName } from "../nfa/matcher.ts";

/** One piece of evidence of an alert. `index` is left out where it is 0. */
export interface Evidence {
  readonly id: string;
  readonly stream: string;
  readonly seq: number;
  readonly index?: number;
  /** RFC 3339. */
  readonly time: string;
  readonly data: ValueObject;
}

/** The alert of A-4: its names and their order are the contract. */
export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly version: string;
  readonly kind: "match" | "window" | "missing" | "recovered" | "timeout";
  readonly mode: "live" | "shadow";
  readonly severity: "info" | "low" | "medium" | "high" | "critical";
  readonly title: string;
  readonly key: ValueObject;
  /** RFC 3339: when it was decided. */
  readonly time: string;
  /** RFC 3339: the first and the last event taken. */
  readonly start: string;
  readonly end: string;
  readonly data: ValueObject;
  /** Alerts that `once` withheld since the last one that passed. */
  readonly suppressed: number;
  /** Evidence by the step's name, steps that took no event left out. */
  readonly events: { readonly [label: string]: readonly Evidence[] };
  /** Events taken that `events` does not show. */
  readonly truncated: number;
}

interface Ordered {
  /** Place among the outputs of one commit: (timeMs, rule, key), then as decided. */
  readonly timeMs: number;
  /** "" where no rule speaks. */
  readonly rule: string;
  /** Where no rule speaks: the stream and the feed, so that it does not matter which feed was read first. */
  readonly key: string;
  /** JSON of the body, as published. */
  readonly text: string;
}

export interface AlertOutput extends Ordered {
  readonly kind: "alert";
  readonly alert: Alert;
  /** `to "subject"` of the rule; null: by severity and rule. */
  readonly to: string | null;
}
/** An event below the watermark (T-2), or more than a day ahead of the broker's time (T-3). */
export interface LateOutput extends Ordered {
  readonly kind: "late";
  readonly stream: string;
}
/** A record that is no event: what it is and why. */
export interface DeadOutput extends Ordered {
  readonly kind: "dead";
  readonly stream: string;
}
/** Limits of A-3 were reached: once per minute of event time and rule. */
export interface LimitOutput extends Ordered {
  readonly kind: "control";
  readonly control: "limit";
  /** The first of those that dropped something; its text tells all. */
  readonly limit: LimitName;
}
export type Output = AlertOutput | LateOutput | DeadOutput | LimitOutput;

/** The order of records of one commit; outputs of one instant, rule and key stay as decided (M-11). */
export function compareOutputs(a: Output, b: Output): number {
  // Before a feed's first event its watermark, and so the time of its dead records, is -Infinity.
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs ? -1 : 1;
  return compareText(a.rule, b.rule) || compareText(a.key, b.key);
}
