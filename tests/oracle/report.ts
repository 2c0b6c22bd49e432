/**
 * M-10 to M-16 for `match` and `match all`: which candidates are reported, and when. Time is played event by event and
 * deadline by deadline; each candidate stands at the instant on which it completes.
 */

import { unreachable } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import { compareInstants, type Instant } from "./checks.ts";
import { isTrue } from "./condition.ts";
import { candidatesOf, enumerate, type Reading } from "./enumerate.ts";
import { admits, type KeyInput } from "./input.ts";
import type { Skip } from "./pattern.ts";
import { comparePaths, givenOf, type Trace } from "./trace.ts";

/** A reported match of one key. */
export interface Report {
  readonly trace: Trace;
  readonly decided: Instant;
}

/** Is the start at this place in the input out of play? */
export type Dropped = (start: number) => boolean;

/** Which events may begin a match: all, save where a version of a rule begins nothing any more. */
export type MayStart = (event: EventRecord) => boolean;

/** What `match` and `match all` report for one key, in order. */
export function reportsOf(input: KeyInput, mayStart: MayStart = () => true): Report[] {
  const begins = ({ takes }: Trace): boolean => {
    const event = input.events[takes[0]?.pos ?? -1];
    return event !== undefined && mayStart(event);
  };
  const candidates = candidatesOf(enumerate(input).readings).filter(
    ({ trace, ending }) =>
      begins(trace) && havingHolds(input, trace) && !isEnded(input, trace, ending.completes),
  );
  const skip = input.pattern.skip ?? defaultSkip(input.pattern.mode);
  const reports: Report[] = [];
  const drops: Dropped[] = [];
  for (const instant of instantsOf(candidates.map(({ ending }) => ending.completes))) {
    const completed = candidates
      .filter(({ ending }) => compareInstants(ending.completes, instant) === 0)
      .filter(({ trace }) => !isDropped(drops, startOf(trace)))
      .sort((a, b) => compareTraces(a.trace, b.trace));
    const reported =
      input.pattern.mode === "match"
        ? reportFirsts(completed, skip, drops, instant)
        : reportAll(completed, skip, drops, instant);
    reports.push(...reported.map(({ trace }) => ({ trace, decided: instant })));
  }
  return reports;
}

/** M-11: the first, and after it only those that start behind its last event. `past all` drops once all are reported. */
function reportFirsts(
  completed: readonly Reading[],
  skip: Skip,
  drops: Dropped[],
  instant: Instant,
): Reading[] {
  const reported: Reading[] = [];
  const later: Dropped[] = [];
  let left = completed;
  for (let first = left[0]; first !== undefined; first = left[0]) {
    const { trace } = first;
    reported.push(first);
    (skip.kind === "past all" ? later : drops).push(dropOf(skip, trace, instant));
    left = left.filter(
      (other) => !isDropped(drops, startOf(other.trace)) && startOf(other.trace) > endOf(trace),
    );
  }
  drops.push(...later);
  return reported;
}

/** M-13, M-15: all in order; each discards what its skip says of those behind it, `past all` only when all are reported. */
function reportAll(
  completed: readonly Reading[],
  skip: Skip,
  drops: Dropped[],
  instant: Instant,
): Reading[] {
  const reported: Reading[] = [];
  const later: Dropped[] = [];
  for (const candidate of completed) {
    if (isDropped(drops, startOf(candidate.trace))) continue;
    reported.push(candidate);
    (skip.kind === "past all" ? later : drops).push(dropOf(skip, candidate.trace, instant));
  }
  drops.push(...later);
  return reported;
}

/** M-11 to M-14. */
export function defaultSkip(mode: KeyInput["pattern"]["mode"]): Skip {
  return { kind: mode === "match" || mode === "longest" ? "past last" : "none" };
}

/** M-15: the starts that a match drops; never one that lies in the future. */
export function dropOf(skip: Skip, trace: Trace, instant: Instant): Dropped {
  const now = instant.kind === "event" ? instant.pos : instant.pos - 1;
  switch (skip.kind) {
    case "none":
      return () => false;
    case "to next":
      return (start) => start === startOf(trace);
    case "past last":
      return (start) => start <= endOf(trace);
    case "past all":
      return (start) => start <= now;
    case "to first":
    case "to last": {
      const events = trace.takes.filter(({ step }) => step.label === skip.step);
      const bound = skip.kind === "to first" ? events[0] : events.at(-1);
      return bound === undefined ? () => false : (start) => start < bound.pos;
    }
    default:
      return unreachable(skip);
  }
}

export function isDropped(drops: readonly Dropped[], start: number): boolean {
  return drops.some((drop) => drop(start));
}

/** M-8: an event that fits the `until` of the match ends what started at or before it, after it was offered. */
export function isEnded(input: KeyInput, trace: Trace, decided: Instant): boolean {
  return input.events.some((event, pos) => {
    const offered: Instant = { timeMs: event.timeMs, kind: "event", pos };
    return (
      startOf(trace) <= pos && compareInstants(offered, decided) < 0 && endsMatches(input, pos)
    );
  });
}

/** Does the event fit the `until` of the match? */
export function endsMatches(input: KeyInput, pos: number): boolean {
  const { until } = input.pattern;
  const event = input.events[pos];
  return (
    until !== null &&
    event !== undefined &&
    admits(input, until, event) &&
    isTrue(until.where, { event, prev: null, given: [] })
  );
}

/** M-16: the `having` of the block. */
export function havingHolds(input: KeyInput, trace: Trace): boolean {
  const given = givenOf(trace, trace.takes.length);
  return isTrue(input.pattern.having, { event: null, prev: null, given });
}

/** M-11: the earliest start, then the preferred. */
export function compareTraces(a: Trace, b: Trace): number {
  return startOf(a) - startOf(b) || comparePaths(a.path, b.path);
}

export function startOf(trace: Trace): number {
  return trace.takes[0]?.pos ?? -1;
}

export function endOf(trace: Trace): number {
  return trace.takes.at(-1)?.pos ?? -1;
}

/** Distinct instants in order. */
export function instantsOf(instants: readonly Instant[]): Instant[] {
  const ordered = [...instants].sort(compareInstants);
  return ordered.filter((instant, i) => {
    const before = ordered[i - 1];
    return before === undefined || compareInstants(before, instant) !== 0;
  });
}
