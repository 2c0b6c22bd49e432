/**
 * A second, tiny implementation of the matcher interface, so that the engine's own duties (order, time, timers,
 * alerts, storage) are tested apart from any tier. Events have a key `k` and a type `t`:
 *  a  opens; b  closes: the oldest open `a` of the key and the `b` are a match if within the window; all are dropped
 *  w  waits: a match at the deadline `w + window`, unless c came before it
 *  x  reaches the limit "open" once
 * Everything it is told goes into `trace`.
 */

import { assert } from "../../base/assert.ts";
import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { RulePlan } from "../../dsl/plan.ts";
import { NO_HISTORY } from "../../nfa/history.ts";
import type { Matcher, MatcherHost, PartChange, StatePart } from "../../nfa/matcher.ts";

interface KeyState {
  open: readonly EventRecord[];
  waiting: readonly EventRecord[];
}

export class PairMatcher implements Matcher {
  readonly tier = "pairs";
  #rule: RulePlan;
  readonly #host: MatcherHost;
  #windowMs: number;
  #keys = new Map<string, KeyState>();
  readonly #changed = new Set<string>();
  readonly #trace: string[] | null;
  #drains = false;

  constructor(rule: RulePlan, host: MatcherHost, trace: string[] | null) {
    this.#rule = rule;
    this.#host = host;
    this.#windowMs = rule.body.kind === "match" ? rule.body.withinMs : 0;
    this.#trace = trace;
  }

  begin(): boolean {
    return false;
  }

  offer(event: EventRecord): void {
    this.#trace?.push(
      `${this.#rule.name} ${event.timeMs + event.timeFrac} ${event.stream}/${event.feed} ${event.id}`,
    );
    const key = String(event.data["k"] ?? "");
    const state = this.#keys.get(key) ?? { open: [], waiting: [] };
    const open = state.open.filter((a) => a.timeMs >= event.timeMs - this.#windowMs);
    const next = this.#step(key, { ...state, open }, event);
    this.#set(key, next);
  }

  #step(key: string, state: KeyState, event: EventRecord): KeyState {
    switch (event.data["t"]) {
      case "a":
        if (this.#drains) return state;
        this.#host.arm(key, event.timeMs + this.#windowMs);
        return { ...state, open: [...state.open, event] };
      case "b": {
        const [first] = state.open;
        if (first === undefined) return state;
        this.#report(key, [first, event], event.timeMs);
        return { ...state, open: [] };
      }
      case "w":
        if (this.#drains) return state;
        this.#host.arm(key, event.timeMs + this.#windowMs);
        return { ...state, waiting: [...state.waiting, event] };
      case "c":
        return { ...state, waiting: [] };
      case "x":
        this.#host.limitReached("open", 1);
        return state;
      default:
        return state;
    }
  }

  expire(key: string, deadlineMs: number): void {
    this.#trace?.push(`${this.#rule.name} deadline ${deadlineMs} ${key}`);
    const state = this.#keys.get(key);
    if (state === undefined) return;
    const due = (event: EventRecord): boolean => event.timeMs + this.#windowMs <= deadlineMs;
    for (const event of state.waiting.filter(due)) {
      this.#report(key, [event], event.timeMs + this.#windowMs);
    }
    const waiting = state.waiting.filter((event) => !due(event));
    const open = state.open.filter((event) => !due(event));
    this.#set(key, { open, waiting });
    this.#rearm(key, { open, waiting });
  }

  #rearm(key: string, state: KeyState): void {
    for (const event of [...state.open, ...state.waiting]) {
      this.#host.arm(key, event.timeMs + this.#windowMs);
    }
  }

  #set(key: string, state: KeyState): void {
    this.#changed.add(key);
    if (state.open.length + state.waiting.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, state);
  }

  #report(key: string, events: readonly EventRecord[], decidedMs: number): void {
    const [first] = events;
    const last = events[events.length - 1];
    if (first === undefined || last === undefined) return;
    const taken = events.map((event, step) => ({ step, label: step, event }));
    const keys: readonly Value[] = [key];
    this.#host.report({
      kind: "match",
      keys,
      key,
      decidedMs,
      startMs: first.timeMs,
      endMs: last.timeMs,
      taken,
      untold: 0,
      history: NO_HISTORY,
    });
  }

  openStarts(): number {
    return this.openRuns();
  }

  openRuns(): number {
    let runs = 0;
    for (const { open, waiting } of this.#keys.values()) runs += open.length + waiting.length;
    return runs;
  }

  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  encode(key: string): readonly PartChange[] {
    const state = this.#keys.get(key);
    if (state === undefined) return [{ part: 0, bytes: null }];
    const writer = new ByteWriter();
    writer.uint(state.open.length);
    return [{ part: 0, bytes: writer.take(), events: [...state.open, ...state.waiting] }];
  }

  become(next: Matcher): void {
    assert(next instanceof PairMatcher, "a rule that goes on keeps its kind of matcher");
    this.#rule = next.#rule;
    this.#windowMs = next.#windowMs;
  }

  drain(): void {
    this.#drains = true;
  }

  isDrained(): boolean {
    return this.#keys.size === 0;
  }

  adopt(warm: Matcher, move: (event: EventRecord) => void): void {
    assert(warm instanceof PairMatcher, "a rule is warmed up by its own kind of matcher");
    this.#keys = warm.#keys;
    for (const [key, state] of this.#keys) {
      for (const event of [...state.open, ...state.waiting]) move(event);
      this.#changed.add(key);
      this.#rearm(key, state);
    }
  }

  restore(key: string, parts: readonly StatePart[]): void {
    const [{ bytes, events } = { bytes: new Uint8Array(1), events: [] }] = parts;
    const opens = new ByteReader(bytes).uint();
    const state = { open: events.slice(0, opens), waiting: events.slice(opens) };
    this.#keys.set(key, state);
    this.#rearm(key, state);
  }
}
