/**
 * The matcher of rules with an `expect` (tier T4; E-1, E-2). Of each key it knows its last event, or since when it is
 * awaited, and whether it is missing. One timer per key, armed anew when it fires and the key was heard of meanwhile:
 * an event costs one write.
 *
 * Invariants
 *  E1  A key that is not missing has a timer no later than its last event, or its beginning, plus DUR.
 *  E2  Once the rule has begun, every key of the table has a state. A row that comes begins when it is noticed, and the
 *      state of one that goes is dropped; both are noticed with the next event, deadline or beginning.
 *  E3  A key that is not in the table has no state while it is missing, unless it is to be told that it recovered.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import { compareText, type Value } from "../../base/value.ts";
import type { ExpectPlan, RulePlan } from "../../dsl/plan.ts";
import { conjunction } from "../build.ts";
import { compileEventCondition } from "../expression/compiled.ts";
import { NO_HISTORY } from "../history.ts";
import { keyText } from "../key.ts";
import type {
  Match,
  Matcher,
  MatcherHost,
  MatcherOptions,
  PartChange,
  StatePart,
  StoredTraits,
} from "../matcher.ts";
import { Router, type RouteSink } from "../routing.ts";
import { type Awaited, decodeAwaited, encodeAwaited } from "./awaited.ts";

/** The matcher of a rule with an `expect`. */
export function createExpectMatcher(
  rule: RulePlan,
  host: MatcherHost,
  options: MatcherOptions,
): Matcher {
  const { body } = rule;
  assert(body.kind === "expect", "silence is watched for `expect` bodies");
  const filter = conjunction(body.source.filter, body.where);
  const admits = filter === null ? null : compileEventCondition(filter, host.data, options);
  const leaves = [{ bit: 1, sources: [{ source: 0, admits }] }];
  const router = new Router([body.source], leaves, false, host.data, options);
  return new ExpectMatcher(body, rule.recovered !== null, router, host, options);
}

class ExpectMatcher implements Matcher {
  readonly tier = "expect";
  readonly stored?: StoredTraits;
  #plan: ExpectPlan;
  /** Is the end of a silence told? */
  #tells: boolean;
  #router: Router;
  readonly #host: MatcherHost;
  #keys = new Map<string, Awaited>();
  /** False: nobody asks what has changed. */
  readonly #records: boolean;
  readonly #changed = new Set<string>();
  readonly #sink: RouteSink;
  /** The table's version when it was last gone through; null: not yet. */
  #version: number | null = null;
  /** The rule's time when it began to drain; null: it does not. */
  #drainedMs: number | null = null;

  constructor(
    plan: ExpectPlan,
    tells: boolean,
    router: Router,
    host: MatcherHost,
    { recordChanges = true }: MatcherOptions,
  ) {
    this.#records = recordChanges;
    this.#plan = plan;
    // Whether a row of the table is new shows only beside all states (E2).
    if (plan.table === null) this.stored = { deadlines: "decide", parts: "one" };
    this.#tells = tells;
    this.#router = router;
    this.#host = host;
    this.#sink = (key, values, event) => this.#hear(key, values, event);
  }

  begin(timeMs: number): boolean {
    return this.#followTable(timeMs);
  }

  offer(event: EventRecord): void {
    this.#followTable(event.timeMs);
    this.#router.route(event, this.#sink);
  }

  #hear(key: string, values: readonly Value[], event: EventRecord): void {
    let known = this.#keys.get(key);
    if (known === undefined && this.#host.recall?.(key)) known = this.#keys.get(key);
    if (this.#drainedMs !== null) {
      if (known !== undefined) this.#finish(known, this.#drainedMs, event);
      return;
    }
    const state = known ?? this.#add(key, values, event.timeMs, false);
    if (state.missing) {
      state.missing = false;
      if (this.#tells) this.#report("recovered", state, event.timeMs, event);
    }
    state.last = event;
    this.#arm(state);
    this.#touched(key);
  }

  /** A rule that drains, and began to at this time, hears of a key for the last time. */
  #finish(state: Awaited, drainedMs: number, event: EventRecord): void {
    const inTime = event.timeMs <= drainedMs + this.#plan.everyMs;
    if (state.missing && this.#tells && inTime)
      this.#report("recovered", state, event.timeMs, event);
    this.#keys.delete(state.key);
    this.#touched(state.key);
  }

  #touched(key: string): void {
    if (this.#records) this.#changed.add(key);
  }

  #add(key: string, values: readonly Value[], sinceMs: number, listed: boolean): Awaited {
    const state: Awaited = {
      key,
      values,
      sinceMs,
      listed,
      last: null,
      missing: false,
      armedMs: Number.POSITIVE_INFINITY,
    };
    this.#keys.set(key, state);
    return state;
  }

  #dueOf({ last, sinceMs }: Awaited): number {
    return (last === null ? sinceMs : last.timeMs) + this.#plan.everyMs;
  }

  #arm(state: Awaited): void {
    if (state.missing || state.armedMs !== Number.POSITIVE_INFINITY) return;
    state.armedMs = this.#dueOf(state);
    this.#host.arm(state.key, state.armedMs);
  }

  expire(key: string, deadlineMs: number): void {
    this.#followTable(deadlineMs);
    const state = this.#keys.get(key);
    if (state === undefined || state.missing) return;
    state.armedMs = Number.POSITIVE_INFINITY;
    const dueMs = this.#dueOf(state);
    if (dueMs > deadlineMs) {
      this.#arm(state);
      return;
    }
    state.missing = true;
    this.#report("missing", state, dueMs, null);
    const drains = this.#drainedMs !== null;
    if (!this.#tells && (drains || !state.listed)) this.#keys.delete(key);
    this.#touched(key);
  }

  /** `by`: the event that ended the silence. */
  #report(
    kind: "missing" | "recovered",
    { key, values, last, sinceMs }: Awaited,
    decidedMs: number,
    by: EventRecord | null,
  ): void {
    const startMs = last === null ? sinceMs : last.timeMs;
    const events = [last, by].filter((event) => event !== null);
    const taken = events.map((event) => ({ step: 0, label: 0, event }));
    const newest: EventRecord | null = events.at(-1) ?? null;
    const history: Match["history"] = {
      ...NO_HISTORY,
      count: () => events.length,
      fromFirst: (_, index) => (index === 0 ? newest : null),
      fromLast: (_, index) => (index === 0 ? newest : null),
      events: () => events,
    };
    this.#host.report({
      kind,
      // Behind the key: `last` and `gap` (see ExpectPlan).
      keys: [...values, last === null ? null : last.timeMs, decidedMs - startMs],
      key,
      decidedMs,
      startMs,
      endMs: by === null ? startMs : decidedMs,
      taken,
      untold: 0,
      history,
    });
  }

  /** Begins to wait for the table's new keys, and retires those that are no longer there (E-2). True where there were any. */
  #followTable(nowMs: number): boolean {
    const { table } = this.#plan;
    if (table === null || this.#drainedMs !== null) return false;
    const version = this.#host.data.version(table);
    if (version === this.#version) return false;
    this.#version = version;
    let changed = false;
    const listed = new Map<string, readonly Value[]>();
    for (const key of this.#host.data.keys(table)) listed.set(keyText([key]), [key]);
    for (const [key, state] of this.#keys) {
      if (!state.listed || listed.has(key)) continue;
      this.#keys.delete(key);
      this.#touched(key);
      changed = true;
    }
    for (const [key, values] of [...listed].sort(([a], [b]) => compareText(a, b))) {
      const known = this.#keys.get(key);
      if (known?.listed === true) continue;
      const state = known ?? this.#add(key, values, nowMs, true);
      state.listed = true;
      this.#arm(state);
      this.#touched(key);
      changed = true;
    }
    return changed;
  }

  openStarts(): number {
    return this.openRuns();
  }

  /** Keys that are awaited, those that are missing included. */
  openRuns(): number {
    return this.#keys.size;
  }

  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  encode(key: string): readonly PartChange[] {
    const state = this.#keys.get(key);
    return [state === undefined ? { part: 0, bytes: null } : { part: 0, ...encodeAwaited(state) }];
  }

  restore(key: string, parts: readonly StatePart[]): void {
    const [part] = parts;
    assert(part !== undefined, "a key's state has one part");
    const state = decodeAwaited(key, part);
    this.#keys.set(key, state);
    this.#arm(state);
  }

  become(next: Matcher): void {
    assert(next instanceof ExpectMatcher, "a rule that goes on keeps its kind of matcher");
    this.#plan = next.#plan;
    this.#tells = next.#tells;
    this.#router = next.#router;
    // It may be another table, or other rows: both are noticed with the next event, deadline or beginning.
    this.#version = null;
  }

  drain(sinceMs: number): void {
    this.#drainedMs = sinceMs;
  }

  isDrained(nowMs: number): boolean {
    return this.#keys.size === 0 || nowMs > (this.#drainedMs ?? nowMs) + this.#plan.everyMs;
  }

  adopt(warm: Matcher, move: (event: EventRecord) => void): void {
    assert(warm instanceof ExpectMatcher, "a rule is warmed up by its own kind of matcher");
    this.#keys = warm.#keys;
    for (const state of this.#keys.values()) {
      if (state.last !== null) move(state.last);
      state.armedMs = Number.POSITIVE_INFINITY;
      this.#arm(state);
      this.#touched(state.key);
    }
  }
}
