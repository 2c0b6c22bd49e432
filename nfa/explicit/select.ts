/**
 * Which of the candidates that complete together are reported, and what a report does to the others
 * (M-10, M-11, M-13, M-15, M-16).
 *
 * `match` never reports two candidates that overlap at one instant: after the first one, and after its skip, it goes
 * on only with candidates that begin behind the reported match's last event.
 */

import { compareEvents } from "../../base/event.ts";
import type { MatchPlan, SkipPlan } from "../../dsl/plan.ts";
import { nodesOf } from "./chain.ts";
import { hold, takeSettled } from "./hold.ts";
import { dropStarts } from "./key-state.ts";
import { compareCandidates } from "./preference.ts";
import type { Candidate, KeyState } from "./run.ts";

export interface SelectSink {
  /** The `having` after the block (M-16). */
  passes(candidate: Candidate): boolean;
  report(candidate: Candidate): void;
  skipMissed(): void;
  limitReached(count: number): void;
}

/** Reports in the order of M-11, and drops what each report skips from `candidates` and from the key's runs. */
export function select(
  plan: MatchPlan,
  state: KeyState,
  candidates: readonly Candidate[],
  matchesMax: number,
  sink: SelectSink,
): void {
  let passing: Candidate[] = candidates.filter((candidate) => sink.passes(candidate));
  if (passing.length > 1) passing = distinct(passing.sort(compareCandidates));
  if (plan.mode === "longest") {
    hold(state, passing);
    return;
  }
  if (plan.mode === "all" && (plan.skip.kind === "none" || plan.skip.kind === "past all")) {
    const excess = Math.max(0, passing.length - matchesMax);
    if (excess > 0) sink.limitReached(excess);
    for (const candidate of passing.slice(excess)) sink.report(candidate);
  } else {
    reportWithSkips(plan, state, passing, matchesMax, sink);
  }
  if (passing.length > 0 && plan.skip.kind === "past all") dropStarts(state, () => true);
}

/** Under `match longest`, reports what nothing can displace any more (M-12). Was there anything? */
export function reportSettled(plan: MatchPlan, state: KeyState, sink: SelectSink): boolean {
  for (let any = false; ; any = true) {
    const candidate = takeSettled(state, plan.skip);
    if (candidate === null) return any;
    sink.report(candidate);
    skip(plan.skip, state, candidate, [], sink);
    if (plan.skip.kind === "past all") dropStarts(state, () => true);
  }
}

/**
 * Of sorted candidates, the first of those whose steps have the same events: nested loops can reach one candidate by
 * several ways.
 */
function distinct(sorted: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return sorted.filter((candidate, i) => {
    const same =
      sorted[i - 1]?.start === candidate.start || sorted[i + 1]?.start === candidate.start;
    if (!same) return true;
    const text = nodesOf(candidate.last)
      .map(
        ({ leaf, event }) =>
          `${leaf.index}:${event.place}:${event.feed}:${event.seq}:${event.index}`,
      )
      .join(" ");
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

function reportWithSkips(
  plan: MatchPlan,
  state: KeyState,
  passing: readonly Candidate[],
  matchesMax: number,
  sink: SelectSink,
): void {
  let rest = passing;
  for (let reported = 0; rest.length > 0; reported++) {
    const candidate = rest[0] as Candidate;
    if (reported === matchesMax) {
      sink.limitReached(rest.length);
      return;
    }
    sink.report(candidate);
    rest = rest.slice(1).filter((other) => !overlaps(plan, candidate, other));
    rest = skip(plan.skip, state, candidate, rest, sink);
  }
}

function overlaps(plan: MatchPlan, reported: Candidate, other: Candidate): boolean {
  return plan.mode === "match" && compareEvents(other.start.event, reported.last.event) <= 0;
}

/** Applies the skip of a reported candidate; gives those of `rest` that it leaves. */
function skip(
  plan: SkipPlan,
  state: KeyState,
  reported: Candidate,
  rest: readonly Candidate[],
  sink: SelectSink,
): Candidate[] {
  switch (plan.kind) {
    case "none":
    case "past all":
      return [...rest];
    case "to next":
      dropStarts(state, (start) => start === reported.start);
      return rest.filter((other) => other.start !== reported.start);
    case "past last": {
      const { event } = reported.last;
      dropStarts(state, (start) => compareEvents(start.event, event) <= 0);
      return rest.filter((other) => compareEvents(other.start.event, event) > 0);
    }
    case "to first":
    case "to last": {
      const nodes = nodesOf(reported.last).filter((node) => node.leaf.step?.label === plan.label);
      const target = plan.kind === "to first" ? nodes[0] : nodes[nodes.length - 1];
      if (target === undefined) {
        sink.skipMissed();
        return [...rest];
      }
      dropStarts(state, (start) => compareEvents(start.event, target.event) < 0);
      return rest.filter((other) => compareEvents(other.start.event, target.event) >= 0);
    }
  }
}
