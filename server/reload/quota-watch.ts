/**
 * Budgets of single rules: time, partial matches, alerts. Looks, as often as it is asked, what each rule takes; who is over its
 * budget is told, and switched off by the caller, who records it: what was measured is no part of what follows, the
 * recorded decision is.
 */

import type { Engine, RuleMeter } from "../../engine/engine.ts";
import type { Clock } from "../../io/clock.ts";
import type { Config } from "../config.ts";

export type Budgets = Config["limits"]["rule"];

/** A rule over its budget. */
export interface Overrun {
  readonly rule: string;
  readonly version: string;
  readonly budget: "busyPercent" | "partialMatches" | "alertsPerMinute";
  readonly measured: number;
  readonly limit: number;
}

/** Counts the time that each rule takes. Costs two readings of the clock for each event and candidate rule. */
export class BusyMeter implements RuleMeter {
  readonly #clock: Clock;
  readonly #open: { readonly rule: string; readonly startMs: number }[] = [];
  #busyMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(rule: string): void {
    this.#open.push({ rule, startMs: this.#clock.monotonicMs() });
  }

  leave(): void {
    const last = this.#open.pop();
    if (last === undefined) return;
    const { rule, startMs } = last;
    const busyMs = this.#clock.monotonicMs() - startMs;
    this.#busyMs.set(rule, (this.#busyMs.get(rule) ?? 0) + busyMs);
  }

  /** Milliseconds by rule since the last call. */
  take(): ReadonlyMap<string, number> {
    const busyMs = this.#busyMs;
    this.#busyMs = new Map();
    return busyMs;
  }
}

/** Time is judged over so long: one slow batch is no overrun. */
const BUSY_WINDOW_MS = 5000;
const MINUTE_MS = 60_000;

interface Reading {
  readonly atMs: number;
  readonly alerts: Map<string, number>;
}

export class QuotaWatch {
  readonly #budgets: Budgets;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #meter: BusyMeter | null;
  #busySinceMs: number;
  #readings: Reading[] = [];

  constructor(budgets: Budgets, engine: Engine, clock: Clock, meter: BusyMeter | null) {
    this.#budgets = budgets;
    this.#engine = engine;
    this.#clock = clock;
    this.#meter = meter;
    this.#busySinceMs = clock.monotonicMs();
  }

  get #watches(): boolean {
    const { busyPercent, partialMatches, alertsPerMinute } = this.#budgets;
    return busyPercent !== null || partialMatches !== null || alertsPerMinute !== null;
  }

  /** The rules that are over their budget now, each once. Looks at every rule: about once a second is enough. */
  look(): readonly Overrun[] {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#watches) return [];
    const { partialMatches, alertsPerMinute, busyPercent } = this.#budgets;
    const shares = this.#shares(nowMs);
    const rules = this.#engine.status().rules.filter(({ mode }) => mode !== "off");
    const alerts = new Map(rules.map((rule) => [rule.rule, rule.alerts]));
    const before = this.#minuteAgo(nowMs, alerts);
    return rules.flatMap(({ rule, version, openRuns, openStarts, alerts: count }): Overrun[] => {
      const over = (
        budget: Overrun["budget"],
        measured: number,
        limit: number | null,
      ): Overrun[] =>
        limit !== null && measured > limit ? [{ rule, version, budget, measured, limit }] : [];
      // Who is not in the oldest reading is younger than a minute. Counts begin anew where a rule does.
      const recent = Math.max(0, count - Math.min(count, before.get(rule) ?? 0));
      return [
        ...over("busyPercent", Math.round(shares.get(rule) ?? 0), busyPercent),
        ...over("partialMatches", Math.max(openRuns, openStarts), partialMatches),
        ...over("alertsPerMinute", recent, alertsPerMinute),
      ].slice(0, 1);
    });
  }

  /** Percent of the time that each rule took; empty until the window is full. */
  #shares(nowMs: number): ReadonlyMap<string, number> {
    const elapsedMs = nowMs - this.#busySinceMs;
    if (this.#meter === null || elapsedMs < BUSY_WINDOW_MS) return new Map();
    this.#busySinceMs = nowMs;
    return new Map([...this.#meter.take()].map(([rule, ms]) => [rule, (ms / elapsedMs) * 100]));
  }

  /** Counts of alerts a minute ago, or as far back as they are known. */
  #minuteAgo(nowMs: number, alerts: Map<string, number>): ReadonlyMap<string, number> {
    this.#readings.push({ atMs: nowMs, alerts });
    while ((this.#readings[1]?.atMs ?? nowMs) <= nowMs - MINUTE_MS) this.#readings.shift();
    return this.#readings[0]?.alerts ?? alerts;
  }

  /** A rule goes on under another name: what it has counted, it has counted before. */
  renamed(was: string, rule: string): void {
    for (const { alerts } of this.#readings) {
      const count = alerts.get(was);
      if (count !== undefined) alerts.set(rule, count);
    }
  }
}
