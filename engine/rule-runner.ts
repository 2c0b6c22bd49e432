/**
 * One rule at work: its matcher, and what comes after a match (`once`, the alert, limits and their meta-alerts).
 * It is the matcher's host. It stays the same object while versions of its rule follow each other and the partial
 * matches go on; a version that only finishes what it began has one of its own.
 *
 * Invariants
 *  N1  For each key the timer queue holds a deadline no later than what the matcher waits for.
 *  N2  What it decides depends on the sequence of `offer` and `expire` alone, and not on when stored keys are restored.
 */

import { assert } from "../base/assert.ts";
import type { EventRecord } from "../base/event.ts";
import { stringifyJson } from "../base/json.ts";
import { formatTime, MINUTE_MS } from "../base/time.ts";
import type { Value } from "../base/value.ts";
import { canonicalText } from "../dsl/canonical.ts";
import type { RulePlan } from "../dsl/plan.ts";
import {
  type CompileOptions,
  compileScopeValue,
  type FieldMemo,
  type ScopeValue,
} from "../nfa/expression/compiled.ts";
import type { DataSource, Scope } from "../nfa/history.ts";
import { keyText } from "../nfa/key.ts";
import type { LimitName, Match, Matcher, MatcherHost, StatePart } from "../nfa/matcher.ts";
import { liftAggregates } from "../nfa/window/lift-aggregates.ts";
import { AlertMaker } from "./alert.ts";
import type { AlertChain } from "./alert-chain.ts";
import { type AlertExceptions, compileExceptions } from "./alert-exceptions.ts";
import type { FeedEvent } from "./feed-event.ts";
import { OnceMemory } from "./once.ts";
import type { EngineLimits, MatcherFactory } from "./options.ts";
import type { OutputQueue } from "./output-queue.ts";
import type { RuleStatus } from "./status.ts";
import type { TimerOwner, TimerQueue } from "./timer-queue.ts";

/** The time of the order group that a rule belongs to. */
export interface RuleClock {
  /** Event time of the event or deadline at hand; -Infinity before the first. */
  readonly nowMs: number;
  readonly timers: TimerQueue<RuleRunner>;
  readonly streams: readonly string[];
}

/** The keys of a rule that are stored and were not restored so far. */
export interface StoredKeys {
  /** Restores the key if it is among them; true where it was. */
  recall(key: string): boolean;
  recallAll(): void;
}

/** What runners of an engine share. */
export interface RunnerSettings {
  readonly createMatcher: MatcherFactory;
  readonly data: DataSource;
  readonly limits: EngineLimits;
  readonly codegen: boolean;
  /** What conditions share of the event at hand; null where there are too few rules for it. */
  readonly memo: FieldMemo | null;
  readonly recordChanges: boolean;
  readonly outputs: OutputQueue;
  /** The rule stands in another group, and here for the rules above it only: its outputs are told there. */
  readonly hidden: boolean;
  /** Where its alerts are events of other rules. */
  readonly chain: AlertChain;
  /** Null: nobody asks how much time rules take. */
  readonly meter: RuleMeter | null;
}

/** Told when a rule begins and ends to work on an event or a deadline. */
export interface RuleMeter {
  enter(rule: string): void;
  leave(): void;
}

export const LIMIT_NAMES: readonly LimitName[] = [
  "open per key",
  "open",
  "events per match",
  "matches per event",
];

/** What a limit has dropped: in all, and since the last meta-alert. */
interface LimitTally {
  dropped: number;
  untold: number;
}

/** In the timer queue: no key of a rule, but what its limits have still to tell. Behind the keys of its instant. */
const LIMITS_KEY = "\uffff";

/** Minutes since 1970. */
function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}

export class RuleRunner implements MatcherHost, TimerOwner {
  rule: RulePlan;
  /** Position in its order group, after the rules whose alerts it reads: orders deadlines of one instant (T-5). */
  position = 0;
  /** The rule's name today: under it, its alerts are events of other rules. An old version may have had another. */
  line: string;
  /** The rule's time when a later version took over and this one began to drain; null: it is the one in force. */
  drainedMs: number | null = null;
  readonly clock: RuleClock;
  readonly data: DataSource;
  readonly hidden: boolean;
  readonly matcher: Matcher;
  once: OnceMemory | null;
  #once: readonly ScopeValue[];
  #excepts: AlertExceptions;
  #alerts: AlertMaker;
  readonly #chain: AlertChain;
  readonly #meter: RuleMeter | null;
  readonly #outputs: OutputQueue;
  /** The least deadline in the timer queue by key. */
  readonly #armed = new Map<string, number>();
  readonly #tallies: readonly LimitTally[] = LIMIT_NAMES.map(() => ({
    dropped: 0,
    untold: 0,
  }));
  /** The minute of the last meta-alert. */
  #toldMinute = Number.NEGATIVE_INFINITY;
  /** When what is untold is to be told, by the timer queue; Infinity: nothing is. */
  #limitsDueMs = Number.POSITIVE_INFINITY;
  #matches = 0;
  #alertCount = 0;
  #excepted = 0;
  #suppressed = 0;
  #skipMissed = 0;
  /** Did the tallies, the version or its state of draining change since they were stored? */
  recordChanged = false;
  /** Null: all keys are restored. */
  storedKeys: StoredKeys | null = null;
  /** While a key is restored: the least deadline that it waits for. Null: no key is being restored. */
  #restoredDueMs: number | null = null;

  constructor(rule: RulePlan, clock: RuleClock, settings: RunnerSettings) {
    const options: CompileOptions = { codegen: settings.codegen, memo: settings.memo };
    this.rule = rule;
    this.line = rule.name;
    this.clock = clock;
    this.#meter = settings.meter;
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

  /**
   * The next version of the rule, of which partial matches have the same shape, takes over: `next` was made for it and
   * has decided nothing. What is open goes on, and so do limits, counters and what `once` remembers by the same values.
   */
  become(next: RuleRunner): void {
    const per = canonicalText(this.rule.once?.per ?? null);
    this.rule = next.rule;
    this.line = next.line;
    this.#excepts = next.#excepts;
    this.#alerts = next.#alerts;
    this.#once = next.#once;
    const everyMs = next.rule.once?.everyMs;
    const goesOn = this.once !== null && per === canonicalText(next.rule.once?.per ?? null);
    if (!goesOn) this.once = next.once;
    else if (everyMs !== undefined) this.once?.reschedule(everyMs, this.clock.nowMs);
    this.matcher.become(next.matcher);
    this.recordChanged = true;
  }

  /** Another version takes over, and this one begins nothing any more. `sinceMs`: the rule's time then. */
  drain(sinceMs: number): void {
    this.drainedMs = sinceMs;
    this.matcher.drain(sinceMs);
    this.recordChanged = true;
  }

  /** Has it finished what it began? Of one that drains. */
  get isDrained(): boolean {
    if (this.storedKeys !== null || this.hasUntold) return false;
    return this.matcher.isDrained(this.clock.nowMs);
  }

  /**
   * Takes over what a runner of the same version knows that another engine has warmed up from history. `move` makes
   * each event one of this engine.
   */
  adopt(warm: RuleRunner, move: (event: EventRecord) => void): void {
    this.matcher.adopt(warm.matcher, move);
    this.once?.adopt(warm.once);
    for (const [index, { untold, minute }] of warm.tallies().entries())
      this.restoreTally(index, untold, minute);
    this.recordChanged = true;
  }

  offer(event: FeedEvent): void {
    this.#meter?.enter(this.line);
    this.matcher.offer(event);
    this.#meter?.leave();
  }

  /** A timer of this rule has fired. */
  expire(key: string, deadlineMs: number): void {
    if (key === LIMITS_KEY) {
      this.#limitsDue(deadlineMs);
      return;
    }
    if (this.#armed.get(key) === deadlineMs) this.#armed.delete(key);
    this.#meter?.enter(this.line);
    this.matcher.expire(key, deadlineMs);
    this.#meter?.leave();
  }

  /** May the deadline of the key report something? */
  decidesAt(key: string): boolean {
    return this.decidesAtDeadlines || key === LIMITS_KEY;
  }

  /** May a deadline of the rule's keys report something? */
  get decidesAtDeadlines(): boolean {
    return this.matcher.stored?.deadlines !== "forget";
  }

  recall(key: string): boolean {
    return this.storedKeys?.recall(key) ?? false;
  }

  recallAll(): void {
    this.storedKeys?.recallAll();
  }

  /** Puts a key back while events come. What the rule's time has passed already fires at once: it only forgets. */
  restoreKey(key: string, parts: readonly StatePart[]): void {
    this.#restoredDueMs = Number.POSITIVE_INFINITY;
    this.matcher.restore(key, parts);
    while (this.#restoredDueMs < this.clock.nowMs) {
      assert(!this.decidesAtDeadlines, "keys are restored before what they wait for is decided");
      const dueMs = this.#restoredDueMs;
      this.#restoredDueMs = Number.POSITIVE_INFINITY;
      this.matcher.expire(key, dueMs);
    }
    const dueMs = this.#restoredDueMs;
    this.#restoredDueMs = null;
    if (dueMs < Number.POSITIVE_INFINITY) this.arm(key, dueMs);
  }

  /** The least deadline in the timer queue for the key; Infinity where there is none. */
  armedMs(key: string): number {
    return this.#armed.get(key) ?? Number.POSITIVE_INFINITY;
  }

  arm(key: string, deadlineMs: number): void {
    if (this.#restoredDueMs !== null) {
      this.#restoredDueMs = Math.min(this.#restoredDueMs, deadlineMs);
      return;
    }
    const armed = this.#armed.get(key);
    if (armed !== undefined && armed <= deadlineMs) return;
    this.#armed.set(key, deadlineMs);
    this.clock.timers.push({ deadlineMs, owner: this, key });
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
    const { nowMs } = this.clock;
    this.#chain.decided(this.line, alert, Math.max(timeMs, nowMs), nowMs);
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
    if (this.hidden) return;
    tally.untold += count;
    this.recordChanged = true;
    if (minuteOf(this.clock.nowMs) > this.#toldMinute) this.#tellLimits();
    else this.#armLimits();
  }

  /** One meta-alert of all that was dropped since the last. */
  #tellLimits(): void {
    const untold = LIMIT_NAMES.flatMap((limit, i) => {
      const dropped = this.#tallies[i]?.untold ?? 0;
      return dropped === 0 ? [] : [{ limit, dropped }];
    });
    const [first, ...others] = untold;
    if (first === undefined) return;
    for (const tally of this.#tallies) tally.untold = 0;
    this.recordChanged = true;
    const timeMs = this.clock.nowMs;
    this.#toldMinute = minuteOf(timeMs);
    const { name: rule, version } = this.rule;
    const { limit } = first;
    const body: Value = {
      kind: "limit",
      rule,
      version,
      ...first,
      ...(others.length === 0 ? {} : { others }),
      time: formatTime(timeMs),
    };
    const text = stringifyJson(body);
    this.#outputs.push({ kind: "control", control: "limit", timeMs, rule, key: "", limit, text });
  }

  /** What is untold is told when the rule's time enters the next minute. */
  #armLimits(): void {
    const deadlineMs = (this.#toldMinute + 1) * MINUTE_MS;
    if (this.#limitsDueMs <= deadlineMs) return;
    this.#limitsDueMs = deadlineMs;
    this.clock.timers.push({ deadlineMs, owner: this, key: LIMITS_KEY });
  }

  #limitsDue(deadlineMs: number): void {
    if (this.#limitsDueMs === deadlineMs) this.#limitsDueMs = Number.POSITIVE_INFINITY;
    if (!this.hasUntold) return;
    if (minuteOf(this.clock.nowMs) > this.#toldMinute) this.#tellLimits();
    else this.#armLimits();
  }

  /** Have limits dropped what no meta-alert has told? */
  get hasUntold(): boolean {
    return this.#tallies.some(({ untold }) => untold > 0);
  }

  skipMissed(): void {
    this.#skipMissed++;
  }

  /** What a restart must know of the tallies, in the order of `LIMIT_NAMES`. */
  tallies(): readonly { readonly untold: number; readonly minute: number }[] {
    return this.#tallies.map(({ untold }) => ({ untold, minute: this.#toldMinute }));
  }

  restoreTally(index: number, untold: number, minute: number): void {
    const tally = this.#tallies[index];
    if (tally === undefined || this.hidden) return;
    tally.untold = untold;
    this.#toldMinute = Math.max(this.#toldMinute, minute);
    if (untold > 0 && this.#toldMinute > Number.NEGATIVE_INFINITY) this.#armLimits();
  }

  /** Does the timer queue hold something of the rule? */
  get hasTimers(): boolean {
    return this.#armed.size > 0 || this.#limitsDueMs < Number.POSITIVE_INFINITY;
  }

  /** Keys that wait for a deadline. */
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
