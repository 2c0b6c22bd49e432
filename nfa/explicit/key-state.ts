/** Bookkeeping of what is remembered for one key: which runs there are, and how many of which start (R2, R3). */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { Program } from "../program.ts";
import type { KeyState, Node, Run, Start } from "./run.ts";

/** Of programs that remember no such events; never written to. */
const NOTHING: never[] = [];

export function newKeyState(program: Program, key: string, values: readonly Value[]): KeyState {
  return {
    key,
    values,
    ordinal: 0,
    runs: program.edges.map(() => null),
    runCount: 0,
    starts: [],
    liveStarts: 0,
    seen: program.lookbacks.length === 0 ? NOTHING : program.lookbacks.map(() => null),
    recent: program.precedingMax === 0 ? NOTHING : [],
    armedMs: Number.POSITIVE_INFINITY,
    changed: false,
    stored: false,
  };
}

export function isEmpty(state: KeyState): boolean {
  return (
    state.runCount === 0 && state.recent.length === 0 && state.seen.every((event) => event === null)
  );
}

/** Every event that the key remembers. */
export function eventsOf(state: KeyState): ReadonlySet<EventRecord> {
  const found = new Set<EventRecord>(state.recent);
  for (const event of state.seen) if (event !== null) found.add(event);
  const nodes = new Set<Node>();
  const follow = (last: Node | undefined): void => {
    for (let node = last ?? null; node !== null && !nodes.has(node); node = node.before) {
      nodes.add(node);
      found.add(node.event);
    }
  };
  for (const list of state.runs) for (const run of list ?? []) follow(run.node);
  for (const { event, held, timedOut } of state.starts) {
    found.add(event);
    follow(held?.last);
    follow(timedOut?.last);
  }
  return found;
}

/** Puts a run into the list of its edge. */
export function addRun(state: KeyState, run: Run): void {
  const list = state.runs[run.edge.id];
  if (list === null || list === undefined) state.runs[run.edge.id] = [run];
  else list.push(run);
  state.runCount++;
  countRun(state, run.start);
}

function countRun(state: KeyState, start: Start): void {
  if (start.runs++ > 0) return;
  state.liveStarts++;
  list(state, start);
}

/** Puts a start behind the older ones. */
export function list(state: KeyState, start: Start): void {
  if (start.listed) return;
  start.listed = true;
  // An array that is born with its first item takes a tenth of the memory of one that grows to it.
  if (state.starts.length === 0) state.starts = [start];
  else state.starts.push(start);
}

/** Forgets dead starts once they are the greater part. Only between events: within one, a start may come back to life. */
export function tidyStarts(state: KeyState): void {
  if (state.starts.length > 2 + 2 * state.liveStarts) forgetDeadStarts(state);
}

/** Not within an event, as above. O(starts of the key). */
export function forgetDeadStarts({ starts }: KeyState): void {
  let kept = 0;
  for (const start of starts) if (start.runs > 0) starts[kept++] = start;
  starts.length = kept;
}

/** Takes the run out of all counts; its list forgets it when next walked. */
export function kill(state: KeyState, run: Run): void {
  if (run.dead) return;
  run.dead = true;
  state.runCount--;
  if (--run.start.runs === 0) state.liveStarts--;
}

/** Ends every run for which `doomed` holds. O(runs of the key). */
export function killWhere(state: KeyState, doomed: (run: Run) => boolean): void {
  for (const list of state.runs) {
    if (list === null || list.length === 0) continue;
    let kept = 0;
    for (const run of list) {
      if (!run.dead && doomed(run)) kill(state, run);
      if (!run.dead) list[kept++] = run;
    }
    list.length = kept;
  }
}

/** Ends every run whose deadline lies before `nowMs`. O(runs of the key). */
export function killOverdue(state: KeyState, nowMs: number): void {
  for (const list of state.runs) {
    if (list === null || list.length === 0) continue;
    let kept = 0;
    for (const run of list) {
      if (run.deadlineMs < nowMs) kill(state, run);
      if (!run.dead) list[kept++] = run;
    }
    list.length = kept;
  }
}

/** Drops all that began with these starts, held candidates included. */
export function dropStarts(state: KeyState, doomed: (start: Start) => boolean): void {
  killWhere(state, (run) => doomed(run.start));
  for (const start of state.starts) {
    if ((start.held === null && start.timedOut === null) || !doomed(start)) continue;
    start.timedOut = null;
    if (start.held !== null) releaseHold(state, start);
  }
}

/** A start holds a candidate back: it stays alive. */
export function countHold(state: KeyState, start: Start): void {
  state.runCount++;
  countRun(state, start);
}

export function releaseHold(state: KeyState, start: Start): void {
  start.held = null;
  state.runCount--;
  if (--start.runs === 0) state.liveStarts--;
}

/** The oldest start that is alive, or null. */
export function oldestStart(state: KeyState): Start | null {
  return state.starts.find((start) => start.runs > 0) ?? null;
}

/** A start with no runs yet. */
export function newStart(state: KeyState, event: EventRecord): Start {
  return { event, key: state, runs: 0, matched: false, timedOut: null, listed: false, held: null };
}
