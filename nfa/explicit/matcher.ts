/**
 * The reference matcher: explicit runs (tier T3). It runs every `match`, and every faster tier must equal it.
 * Owns the table of keys. Cost of an event: the leaves of its stream, then the runs of its keys that wait on edges
 * which the event can concern; nothing for other keys.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { LimitsPlan, RulePlan } from "../../dsl/plan.ts";
import { buildProgram } from "../build.ts";
import type {
  Matcher,
  MatcherHost,
  MatcherOptions,
  PartChange,
  StatePart,
  StoredTraits,
} from "../matcher.ts";
import type { Program } from "../program.ts";
import { Router, type RouteSink } from "../routing.ts";
import { decodeKey, encodeKey } from "./codec.ts";
import {
  dropStarts,
  eventsOf,
  isEmpty,
  killOverdue,
  newKeyState,
  oldestStart,
} from "./key-state.ts";
import type { KeyState, Start } from "./run.ts";
import { StartQueue } from "./starts.ts";
import { decidesOnExpiry, Stepper, wakeMs } from "./stepper.ts";

/**
 * Partial matches of one key, of which a single start may have any number (`1+ any`): beyond this many the oldest start
 * is dropped as at `limit N open per key`, so that a rule that multiplies costs no more than this per event.
 */
const RUNS_PER_KEY = 250_000;

/** The matcher of a rule with a `match` block. */
export function createMatcher(rule: RulePlan, host: MatcherHost, options: MatcherOptions): Matcher {
  const { body } = rule;
  assert(body.kind === "match", "explicit runs serve `match` blocks");
  const timeoutAfter = rule.timeout === null ? undefined : rule.timeout.after;
  const built = buildProgram(body, timeoutAfter, host.data, options);
  const program = options.rework?.(built) ?? built;
  const router = new Router(body.sources, program.leaves, program.seesAll, host.data, options);
  return new ExplicitMatcher(program, router, rule.limits, host, options.recordChanges ?? true);
}

const NO_EVENT: EventRecord = {
  stream: "",
  place: 0,
  feed: "",
  seq: 0,
  index: 0,
  timeMs: 0,
  timeFrac: 0,
  id: "",
  data: {},
};

const CHANGED_ROOM = 1024;

class ExplicitMatcher implements Matcher {
  readonly tier = "explicit runs";
  readonly stored: StoredTraits;
  #program: Program;
  #router: Router;
  #limits: LimitsPlan;
  readonly #host: MatcherHost;
  #stepper: Stepper;
  #keys = new Map<string, KeyState>();
  readonly #starts = new StartQueue();
  readonly #sink: RouteSink;
  /** States that changed, those that ended since then included. Null: nobody asks what has changed. */
  #changed: KeyState[] | null;
  /** At so many of them those that ended and were never stored are forgotten. */
  #changedRoom = CHANGED_ROOM;
  #drains = false;
  /** Those of keys that are stored and not restored yet count as well. */
  #liveStarts = 0;
  #awaitedStarts = 0;

  constructor(
    program: Program,
    router: Router,
    limits: LimitsPlan,
    host: MatcherHost,
    recordChanges: boolean,
  ) {
    this.#program = program;
    this.#router = router;
    this.#limits = limits;
    this.#host = host;
    this.#changed = recordChanges ? [] : null;
    const decides =
      decidesOnExpiry(program) ||
      program.edges.some(({ to, watches }) => to === null && watches.length > 0);
    this.stored = { deadlines: decides ? "decide" : "forget", parts: "one" };
    this.#stepper = this.#newStepper();
    this.#sink = (key, values, event, bits) => this.#offerTo(key, values, event, bits);
  }

  #newStepper(): Stepper {
    const none = newKeyState(this.#program, "", []);
    return new Stepper(this.#program, this.#limits, this.#host, none, NO_EVENT);
  }

  /** A pattern begins with an event, so there is nothing to do. */
  begin(): boolean {
    return false;
  }

  offer(event: EventRecord): void {
    this.#router.route(event, this.#sink);
  }

  #offerTo(key: string, values: readonly Value[], event: EventRecord, bits: number): void {
    let state = this.#keys.get(key);
    if (state === undefined && this.#host.recall?.(key)) state = this.#keys.get(key);
    if (state === undefined) {
      if (this.#drains) return;
      const begins =
        (bits & this.#program.startBits) !== 0 ||
        this.#program.precedingMax > 0 ||
        this.#program.lookbacks.some(({ leaf }) => bits & leaf.bit);
      if (!begins) return;
      state = newKeyState(this.#program, key, values);
      this.#keys.set(key, state);
    }
    const startsBefore = state.liveStarts;
    const changed = this.#stepper.step(state, event, bits);
    this.#liveStarts += state.liveStarts - startsBefore;
    if (this.#starts.open) this.#enlist(state, event);
    if (state.liveStarts > this.#limits.openPerKey || state.runCount > RUNS_PER_KEY)
      this.#limitKey(state, event.timeMs);
    if (this.#liveStarts > this.#limits.open) this.#limitRule(event.timeMs);
    if (changed) this.#touched(state);
    else if (isEmpty(state)) this.#keys.delete(key);
  }

  /** Has the event begun something? Then the queue of starts must know. */
  #enlist(state: KeyState, event: EventRecord): void {
    if (this.#liveStarts * 2 < this.#limits.open) this.#starts.close();
    const youngest = state.starts[state.starts.length - 1];
    if (youngest?.event === event) this.#starts.push(youngest, this.#liveStarts);
  }

  expire(key: string, deadlineMs: number): void {
    const state = this.#keys.get(key);
    if (state === undefined) return;
    if (state.armedMs > deadlineMs) {
      // An older wish of this key, from before it was emptied: the later one was not kept beside it.
      this.#host.arm(key, state.armedMs);
      return;
    }
    state.armedMs = Number.POSITIVE_INFINITY;
    const startsBefore = state.liveStarts;
    this.#stepper.expire(state, deadlineMs);
    this.#liveStarts += state.liveStarts - startsBefore;
    this.#rearm(state);
    this.#touched(state);
  }

  #rearm(state: KeyState): void {
    let next = Number.POSITIVE_INFINITY;
    for (const list of state.runs)
      for (const run of list ?? [])
        if (!run.dead) next = Math.min(next, wakeMs(run, this.#program));
    state.seen.forEach((event, i) => {
      if (event !== null)
        next = Math.min(next, event.timeMs + (this.#program.lookbacks[i]?.withinMs ?? 0));
    });
    const reminded = state.recent[state.recent.length - 1];
    if (reminded !== undefined)
      next = Math.min(next, reminded.timeMs + this.#program.plan.withinMs);
    if (next === Number.POSITIVE_INFINITY) return;
    state.armedMs = next;
    this.#host.arm(state.key, next);
  }

  #touched(state: KeyState): void {
    if (state.runCount === 0) state.ordinal = 0;
    if (isEmpty(state)) this.#keys.delete(state.key);
    if (state.changed || this.#changed === null) return;
    state.changed = true;
    if (this.#changed.push(state) >= this.#changedRoom) this.#tidyChanged(this.#changed);
  }

  #tidyChanged(changed: readonly KeyState[]): void {
    const kept = changed.filter((state) => state.stored || this.#keys.get(state.key) === state);
    this.#changed = kept;
    this.#changedRoom = CHANGED_ROOM + 2 * kept.length;
  }

  /** Drops the oldest starts of the key, once those out of time are gone. */
  #limitKey(state: KeyState, nowMs: number): void {
    this.#drop(state, null, nowMs);
    while (state.liveStarts > this.#limits.openPerKey || state.runCount > RUNS_PER_KEY) {
      this.#drop(state, oldestStart(state), nowMs);
      this.#host.limitReached("open per key", 1);
    }
  }

  #limitRule(nowMs: number): void {
    if (!this.#starts.open) {
      this.#host.recallAll?.();
      this.#starts.fill(this.#keys.values());
    }
    while (this.#liveStarts > this.#limits.open) {
      const oldest = this.#starts.oldest();
      this.#drop(oldest.key, null, nowMs);
      if (oldest.runs === 0) continue;
      this.#drop(oldest.key, oldest, nowMs);
      this.#host.limitReached("open", 1);
    }
  }

  /** Ends the runs of one start, or (null) those out of time. */
  #drop(state: KeyState, start: Start | null, nowMs: number): void {
    const startsBefore = state.liveStarts;
    if (start === null) killOverdue(state, nowMs);
    else dropStarts(state, (other) => other === start);
    this.#liveStarts += state.liveStarts - startsBefore;
    this.#touched(state);
  }

  openStarts(): number {
    return this.#liveStarts;
  }

  openRuns(): number {
    let runs = 0;
    for (const state of this.#keys.values()) runs += state.runCount;
    return runs;
  }

  takeChanged(): readonly string[] {
    const changed = new Set<string>();
    for (const state of this.#changed ?? []) {
      const lives = this.#keys.get(state.key) === state;
      // What began and ended in between was never stored.
      if (lives || state.stored) changed.add(state.key);
      state.changed = false;
      state.stored = lives;
    }
    if (this.#changed !== null) this.#changed = [];
    this.#changedRoom = CHANGED_ROOM;
    return [...changed];
  }

  encode(key: string): readonly PartChange[] {
    const state = this.#keys.get(key);
    return [state === undefined ? { part: 0, bytes: null } : { part: 0, ...encodeKey(state) }];
  }

  restore(key: string, parts: readonly StatePart[]): void {
    const [part] = parts;
    assert(part !== undefined, "a key's state has one part");
    const state = decodeKey(this.#program, key, part.bytes, part.events);
    state.stored = true;
    this.#keys.set(key, state);
    const counted = Math.min(state.liveStarts, this.#awaitedStarts);
    this.#awaitedStarts -= counted;
    this.#liveStarts += state.liveStarts - counted;
    this.#rearm(state);
  }

  become(next: Matcher): void {
    assert(next instanceof ExplicitMatcher, "a rule that goes on keeps its kind of matcher");
    this.#program = next.#program;
    this.#router = next.#router;
    this.#limits = next.#limits;
    this.#stepper = this.#newStepper();
  }

  drain(): void {
    this.#drains = true;
    this.#stepper.beginNothing();
  }

  isDrained(): boolean {
    return this.#liveStarts === 0;
  }

  adopt(warm: Matcher, move: (event: EventRecord) => void): void {
    assert(warm instanceof ExplicitMatcher, "a rule is warmed up by its own kind of matcher");
    this.#keys = warm.#keys;
    this.#liveStarts = warm.#liveStarts;
    for (const state of this.#keys.values()) {
      for (const event of eventsOf(state)) move(event);
      state.armedMs = Number.POSITIVE_INFINITY;
      state.changed = false;
      this.#rearm(state);
      this.#touched(state);
    }
  }

  awaitStored(openStarts: number): void {
    this.#awaitedStarts += openStarts;
    this.#liveStarts += openStarts;
  }
}
