/**
 * The matcher of rules with a `window` (tier T4; W-1 to W-5). A window that slides (by time, or by count) is judged at
 * each event, one that closes as a whole (tumbling, session) when it closes.
 *
 * Invariants
 *  M1  A key has a state as long as its window holds events, or what it found must be remembered (`falseOfOne`).
 *  M2  Judging costs what the condition reads, not the number of events in the window, save for expressions that read
 *      events one by one.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { RulePlan, WindowPlan } from "../../dsl/plan.ts";
import { type History, NO_HISTORY } from "../history.ts";
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
import { encodeWindow, headOf, restoreWindow } from "./codec.ts";
import { KeyWindow } from "./key-window.ts";
import { buildWindow, type WindowProgram } from "./program.ts";

/** The matcher of a rule with a `window`. */
export function createWindowMatcher(
  rule: RulePlan,
  host: MatcherHost,
  options: MatcherOptions,
): Matcher {
  const program = buildWindow(rule, host.data, options);
  const { sources, shape } = program.plan;
  const sliding = shape.kind === "sliding";
  const router = new Router(sources, program.leaves, sliding, host.data, options);
  return new WindowMatcher(program, router, rule.limits.eventsPerMatch, host, options);
}

class WindowMatcher implements Matcher {
  readonly tier = "window";
  readonly stored: StoredTraits;
  #program: WindowProgram;
  readonly #shape: WindowPlan["shape"];
  #router: Router;
  #evidence: number;
  readonly #host: MatcherHost;
  #keys = new Map<string, KeyWindow>();
  /** False: nobody asks what has changed. */
  readonly #records: boolean;
  readonly #changed = new Set<string>();
  /** Stored parts of keys that have no window any more. */
  readonly #gone = new Map<string, ReadonlySet<number>>();
  /** The rule's time when it began to drain; null: it does not. */
  #drainedMs: number | null = null;
  /** Has the window at hand alerted? */
  #reported = false;
  readonly #sink: RouteSink;
  /** What the condition reads: changed for each judgement. */
  readonly #scope: { event: null; history: History; keys: Value[]; data: MatcherHost["data"] };

  constructor(
    program: WindowProgram,
    router: Router,
    evidence: number,
    host: MatcherHost,
    { recordChanges = true }: MatcherOptions,
  ) {
    this.#records = recordChanges;
    this.#program = program;
    this.#shape = program.plan.shape;
    const { kind } = this.#shape;
    const deadlines = kind === "sliding" || kind === "count" ? "forget" : "decide";
    this.stored = { deadlines, parts: "many" };
    this.#router = router;
    this.#evidence = evidence;
    this.#host = host;
    this.#sink = (key, values, event, bits) => this.#offerTo(key, values, event, bits);
    this.#scope = { event: null, history: NO_HISTORY, keys: [], data: host.data };
  }

  /** A window begins with an event, so there is nothing to do. */
  begin(): boolean {
    return false;
  }

  offer(event: EventRecord): void {
    this.#router.route(event, this.#sink);
  }

  #offerTo(key: string, values: readonly Value[], event: EventRecord, bits: number): void {
    let known = this.#keys.get(key);
    if (known === undefined && this.#host.recall?.(key)) known = this.#keys.get(key);
    if (known === undefined && bits === 0 && this.#program.falseOfOne) return;
    if (this.#drainedMs !== null && !this.#goesOn(known, this.#drainedMs, event)) return;
    const window = known ?? this.#open(key, values);
    window.follow(this.#program, this.#evidence);
    this.#reported = false;
    this.#step(window, event, bits);
    if (this.#drainedMs !== null && this.#reported) this.#drop(window);
    // The finding that a window without events has not fired is not worth a state.
    if (known === undefined && window.isEmpty && !window.found) this.#drop(window);
    else this.#touched(window);
  }

  /** Has a rule that drains, and began to at this time, something from before in the window when the event comes? */
  #goesOn(window: KeyWindow | undefined, drainedMs: number, { timeMs }: EventRecord): boolean {
    if (window === undefined) return false;
    if (this.#shape.kind !== "sliding") return true;
    const fromMs = timeMs - this.#shape.sizeMs;
    window.follow(this.#program, this.#evidence);
    window.leaveBefore(fromMs);
    if (fromMs <= drainedMs && !window.isEmpty) return true;
    this.#drop(window);
    this.#touched(window);
    return false;
  }

  #step(window: KeyWindow, event: EventRecord, bits: number): void {
    switch (this.#shape.kind) {
      case "sliding":
        window.leaveBefore(event.timeMs - this.#shape.sizeMs);
        if (bits !== 0) window.take(event, bits);
        this.#judge(window, event.timeMs);
        break;
      case "count":
        window.take(event, bits);
        window.leaveBeyond(this.#shape.events);
        this.#judge(window, event.timeMs);
        break;
      default:
        window.take(event, bits);
    }
    this.#arm(window);
  }

  #open(key: string, values: readonly Value[]): KeyWindow {
    const window = new KeyWindow(this.#program, this.#evidence, key, values);
    const parts = this.#gone.get(key);
    if (parts !== undefined) {
      window.stored.inherit(parts);
      this.#gone.delete(key);
    }
    this.#keys.set(key, window);
    return window;
  }

  /** Judges a window that slides: it fires when the condition turns true (W-1). */
  #judge(window: KeyWindow, timeMs: number): void {
    const found = this.#holds(window);
    if (found && !window.found) this.#report(window, timeMs);
    window.found = found;
  }

  #holds(window: KeyWindow): boolean {
    const { values } = window;
    const scope = this.#scope;
    scope.history = window;
    for (let i = 0; i < values.length; i++) scope.keys[i] = values[i] as Value;
    window.compute(scope.keys, this.#program.judged);
    return this.#program.having(scope);
  }

  #report(window: KeyWindow, decidedMs: number): void {
    this.#reported = true;
    const { key, values, kept, isEmpty, openedMs, newestMs } = window;
    const keys = [...values];
    window.compute(keys, this.#program.aggregates.length);
    const most = this.#evidence;
    const taken: Match["taken"][number][] = [];
    let untold = 0;
    kept.forEach((events, label) => {
      const shown = events.all().slice(-most);
      untold += window.count(label) - shown.length;
      for (const event of shown) taken.push({ step: label, label, event });
    });
    this.#host.report({
      kind: "window",
      keys,
      key,
      decidedMs,
      startMs: isEmpty ? decidedMs : openedMs,
      endMs: isEmpty ? decidedMs : newestMs,
      taken,
      untold,
      history: window,
    });
  }

  /** When the window closes, or its last event has left; Infinity: never. */
  #deadlineOf({ newestMs, isEmpty }: KeyWindow): number {
    const shape = this.#shape;
    if (isEmpty) return Number.POSITIVE_INFINITY;
    switch (shape.kind) {
      case "sliding":
        return newestMs + shape.sizeMs;
      case "session":
        return newestMs + shape.gapMs;
      case "tumbling":
        // The last millisecond that belongs to it: an event at the end itself is the next window's.
        return closeOf(newestMs, shape) - 1;
      case "count":
        return Number.POSITIVE_INFINITY;
    }
  }

  #arm(window: KeyWindow): void {
    if (window.armedMs !== Number.POSITIVE_INFINITY) return;
    const deadlineMs = this.#deadlineOf(window);
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    window.armedMs = deadlineMs;
    this.#host.arm(window.key, deadlineMs);
  }

  expire(key: string, deadlineMs: number): void {
    const window = this.#keys.get(key);
    if (window === undefined) return;
    window.armedMs = Number.POSITIVE_INFINITY;
    window.follow(this.#program, this.#evidence);
    const dueMs = this.#deadlineOf(window);
    if (dueMs > deadlineMs) {
      this.#arm(window);
      return;
    }
    const shape = this.#shape;
    if (shape.kind === "sliding") {
      window.leaveBefore(Number.POSITIVE_INFINITY);
      if (this.#program.falseOfOne || this.#drainedMs !== null) window.found = false;
    } else {
      const closedMs = shape.kind === "tumbling" ? dueMs + 1 : dueMs;
      if (this.#holds(window)) this.#report(window, closedMs);
      this.#drop(window);
    }
    this.#touched(window);
  }

  #drop(window: KeyWindow): void {
    this.#keys.delete(window.key);
    const parts = window.stored.parts();
    if (parts.size > 0) this.#gone.set(window.key, parts);
  }

  #touched(window: KeyWindow): void {
    if (window.isEmpty && !window.found) this.#drop(window);
    if (window.changed || !this.#records) return;
    window.changed = true;
    this.#changed.add(window.key);
  }

  openStarts(): number {
    return this.openRuns();
  }

  /** Windows that hold events. */
  openRuns(): number {
    let open = 0;
    for (const window of this.#keys.values()) if (!window.isEmpty) open++;
    return open;
  }

  takeChanged(): readonly string[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const key of changed) {
      const window = this.#keys.get(key);
      if (window !== undefined) window.changed = false;
    }
    return changed;
  }

  encode(key: string): readonly PartChange[] {
    const window = this.#keys.get(key);
    if (window !== undefined) {
      window.follow(this.#program, this.#evidence);
      return encodeWindow(window, this.#program);
    }
    const parts = this.#gone.get(key) ?? [];
    this.#gone.delete(key);
    return [0, ...parts].map((part) => ({ part, bytes: null }));
  }

  restore(key: string, parts: readonly StatePart[]): void {
    const head = headOf(parts);
    const [values] = head;
    const window = this.#open(key, Array.isArray(values) ? (values as readonly Value[]) : []);
    restoreWindow(window, this.#program, head, parts);
    this.#arm(window);
  }

  become(next: Matcher): void {
    assert(next instanceof WindowMatcher, "a rule that goes on keeps its kind of matcher");
    this.#program = next.#program;
    this.#router = next.#router;
    this.#evidence = next.#evidence;
  }

  drain(sinceMs: number): void {
    this.#drainedMs = sinceMs;
  }

  isDrained(nowMs: number): boolean {
    if (this.#keys.size === 0) return true;
    return (
      this.#shape.kind === "sliding" && nowMs - this.#shape.sizeMs > (this.#drainedMs ?? nowMs)
    );
  }

  adopt(warm: Matcher, move: (event: EventRecord) => void): void {
    assert(warm instanceof WindowMatcher, "a rule is warmed up by its own kind of matcher");
    this.#keys = warm.#keys;
    for (const window of this.#keys.values()) {
      window.follow(this.#program, this.#evidence);
      for (const kept of window.kept) for (const event of kept.all()) move(event);
      window.armedMs = Number.POSITIVE_INFINITY;
      window.changed = false;
      this.#arm(window);
      this.#touched(window);
    }
  }
}

/** The end of the window that holds the time; the next one begins with it. */
function closeOf(
  timeMs: number,
  { sizeMs, offsetMs }: Extract<WindowPlan["shape"], { kind: "tumbling" }>,
): number {
  return (Math.floor((timeMs - offsetMs) / sizeMs) + 1) * sizeMs + offsetMs;
}
