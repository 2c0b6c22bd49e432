/**
 * One rule at work: its matcher, and what comes after a match (`once`, the alert, limits and their meta-alerts).
 * It is the matcher's host.
 *
 * Invariants
 *  N1  For each key the timer queue holds a deadline no later than what the matcher waits for.
 *  N2  What it decides depends on the sequence of `offer` and `expire` alone.
 */

import { stringifyJson } from "../base/json.ts";
import { formatTime, MINUTE_MS } from "../base/time.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan } from "../dsl/plan.ts";
import {
  type CompileOptions,
  compileScopeValue,
  type ScopeValue,
} from "../nfa/expression/compiled.ts";
import type { DataSource, Scope } from "../nfa/history.ts";
import { keyText } from "../nfa/key.ts";
import type { LimitName, Match, Matcher, MatcherHost } from "../nfa/matcher.ts";
import { liftAggregates } from "../nfa/window/lift-aggregates.ts";
import { AlertMaker } from "./alert.ts";
import type { AlertChain } from "./alert-chain.ts";
import { type AlertExceptions, compileExceptions } from "./alert-exceptions.ts";
import type { FeedEvent } from "./feed-event.ts";
import { OnceMemory } from "./once.ts";
import type { EngineLimits, MatcherFactory } from "./options.ts";
import type { OutputQueue } from "./output-queue.ts";
import type { RuleStatus } from "./status.ts";
import type { TimerQueue } from "./timer-queue.ts";

/** The time of the order group that a rule belongs to. */
export interface RuleClock {
  /** Event time of the event or deadline at hand; -Infinity before the first. */
  readonly nowMs: number;
  readonly timers: TimerQueue;
  readonly streams: readonly string[];
}

/** What runners of an engine share. */
export interface RunnerSettings {
  readonly createMatcher: MatcherFactory;
  readonly data: DataSource;
  readonly limits: EngineLimits;
  readonly codegen: boolean;
  readonly recordChanges: boolean;
  readonly outputs: OutputQueue;
  /** The rule stands in another group, and here for the rules above it only: its outputs are told there. */
  readonly hidden: boolean;
  /** Where its alerts are events of other rules. */
  readonly chain: AlertChain;
}

export const LIMIT_NAMES: readonly LimitName[] = [
  "open per key",
  "open",
  "events per match",
  "matches per event",
];

/** Stands in the stored names of hidden copies, and in no name of a rule. */
export const HIDDEN_MARK = "\n";

/** What a limit has dropped: in all, and since the last meta-alert, which stood in `minute` (minutes since 1970). */
interface LimitTally {
  dropped: number;
  untold: number;
  minute: number;
}

export class RuleRunner implements MatcherHost {
  readonly rule: RulePlan;
  /** Position in its order group, ascending by name: orders deadlines of one instant (T-5). */
  readonly position: number;
  readonly clock: RuleClock;
  readonly data: DataSource;
  readonly hidden: boolean;
  readonly matcher: Matcher;
  readonly once: OnceMemory | null;
  readonly #once: readonly ScopeValue[];
  readonly #excepts: AlertExceptions;
  readonly #alerts: AlertMaker;
  readonly #chain: AlertChain;
  readonly #outputs: OutputQueue;
  /** The least deadline in the timer queue by key. */
  readonly #armed = new Map<string, number>();
  readonly #tallies: readonly LimitTally[] = LIMIT_NAMES.map(() => ({
    dropped: 0,
    untold: 0,
    minute: Number.NEGATIVE_INFINITY,
  }));
  #matches = 0;
  #alertCount = 0;
  #excepted = 0;
  #suppressed = 0;
  #skipMissed = 0;
  /** Did the tallies change since they were stored? */
  talliesChanged = false;

  constructor(rule: RulePlan, position: number, clock: RuleClock, settings: RunnerSettings) {
    const options: CompileOptions = { codegen: settings.codegen };
    this.rule = rule;
    this.position = position;
    this.clock = clock;
    this.data = settings.data;
    this.hidden = settings.hidden;
    this.#chain = settings.chain;
    this.#outputs = settings.outputs;
    const { alert, once, exceptions, recovered } = liftAggregates(rule).rule;
    this.#excepts = compileExceptions(exceptions, options);
    this.#alerts = new AlertMaker(
      { ...rule, alert, recovered },
      settings.data,
      settings.limits,
      options,
    );
    this.once = once === null ? null : new OnceMemory(once.everyMs, settings.recordChanges);
    this.#once = once?.per.map((expr) => compileScopeValue(expr, options)) ?? [];
    const { recordChanges } = settings;
    this.matcher = settings.createMatcher(rule, this, { ...options, recordChanges });
  }

  offer(event: FeedEvent): void {
    this.matcher.offer(event);
  }

  /** A timer of this rule has fired. */
  expire(key: string, deadlineMs: number): void {
    if (this.#armed.get(key) === deadlineMs) this.#armed.delete(key);
    this.matcher.expire(key, deadlineMs);
  }

  arm(key: string, deadlineMs: number): void {
    const armed = this.#armed.get(key);
    if (armed !== undefined && armed <= deadlineMs) return;
    this.#armed.set(key, deadlineMs);
    this.clock.timers.push({ deadlineMs, rule: this.position, key });
  }

  report(match: Match): void {
    this.#matches++;
    const { decidedMs: timeMs, key, keys, history } = match;
    const scope: Scope = { event: null, history, keys, data: this.data };
    // One that is excepted is no alert, so `once` does not count it (D-5, A-2).
    if (this.#excepts(scope, timeMs)) {
      this.#excepted++;
      return;
    }
    const suppressed = this.#passOnce(match, scope);
    if (suppressed === null) {
      this.#suppressed++;
      return;
    }
    this.#alertCount++;
    const { alert, text, to } = this.#alerts.make(match, suppressed);
    this.#chain.decided(alert, Math.max(timeMs, this.clock.nowMs));
    if (this.hidden) return;
    this.#outputs.push({ kind: "alert", timeMs, rule: this.rule.name, key, text, alert, to });
  }

  /** How many alerts were withheld before this one, or null where this one is. */
  #passOnce(match: Match, scope: Scope): number | null {
    if (this.once === null) return 0;
    const values = this.#once.map((value) => value(scope));
    return this.once.pass(keyText([match.kind, ...values]), match.decidedMs);
  }

  limitReached(limit: LimitName, count: number): void {
    const tally = this.#tallies[LIMIT_NAMES.indexOf(limit)] as LimitTally;
    tally.dropped += count;
    tally.untold += count;
    this.talliesChanged = true;
    if (this.hidden) return;
    const timeMs = this.clock.nowMs;
    const minute = Math.floor(timeMs / MINUTE_MS);
    if (minute <= tally.minute) return;
    tally.minute = minute;
    const { name: rule, version } = this.rule;
    const dropped = tally.untold;
    tally.untold = 0;
    const body: Value = { kind: "limit", rule, version, limit, dropped, time: formatTime(timeMs) };
    const text = stringifyJson(body);
    this.#outputs.push({ kind: "control", control: "limit", timeMs, rule, key: "", limit, text });
  }

  skipMissed(): void {
    this.#skipMissed++;
  }

  /** What a restart must know of the tallies, in the order of `LIMIT_NAMES`. */
  tallies(): readonly { readonly untold: number; readonly minute: number }[] {
    return this.#tallies;
  }

  restoreTally(index: number, untold: number, minute: number): void {
    const tally = this.#tallies[index];
    if (tally === undefined) return;
    tally.untold = untold;
    tally.minute = minute;
  }

  /** The name under which the state is stored: a hidden copy's is its own in each group. */
  get storeName(): string {
    const { name } = this.rule;
    return this.hidden ? `${name}${HIDDEN_MARK}${this.clock.streams.join("\n")}` : name;
  }

  get openDeadlines(): number {
    return this.#armed.size;
  }

  status(timeMs: number | null): RuleStatus {
    return {
      rule: this.rule.name,
      version: this.rule.version,
      mode: this.rule.mode,
      tier: this.matcher.tier,
      openStarts: this.matcher.openStarts(),
      openRuns: this.matcher.openRuns(),
      matches: this.#matches,
      alerts: this.#alertCount,
      excepted: this.#excepted,
      suppressed: this.#suppressed,
      skipMissed: this.#skipMissed,
      limits: LIMIT_NAMES.map((limit, i) => ({ limit, dropped: this.#tallies[i]?.dropped ?? 0 })),
      timeMs,
      openDeadlines: this.openDeadlines,
    };
  }
}
