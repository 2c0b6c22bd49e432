/**
 * One event or deadline against one key: the step of the reference matcher. It implements M-1 to M-16 literally, by
 * trying every run that waits on an edge which the event can concern.
 *
 * The runs that an event makes join their lists only after all old runs were tried, so no event is given twice.
 */

import type { EventRecord } from "../../base/event.ts";
import type { LimitsPlan } from "../../dsl/plan.ts";
import type { Scope } from "../history.ts";
import type { MatcherHost } from "../matcher.ts";
import type { Bound, Edge, GreedyWatch, Leaf, LoopWatch, Program, Watch } from "../program.ts";
import { guardsHold, updated, withBits } from "../registers.ts";
import { ChainHistory, extend, nodesOf } from "./chain.ts";
import {
  addRun,
  dropStarts,
  forgetDeadStarts,
  kill,
  killOverdue,
  killWhere,
  newStart,
  tidyStarts,
} from "./key-state.ts";
import type { Candidate, KeyState, Node, Run, Start } from "./run.ts";
import { reportSettled, type SelectSink, select } from "./select.ts";
import { noteTimeout, timedOut } from "./timeouts.ts";

type MutableScope = { -readonly [K in keyof Scope]: Scope[K] } & { history: ChainHistory };

export class Stepper {
  readonly #program: Program;
  readonly #limits: LimitsPlan;
  readonly #host: MatcherHost;
  readonly #scope: MutableScope;
  readonly #sink: SelectSink;
  readonly #made: Run[] = [];
  readonly #dominated: Run[] = [];
  #completed: Candidate[] = [];
  #state: KeyState;
  #event: EventRecord;
  #bits = 0;
  #decidedMs = 0;
  #changed = false;
  #begins = true;

  constructor(
    program: Program,
    limits: LimitsPlan,
    host: MatcherHost,
    none: KeyState,
    noEvent: EventRecord,
  ) {
    this.#program = program;
    this.#limits = limits;
    this.#host = host;
    this.#state = none;
    this.#event = noEvent;
    this.#scope = { event: null, history: new ChainHistory(null), keys: [], data: host.data };
    this.#sink = {
      passes: (candidate) => this.#passes(candidate),
      report: (candidate) => this.#report(candidate, "match"),
      skipMissed: () => host.skipMissed(),
      limitReached: (count) => host.limitReached("matches per event", count),
    };
  }

  /**
   * The next input event of the key; `bits`: the leaves it fits as far as the event alone tells.
   * Says whether the key's state has changed.
   */
  step(state: KeyState, event: EventRecord, bits: number): boolean {
    this.#begin(state, event, bits, event.timeMs);
    this.#changed = this.#program.seesAll;
    if (this.#program.seesAll) state.ordinal++;
    if (state.recent.length > 0) this.#forget(event.timeMs);
    if (state.runCount > 0) this.#tryRuns();
    if (this.#begins && (bits & this.#program.startBits) !== 0) this.#tryStarts();
    this.#remember();
    this.#finish();
    const { until } = this.#program;
    if (until !== null && (bits & until.bit) !== 0 && this.#whereHolds(until, null)) {
      dropStarts(state, () => true);
      this.#changed = true;
    }
    if (this.#program.precedingMax > 0) this.#remind();
    tidyStarts(state);
    return this.#changed;
  }

  /** From now on no event starts a match. */
  beginNothing(): void {
    this.#begins = false;
  }

  /** Time has passed `deadlineMs`: patterns that waited for it are matches, runs that needed an event by then end. */
  expire(state: KeyState, deadlineMs: number): void {
    this.#begin(state, this.#event, 0, deadlineMs);
    for (;;) {
      const due = this.#nextDue(deadlineMs);
      if (due === null) break;
      this.#decidedMs = due;
      const ended = new Set<Start>();
      killWhere(state, (run) => {
        if (run.deadlineMs > due) return false;
        const candidate = { start: run.start, last: run.node, endRank: run.edge.rank };
        if (run.edge.to === null) this.#completed.push(candidate);
        else if (noteTimeout(this.#program, candidate)) ended.add(run.start);
        return true;
      });
      this.#finish();
      for (const candidate of timedOut(ended)) this.#report(candidate, "timeout");
    }
    killOverdue(state, deadlineMs + 1);
    forgetDeadStarts(state);
    this.#forget(deadlineMs + 1);
    const { lookbacks } = this.#program;
    for (let i = 0; i < lookbacks.length; i++) {
      const seen = state.seen[i];
      if (seen && seen.timeMs + (lookbacks[i]?.withinMs ?? 0) <= deadlineMs) state.seen[i] = null;
    }
  }

  #begin(state: KeyState, event: EventRecord, bits: number, decidedMs: number): void {
    this.#state = state;
    this.#event = event;
    this.#bits = bits;
    this.#decidedMs = decidedMs;
    this.#scope.keys = state.values;
    this.#scope.history.recent = state.recent;
  }

  /** The next deadline at which something may be decided. */
  #nextDue(deadlineMs: number): number | null {
    let due: number | null = null;
    for (const edge of this.#program.edges) {
      if (edge.to !== null && !decidesOnExpiry(this.#program)) continue;
      for (const run of this.#state.runs[edge.id] ?? [])
        if (!run.dead && run.deadlineMs <= deadlineMs && (due === null || run.deadlineMs < due))
          due = run.deadlineMs;
    }
    return due;
  }

  #tryRuns(): void {
    const bits = this.#bits;
    for (const edge of this.#program.edges) {
      const list = this.#state.runs[edge.id];
      if (list === null || list === undefined || list.length === 0) continue;
      if (edge.interest !== -1 && (edge.interest & bits) === 0) continue;
      let kept = 0;
      for (const run of list) {
        if (!run.dead && !this.#stays(run, edge)) {
          kill(this.#state, run);
          this.#changed = true;
        }
        if (!run.dead) list[kept++] = run;
      }
      list.length = kept;
    }
  }

  /** Offers the event to a run; does the run still wait afterwards? */
  #stays(run: Run, edge: Edge): boolean {
    if (this.#event.timeMs > run.deadlineMs) return false;
    if (edge.to === null) return this.#staysPending(run, edge);
    const isNext = this.#state.ordinal === run.ordinal + 1;
    if (edge.link === "strict" && !isNext) return false;
    for (const watch of edge.watches)
      if ((!watch.strict || isNext) && this.#fits(watch.leaf, run.node, false)) return false;
    for (const greedy of edge.greedy) if (this.#couldHaveTaken(greedy, run, isNext)) return false;
    let stopped = false;
    for (const stop of edge.stops) {
      if (!stop.condition(this.#at(run.node))) continue;
      if (stop.inside) return false;
      stopped = true;
    }
    if (!stopped && this.#fits(edge.to, run.node, edge.again)) {
      this.#take(run.start, run.node, run.registers, edge, edge.to, run.exits);
      if (edge.link !== "any") return false;
    } else if (edge.link === "strict") return false;
    return this.#passesOver(run, edge, isNext);
  }

  /** Could the greedy loop that the run has left have taken the event (M-13)? */
  #couldHaveTaken(greedy: GreedyWatch, run: Run, isNext: boolean): boolean {
    if (greedy.strict && !isNext) return false;
    if (!guardsHold(greedy.open, run.registers)) return false;
    if (this.#isOver(greedy, run)) return false;
    if (boundMs(greedy.bounds, run.node, run.registers) < this.#event.timeMs) return false;
    return this.#fits(greedy.leaf, run.node, greedy.again);
  }

  /** Has an `until` ended the loop, or one around it, with this event or before? */
  #isOver({ untils }: GreedyWatch, run: Run): boolean {
    let over = false;
    for (const { condition, closed } of untils) {
      if (closed !== null && run.registers[closed] === 1) over = true;
      else if (condition(this.#at(run.node))) {
        over = true;
        if (closed === null) continue;
        run.registers = withBits(run.registers, closed, 1);
        this.#changed = true;
      }
    }
    return over;
  }

  /** The event is not taken: does a `no` behind the loop forbid that? */
  #passesOver(run: Run, edge: Edge, isNext: boolean): boolean {
    for (const watch of edge.loopWatches) {
      if (watch.strict && !(isNext && this.#couldHaveLeft(watch, run))) continue;
      if (!this.#fits(watch.leaf, run.node, false)) continue;
      if (watch.mark === null) return false;
      this.#changed = true;
      run.registers = withBits(run.registers, watch.mark.register, watch.mark.mask);
    }
    return true;
  }

  #couldHaveLeft(watch: LoopWatch, run: Run): boolean {
    return (
      guardsHold(watch.leavable, run.registers) &&
      watch.havings.every((having) => having(this.#after(run.node)))
    );
  }

  /** The pattern is complete but for the `no`s at its end. */
  #staysPending(run: Run, edge: Edge): boolean {
    const isNext = this.#state.ordinal === run.ordinal + 1;
    let openUntilMs = Number.NEGATIVE_INFINITY;
    for (const watch of edge.watches) {
      const boundMs = this.#boundOf(watch, run.start, run.node);
      if (!watch.strict) openUntilMs = Math.max(openUntilMs, boundMs);
      const watched = watch.strict ? isNext : true;
      if (watched && this.#event.timeMs <= boundMs && this.#fits(watch.leaf, run.node, false))
        return false;
    }
    if (!isNext || !edge.watches.some((watch) => watch.strict)) return true;
    if (openUntilMs >= this.#event.timeMs) {
      run.deadlineMs = openUntilMs;
      this.#changed = true;
      this.#arm(openUntilMs);
      return true;
    }
    this.#completed.push({ start: run.start, last: run.node, endRank: edge.rank });
    return false;
  }

  #boundOf(watch: Watch, start: Start, last: Node): number {
    return watch.withinMs === null
      ? start.event.timeMs + this.#program.plan.withinMs
      : last.event.timeMs + watch.withinMs;
  }

  #at(node: Node | null): Scope {
    this.#scope.event = this.#event;
    this.#scope.history.node = node;
    return this.#scope;
  }

  #whereHolds(leaf: Leaf, node: Node | null): boolean {
    return leaf.where === null || leaf.where(this.#at(node));
  }

  /** Does the event fit the leaf, with the events given so far? */
  #fits(leaf: Leaf, node: Node | null, again: boolean): boolean {
    if ((this.#bits & leaf.bit) === 0 || !this.#whereHolds(leaf, node)) return false;
    return !again || leaf.each === null || leaf.each(this.#at(node));
  }

  #tryStarts(): void {
    const start = newStart(this.#state, this.#event);
    for (const edge of this.#program.starts) {
      const leaf = edge.to as Leaf;
      if (!this.#fits(leaf, null, false) || edge.watches.some((watch) => this.#seenBefore(watch)))
        continue;
      if (edge.stops.some((stop) => stop.condition(this.#at(null)))) continue;
      this.#take(start, null, this.#program.registers, edge, leaf, null);
    }
  }

  /** A `no` before the first event: it looks back, and an event that fits both counts as X (M-5). */
  #seenBefore(watch: Watch): boolean {
    if (this.#fits(watch.leaf, null, false)) return true;
    const place = this.#program.lookbacks.findIndex((lookback) => lookback.leaf === watch.leaf);
    const seen = this.#state.seen[place];
    return (
      seen !== null &&
      seen !== undefined &&
      this.#event.timeMs - seen.timeMs <= (watch.withinMs ?? 0)
    );
  }

  #remember(): void {
    const { lookbacks } = this.#program;
    for (let i = 0; i < lookbacks.length; i++) {
      const lookback = lookbacks[i] as (typeof lookbacks)[number];
      if (!this.#fits(lookback.leaf, null, false)) continue;
      this.#state.seen[i] = this.#event;
      this.#changed = true;
      this.#arm(this.#event.timeMs + lookback.withinMs);
    }
  }

  #take(
    start: Start,
    before: Node | null,
    registers: readonly number[],
    edge: Edge,
    leaf: Leaf,
    exits: readonly Run[] | null,
  ): void {
    if (before !== null && before.length >= this.#limits.eventsPerMatch) {
      this.#host.limitReached("events per match", 1);
      return;
    }
    const nowMs = this.#event.timeMs;
    const node = extend(before, leaf, edge.rank, this.#event);
    const next = updated(registers, edge.updates, before?.event.timeMs ?? nowMs, nowMs);
    let again: Run | null = null;
    let left: Run[] | null = null;
    for (const out of this.#program.follow[leaf.index] ?? []) {
      if (
        !guardsHold(out.guards, next) ||
        !out.havings.every((having) => having(this.#after(node)))
      )
        continue;
      if (out.to === null && out.watches.length === 0) {
        this.#completed.push({ start, last: node, endRank: out.rank });
        continue;
      }
      const run = this.#newRun(start, node, next, out);
      this.#made.push(run);
      if (out.again) again = run;
      else if (out.dominates) left = left === null ? [run] : [...left, run];
    }
    if (again !== null) again.exits = left;
    for (const exit of exits ?? [])
      if (left?.some((run) => run.edge.id === exit.edge.id)) this.#dominated.push(exit);
  }

  /** A scope with no event at hand: conditions on what was taken. */
  #after(node: Node): Scope {
    this.#scope.event = null;
    this.#scope.history.node = node;
    return this.#scope;
  }

  #newRun(start: Start, node: Node, registers: readonly number[], edge: Edge): Run {
    let deadlineMs = start.event.timeMs + this.#program.plan.withinMs;
    if (edge.to === null)
      deadlineMs = Math.max(...edge.watches.map((watch) => this.#boundOf(watch, start, node)));
    deadlineMs = Math.min(deadlineMs, boundMs(edge.bounds, node, registers));
    return {
      start,
      edge,
      node,
      registers,
      deadlineMs,
      ordinal: this.#state.ordinal,
      exits: null,
      dead: false,
    };
  }

  /** The new runs join, the candidates that completed are reported. */
  #finish(): void {
    // Only now: an exit of the loop may have taken the very event with which the loop went on.
    for (const run of this.#dominated) kill(this.#state, run);
    this.#dominated.length = 0;
    if (this.#made.length > 0) this.#changed = true;
    for (const run of this.#made) {
      if (this.#program.plan.mode === "latest") this.#replace(run);
      addRun(this.#state, run);
      this.#arm(wakeMs(run, this.#program));
    }
    this.#made.length = 0;
    if (this.#program.plan.mode === "longest") this.#settle();
    else if (this.#completed.length > 0) this.#select();
  }

  /** A candidate may be settled by what ended just now, without any that completed. */
  #settle(): void {
    if (this.#completed.length > 0) this.#select();
    if (reportSettled(this.#program.plan, this.#state, this.#sink)) this.#changed = true;
  }

  #select(): void {
    const completed = this.#completed;
    this.#completed = [];
    this.#changed = true;
    select(this.#program.plan, this.#state, completed, this.#limits.matchesPerEvent, this.#sink);
  }

  /** Under `match latest`, the partial match that reaches a step replaces the one there (M-14). */
  #replace(run: Run): void {
    const { turns } = this.#program;
    for (const old of this.#state.runs[run.edge.id] ?? [])
      if (!old.dead && turns.every((turn) => old.registers[turn] === run.registers[turn]))
        kill(this.#state, old);
  }

  /** Events more than `within` ago precede nothing any more: what is remembered must end. */
  #forget(nowMs: number): void {
    const since = nowMs - this.#program.plan.withinMs;
    if ((this.#state.recent[0]?.timeMs ?? nowMs) >= since) return;
    this.#state.recent = this.#state.recent.filter((event) => event.timeMs >= since);
    this.#scope.history.recent = this.#state.recent;
  }

  /** The event is one of those before the next. */
  #remind(): void {
    // Of a version that remembered nothing the list is shared by all keys.
    if (this.#state.recent.length === 0) this.#state.recent = [];
    const { recent } = this.#state;
    recent.push(this.#event);
    if (recent.length > this.#program.precedingMax) recent.shift();
    this.#arm(this.#event.timeMs + this.#program.plan.withinMs);
  }

  #arm(deadlineMs: number): void {
    if (deadlineMs >= this.#state.armedMs) return;
    this.#state.armedMs = deadlineMs;
    this.#host.arm(this.#state.key, deadlineMs);
  }

  #passes(candidate: Candidate): boolean {
    const { having } = this.#program;
    if (having !== null && !having(this.#after(candidate.last))) return false;
    candidate.start.matched = true;
    return true;
  }

  #report(candidate: Candidate, kind: "match" | "timeout"): void {
    this.#host.report({
      kind,
      keys: this.#state.values,
      key: this.#state.key,
      decidedMs: this.#decidedMs,
      startMs: candidate.start.event.timeMs,
      endMs: candidate.last.event.timeMs,
      taken: nodesOf(candidate.last).map(({ leaf, event }) => ({
        step: leaf.step?.index ?? -1,
        label: leaf.step?.label ?? -1,
        event,
      })),
      untold: 0,
      history: new ChainHistory(candidate.last),
    });
  }
}

/** The earliest of the bounds; Infinity where there are none. */
function boundMs(bounds: readonly Bound[], last: Node, registers: readonly number[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const bound of bounds) {
    const from =
      bound.register === null ? last.event.timeMs : (registers[bound.register] as number);
    earliest = Math.min(earliest, from + bound.ms);
  }
  return earliest;
}

/**
 * When a run wants to be looked at: a pattern that waits for its bound exactly then; a run that merely runs out of
 * time a little later, so that runs which began close together are cleared together.
 */
export function wakeMs(run: Run, program: Program): number {
  if (run.edge.to === null || decidesOnExpiry(program)) return run.deadlineMs;
  return run.deadlineMs + Math.ceil(program.plan.withinMs / 8);
}

/** Does a partial match that runs out of time decide something, so that it must not be noticed late? */
export function decidesOnExpiry(program: Program): boolean {
  return program.plan.mode === "longest" || program.timeoutAfter !== undefined;
}
