/**
 * The conditions on a candidate, M-3 to M-9 and M-13, each as a question about the whole input and the events given.
 * A trace is asked when its newest event is given (`newestHolds`), when an element is left (`leavingHolds`), and
 * what stands at its end decides when it completes (`trailing`).
 */

import type { EventRecord } from "../../base/event.ts";
import { isTrue } from "./condition.ts";
import { admits, type KeyInput } from "./input.ts";
import {
  type Condition,
  isLoop,
  type Link,
  type No,
  type Sequence,
  type Step,
  sequencesOf,
  type Taker,
} from "./pattern.ts";
import { givenOf, type Occurrence, type PlacedNo, type Take, type Trace } from "./trace.ts";

/** When something is decided: at an event, or when time passes a deadline. */
export interface Instant {
  readonly timeMs: number;
  readonly kind: "event" | "deadline";
  /** The event's place in the key's input; for a deadline the number of events at or before it. */
  readonly pos: number;
}

/** T-5: events first, then deadlines. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.kind !== b.kind) return a.kind === "event" ? -1 : 1;
  return a.pos - b.pos;
}

/** Does everything hold that the newest take decides? Its own condition included, unless its event is unknown. */
export function newestHolds(input: KeyInput, trace: Trace): boolean {
  const index = trace.takes.length - 1;
  const newest = trace.takes[index];
  if (newest === undefined) return true;
  return (
    boundsHold(input, trace, newest) &&
    takeFits(input, trace, newest, index) &&
    linkHolds(input, trace, newest, index) &&
    untilsHold(input, trace, newest, index) &&
    trace.nos.every((placed) => placed.gap !== index || noHolds(input, trace, placed, newest)) &&
    trace.closed.every((left) => left.to !== index || greedyHolds(input, trace, left, newest))
  );
}

/** M-9: `having` when the loop is left. One that took nothing is as if not written (M-4). */
export function leavingHolds(trace: Trace, left: Occurrence): boolean {
  if (left.element.kind !== "step" || left.from === trace.takes.length) return true;
  return isTrue(left.element.having, {
    event: null,
    prev: null,
    given: givenOf(trace, trace.takes.length),
  });
}

/** M-3: the match's `within`, `gap`, and the `within` of each element that the newest event is part of. */
function boundsHold(input: KeyInput, trace: Trace, newest: Take): boolean {
  const { pattern } = input;
  const first = trace.takes[0] ?? newest;
  const before = trace.takes.at(-2);
  if (newest.timeMs - first.timeMs > pattern.withinMs) return false;
  if (before && pattern.gapMs !== null && newest.timeMs - before.timeMs > pattern.gapMs)
    return false;
  return trace.open.every((open) => elementWithinHolds(trace, open, newest.timeMs));
}

function elementWithinHolds(trace: Trace, occurrence: Occurrence, timeMs: number): boolean {
  const { withinMs, kind } = occurrence.element;
  if (withinMs === null) return true;
  // A step counts from the last event before it, or as the first element from its own first event; braces always from their own.
  const from = kind === "step" && occurrence.from > 0 ? occurrence.from - 1 : occurrence.from;
  const base = trace.takes[from];
  return base === undefined || timeMs - base.timeMs <= withinMs;
}

/** The newest event fits its own step. */
function takeFits(input: KeyInput, trace: Trace, newest: Take, index: number): boolean {
  const { step, event, turn } = newest;
  return event === null || couldTake(input, trace, step, turn, index, trace.open, event);
}

/**
 * Could the step have taken this event as number `turn` of its loop, after the first `count` takes? Source, key, `where`,
 * from the second on `each` (M-9), and no `until` around it (M-8: what fits is not taken). Its `having` and bounds are not asked.
 */
function couldTake(
  input: KeyInput,
  trace: Trace,
  step: Step,
  turn: number,
  count: number,
  inside: readonly Occurrence[],
  event: EventRecord,
): boolean {
  const given = givenOf(trace, count);
  const prev = turn > 0 ? (trace.takes[count - 1]?.event ?? null) : null;
  return (
    admits(input, step, event) &&
    isTrue(step.where, { event, prev: null, given }) &&
    (turn === 0 || isTrue(step.each, { event, prev, given })) &&
    inside.every(({ element }) => !untilFits(element.until, trace, count, event))
  );
}

function untilFits(
  until: Condition | null,
  trace: Trace,
  count: number,
  event: EventRecord,
): boolean {
  return until !== null && isTrue(until, { event, prev: null, given: givenOf(trace, count) });
}

/** M-4: the link between the newest event and the one before it. */
function linkHolds(input: KeyInput, trace: Trace, newest: Take, index: number): boolean {
  const before = trace.takes[index - 1];
  if (before === undefined) return true;
  const between = input.events.slice(before.pos + 1, newest.pos);
  switch (newest.link) {
    case "next":
      return between.length === 0;
    case "then any":
      return true;
    case "then":
      return !between.some((event) =>
        couldTake(input, trace, newest.step, newest.turn, index, trace.open, event),
      );
  }
}

/** M-8: a loop that has an event neither takes nor passes over what fits; before, it takes none. */
function untilsHold(input: KeyInput, trace: Trace, newest: Take, index: number): boolean {
  const before = trace.takes[index - 1];
  return trace.open.every(({ element, from }) => {
    if (newest.event && untilFits(element.until, trace, index, newest.event)) return false;
    if (before === undefined || from === index) return true;
    const passed = input.events.slice(before.pos + 1, newest.pos);
    return !passed.some((event) => untilFits(element.until, trace, index, event));
  });
}

/** Does the event fit X, with the events that the candidate gave before it (M-6)? */
function fitsNo(input: KeyInput, trace: Trace, no: No, pos: number): boolean {
  const event = input.events[pos];
  if (event === undefined) return false;
  const count = trace.takes.filter((take) => take.pos < pos).length;
  return (
    admits(input, no, event) &&
    isTrue(no.where, { event, prev: null, given: givenOf(trace, count) })
  );
}

/** M-5: at the start or between two elements, once the first event after it is given. */
function noHolds(input: KeyInput, trace: Trace, placed: PlacedNo, newest: Take): boolean {
  // An event that fits both X and the element after it counts as X. Of an unknown one nothing is known.
  const end = newest.event === null ? newest.pos - 1 : newest.pos;
  if (placed.gap === 0) {
    // It looks back over its own `within`, the bound included; without one (refused by the language) over everything.
    const from = newest.timeMs - (placed.no.withinMs ?? Number.POSITIVE_INFINITY);
    return !range(0, end).some(
      (pos) => (input.events[pos]?.timeMs ?? 0) >= from && fitsNo(input, trace, placed.no, pos),
    );
  }
  return !watched(trace, placed, end).some((pos) => fitsNo(input, trace, placed.no, pos));
}

/** The takes after which this reading could have left the passage, by their index; once it was left, the last one too. */
function leavingTakes(trace: Trace, { element, from }: Occurrence): number[] {
  return trace.takes.flatMap(({ leavable }, i) =>
    leavable.some((one) => one.element === element && one.from === from) ? [i] : [],
  );
}

/** Is the partial match bound to fail, because a `no` directly behind a loop that goes on was violated? */
export function isDoomed(input: KeyInput, trace: Trace, seen: number): boolean {
  const gap = trace.takes.length;
  return trace.open.some((loop) => {
    if (!isLoop(loop.element.quantity) || loop.from === gap) return false;
    return nosBehind(input.pattern.sequence, loop.element).some(({ no, link }) =>
      watched(trace, { no, link, gap, loop }, seen - 1).some((pos) =>
        fitsNo(input, trace, no, pos),
      ),
    );
  });
}

/** The `no`s that every way out of the element passes first. */
function nosBehind(sequence: Sequence, element: Taker): { no: No; link: Link }[] {
  const place = sequence.findIndex((item) => item.element === element);
  if (place < 0)
    return sequence.flatMap((item) =>
      sequencesOf(item.element).flatMap((inner) => nosBehind(inner, element)),
    );
  const behind: { no: No; link: Link }[] = [];
  for (const { link, element: other } of sequence.slice(place + 1)) {
    if (other.kind !== "no") break;
    behind.push({ no: other, link });
  }
  return behind;
}

/** The places in the input, up to `end`, where X is forbidden after an element. */
function watched(trace: Trace, placed: PlacedNo, end: number): number[] {
  const { gap, loop, link } = placed;
  // After a loop `no X` watches from its first event on, and `next no X` after each event with which it could be left.
  const after = loop === null ? [gap - 1] : leavingTakes(trace, loop);
  const positions =
    link === "next"
      ? after.map((take) => (trace.takes[take]?.pos ?? 0) + 1).filter((pos) => pos <= end)
      : range((trace.takes[loop === null ? gap - 1 : loop.from]?.pos ?? 0) + 1, end);
  // Events that the loop takes do not count as X.
  const taken = new Set(trace.takes.slice(0, gap).map((take) => take.pos));
  return positions.filter((pos) => !taken.has(pos));
}

/** M-13: after a greedy loop and up to the next element's first event, none that the loop could have taken. */
function greedyHolds(input: KeyInput, trace: Trace, loop: Occurrence, newest: Take): boolean {
  const { element, from } = loop;
  if (element.kind !== "step" || !element.quantity.greedy) return true;
  const index = trace.takes.length - 1;
  const count = index - from;
  if (element.quantity.max !== null && count >= element.quantity.max) return true;
  const before = trace.takes[index - 1];
  // A loop that took none counts from the event before it; where there is none, there is nothing to watch.
  if (before === undefined) return true;
  const contiguity = linkOf(element.quantity.contiguity);
  const link = count === 0 ? loop.link : contiguity;
  const inside = [...loop.around, loop];
  const end = newest.event === null ? newest.pos - 1 : newest.pos;
  return !range(before.pos + 1, end).some((pos) => {
    const event = input.events[pos];
    if (event === undefined) return false;
    if (link === "next" && pos !== before.pos + 1) return false;
    const passed = input.events.slice(before.pos + 1, pos);
    return (
      couldTake(input, trace, element, count, index, inside, event) &&
      inside.every((open) => elementWithinHolds(trace, open, event.timeMs)) &&
      !inside.some(
        (open) =>
          open.from < index &&
          passed.some((other) => untilFits(open.element.until, trace, index, other)),
      )
    );
  });
}

/** The link that a contiguity stands for (M-7). */
export function linkOf(
  contiguity: "relaxed" | "consecutive" | "any",
): "then" | "next" | "then any" {
  return contiguity === "relaxed" ? "then" : contiguity === "consecutive" ? "next" : "then any";
}

/** What becomes of a complete trace. */
export interface Ending {
  /** The place in the input of the event that fits a trailing X; null: there is none. */
  readonly refutedAt: number | null;
  /** When it completes, if not refuted. */
  readonly completes: Instant;
}

/** M-5 at the end: all trailing `no` must hold, each up to its own bound; completes at the last of what they wait for. */
export function trailing(input: KeyInput, trace: Trace): Ending {
  const last = trace.takes.at(-1);
  const first = trace.takes[0];
  const lastPos = last?.pos ?? 0;
  let completes: Instant = { timeMs: last?.timeMs ?? 0, kind: "event", pos: lastPos };
  let refutedAt: number | null = null;
  for (const placed of trace.nos.filter(({ gap }) => gap === trace.takes.length)) {
    const { withinMs } = placed.no;
    const boundMs =
      withinMs === null
        ? (first?.timeMs ?? 0) + input.pattern.withinMs
        : (last?.timeMs ?? 0) + withinMs;
    const seen = input.events.filter((event) => event.timeMs <= boundMs).length;
    const hit = watched(trace, placed, seen - 1).find((pos) =>
      fitsNo(input, trace, placed.no, pos),
    );
    if (hit !== undefined) refutedAt = refutedAt === null ? hit : Math.min(refutedAt, hit);
    const nextEvent = input.events[lastPos + 1];
    const waits: Instant =
      placed.link === "next" && nextEvent && nextEvent.timeMs <= boundMs
        ? { timeMs: nextEvent.timeMs, kind: "event", pos: lastPos + 1 }
        : { timeMs: boundMs, kind: "deadline", pos: seen };
    if (compareInstants(waits, completes) > 0) completes = waits;
  }
  return { refutedAt, completes };
}

/** The whole numbers from `from` to `to`, both included. */
function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/** Is an element with this quantity one that M-5 calls a loop? */
export function loopOf(occurrence: Occurrence): Occurrence | null {
  return isLoop(occurrence.element.quantity) ? occurrence : null;
}
