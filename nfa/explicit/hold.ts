/**
 * `match longest` (M-12): a start holds its most preferred candidate back until nothing that would be reported instead
 * can still complete.
 *
 * Once a start has a candidate, its partial matches that could only lead to less preferred ones are ended. So a start
 * is settled when it has a candidate and no partial match left; it is reported when no earlier start is alive.
 */

import type { SkipPlan } from "../../dsl/plan.ts";
import { countHold, killWhere, releaseHold } from "./key-state.ts";
import { compareCandidates, comparePreference } from "./preference.ts";
import type { Candidate, KeyState, Run } from "./run.ts";

/** Keeps, for each start, the most preferred of its candidate so far and the new ones, which all pass `having`. */
export function hold(state: KeyState, candidates: readonly Candidate[]): void {
  for (const candidate of candidates) {
    const { start } = candidate;
    if (start.held !== null && compareCandidates(start.held, candidate) <= 0) continue;
    if (start.held === null) countHold(state, start);
    start.held = candidate;
    killWhere(state, (run) => run.start === start && !mayBePreferred(run, candidate));
  }
}

/**
 * The candidate of the earliest start that has one, if it is settled; it is taken out. Where a report drops later
 * starts, it also waits for earlier starts without one: theirs would be reported instead.
 */
export function takeSettled(state: KeyState, skip: SkipPlan): Candidate | null {
  const independent = skip.kind === "none" || skip.kind === "to next";
  const start = state.starts.find((s) => (independent ? s.held !== null : s.runs > 0));
  if (start === undefined || start.held === null || start.runs > 1) return null;
  const candidate = start.held;
  releaseHold(state, start);
  return candidate;
}

/**
 * Could the run still lead to a candidate that is preferred to this one of its start (M-10)? Not if it differs only in
 * that the same choice will be made by a later event.
 */
function mayBePreferred(run: Run, candidate: Candidate): boolean {
  return comparePreference({ last: run.node, endRank: run.edge.rank }, candidate) < 0;
}
