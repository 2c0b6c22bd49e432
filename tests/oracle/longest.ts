/**
 * M-12: `match longest`. Played instant by instant: the earliest start that has a candidate reports its most preferred
 * one once nothing that would be reported instead can still complete. "Can still complete" is asked of the pattern's
 * shape and bounds: a partial match is alive while some event, or time alone, could carry it on.
 */

import { unreachable } from "../../base/assert.ts";
import { compareInstants, type Instant, isDoomed, newestHolds } from "./checks.ts";
import {
  candidatesOf,
  type Enumeration,
  enumerate,
  type Pending,
  type Reading,
} from "./enumerate.ts";
import type { KeyInput } from "./input.ts";
import { elementsOf, type Pattern, type Skip } from "./pattern.ts";
import {
  type Dropped,
  defaultSkip,
  dropOf,
  endOf,
  endsMatches,
  havingHolds,
  instantsOf,
  isDropped,
  type Report,
  startOf,
} from "./report.ts";
import { comparePaths, type Trace } from "./trace.ts";

interface Play {
  readonly input: KeyInput;
  readonly enumeration: Enumeration;
  readonly candidates: readonly Reading[];
  readonly skip: Skip;
  readonly drops: Dropped[];
}

/** What `match longest` reports for one key, in order. */
export function longestReportsOf(input: KeyInput): Report[] {
  const enumeration = enumerate(input);
  const candidates = candidatesOf(enumeration.readings).filter(({ trace }) =>
    havingHolds(input, trace),
  );
  const skip = input.pattern.skip ?? defaultSkip(input.pattern.mode);
  const play: Play = { input, enumeration, candidates, skip, drops: [] };
  const reports: Report[] = [];
  for (const instant of allInstants(input)) {
    const discards: Dropped[] = [];
    for (let best = decidable(play, instant); best !== null; best = decidable(play, instant)) {
      const { trace } = best;
      reports.push({ trace, decided: instant });
      // A start reports once.
      play.drops.push((start) => start === startOf(trace));
      const dropped = dropOf(skip, trace, instant);
      if (skip.kind === "past all") discards.push(dropped);
      else play.drops.push(dropped);
    }
    play.drops.push(...discards);
    // M-8: also what only waits for a preferred one ends.
    if (instant.kind === "event" && endsMatches(input, instant.pos))
      play.drops.push((start) => start <= instant.pos);
  }
  return reports;
}

/**
 * The most preferred candidate of the earliest start that has one, if nothing can still come instead: of an earlier start
 * what would drop this one, or be dropped by its report.
 */
function decidable(play: Play, instant: Instant): Reading | null {
  const { input, candidates, drops } = play;
  const best = candidates
    .filter(({ ending }) => compareInstants(ending.completes, instant) <= 0)
    .filter(({ trace }) => !isDropped(drops, startOf(trace)))
    .sort(
      (a, b) => startOf(a.trace) - startOf(b.trace) || comparePaths(a.trace.path, b.trace.path),
    )[0];
  if (best === undefined) return null;
  const start = startOf(best.trace);
  const dropped = dropOf(play.skip, best.trace, instant);
  const isInstead = (trace: Trace, path: readonly number[], isTaking: boolean): boolean => {
    const other = startOf(trace);
    if (isDropped(drops, other)) return false;
    if (other === start) return prefers(path, best.trace.path);
    if (other < 0 || other >= start) return false;
    return wouldDrop(play, trace, isTaking, start) || dropped(other);
  };
  const isBlocked =
    play.enumeration.pendings.some(
      (pending) =>
        pending.trace.takes.length > 0 &&
        isInstead(pending.trace, pending.trace.path, true) &&
        isAlive(input, pending, instant),
    ) ||
    play.enumeration.readings.some(
      (reading) =>
        isInstead(reading.trace, reading.trace.path, false) && isWaiting(reading, instant),
    );
  return isBlocked ? null : best;
}

/**
 * Would every candidate with this path be preferred? One that is equal as far as it goes differs next by an event
 * that is yet to come, and the earlier event is preferred.
 */
function prefers(path: readonly number[], best: readonly number[]): boolean {
  const shared = Math.min(path.length, best.length);
  return comparePaths(path.slice(0, shared), best.slice(0, shared)) < 0;
}

/** Would a match that goes on from here (by an event to come, or by time alone) drop this later start? */
function wouldDrop(play: Play, trace: Trace, isTaking: boolean, start: number): boolean {
  const { skip } = play;
  switch (skip.kind) {
    case "none":
    case "to next":
      return false;
    case "past all":
      return true;
    case "past last":
      return isTaking || endOf(trace) >= start;
    case "to first":
    case "to last": {
      const taken = trace.takes.filter(({ step }) => step.label === skip.step);
      const bound = (skip.kind === "to first" ? taken[0] : taken.at(-1))?.pos;
      // An event to come lies behind every start, and the step may still take one.
      if (bound === undefined || skip.kind === "to last") return isTaking;
      return start < bound;
    }
    default:
      return unreachable(skip);
  }
}

/** Could an event that comes after this instant be the next of the partial match? */
function isAlive(input: KeyInput, pending: Pending, instant: Instant): boolean {
  const { trace, step, link, turn } = pending;
  const seen = instant.kind === "event" ? instant.pos + 1 : instant.pos;
  if (endOf(trace) >= seen) return false;
  // Once a deadline is passed, whatever comes is later than it.
  const timeMs = instant.kind === "event" ? instant.timeMs : instant.timeMs + 0.5;
  const take = { step, pos: seen, timeMs, event: null, link, turn, leavable: [] };
  return (
    newestHolds(input, { ...trace, takes: [...trace.takes, take] }) && !isDoomed(input, trace, seen)
  );
}

/** Does it only wait for the bound of a trailing `no`? */
function isWaiting({ trace, ending }: Reading, instant: Instant): boolean {
  const seen = instant.kind === "event" ? instant.pos + 1 : instant.pos;
  return (
    endOf(trace) < seen &&
    (ending.refutedAt === null || ending.refutedAt >= seen) &&
    compareInstants(ending.completes, instant) > 0
  );
}

/** Every event, and every deadline that any bound of the pattern could set. */
function allInstants(input: KeyInput): Instant[] {
  const bounds = durationsOf(input.pattern);
  const instants: Instant[] = [];
  for (const [pos, { timeMs }] of input.events.entries()) {
    instants.push({ timeMs, kind: "event", pos });
    for (const boundMs of bounds) {
      const deadlineMs = timeMs + boundMs;
      const seen = input.events.filter((event) => event.timeMs <= deadlineMs).length;
      instants.push({ timeMs: deadlineMs, kind: "deadline", pos: seen });
    }
  }
  return instantsOf(instants);
}

function durationsOf(pattern: Pattern): number[] {
  const bounds = elementsOf(pattern.sequence).map((element) => element.withinMs);
  const all = [pattern.withinMs, pattern.gapMs, ...bounds];
  return [...new Set(all.filter((bound) => bound !== null))];
}
