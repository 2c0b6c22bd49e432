/**
 * Every candidate of one key by trying every assignment of events to elements, in every reading of the pattern.
 * A branch is left only when the events already given break one of M-3 to M-9 or M-13, which later ones cannot mend.
 */

import {
  compareInstants,
  type Ending,
  leavingHolds,
  linkOf,
  loopOf,
  newestHolds,
  trailing,
} from "./checks.ts";
import type { KeyInput } from "./input.ts";
import {
  type Link,
  mayGoOn,
  mayLeave,
  type Sequence,
  type Step,
  sequencesOf,
  type Taker,
} from "./pattern.ts";
import {
  comparePaths,
  EMPTY_TRACE,
  type Occurrence,
  type Passage,
  type Take,
  type Trace,
} from "./trace.ts";

/** A complete reading: a candidate unless refuted by a trailing `no`. M-16 is not yet asked. */
export interface Reading {
  readonly trace: Trace;
  readonly ending: Ending;
}

/** A partial match and a way it may go on: the event after those of `trace` would be number `turn` of `step`. */
export interface Pending {
  readonly trace: Trace;
  readonly step: Step;
  readonly link: Link;
  readonly turn: number;
}

/** All readings and, for `match longest`, all partial ones. */
export interface Enumeration {
  readonly readings: readonly Reading[];
  readonly pendings: readonly Pending[];
}

type Next = (trace: Trace) => void;

interface Search {
  readonly input: KeyInput;
  readonly pendings: Pending[];
  /** Not null: no further event is given; only what can be left as it stands is noted here. */
  leavable: Passage[] | null;
  /** Is there a strict `no`, which alone asks what could be left (M-5)? */
  readonly asksLeavable: boolean;
}

/** Time grows exponentially with the number of events, memory with the readings: for a dozen events, not for more. */
export function enumerate(input: KeyInput): Enumeration {
  const readings: Reading[] = [];
  const { sequence } = input.pattern;
  const asksLeavable = strictNos(sequence);
  const search: Search = { input, pendings: [], leavable: null, asksLeavable };
  walkSequence(search, sequence, 0, "then", null, EMPTY_TRACE, (trace) => {
    // A pattern that could match nothing is an error (M-10), so an empty reading is none.
    if (trace.takes.length > 0 && search.leavable === null)
      readings.push({ trace, ending: trailing(input, trace) });
  });
  return { readings, pendings: search.pendings };
}

/**
 * One reading per candidate: two are the same if every element has the same events (M-4). Of several readings the one
 * that completes first, then the preferred one. Refuted ones are left out.
 */
export function candidatesOf(readings: readonly Reading[]): Reading[] {
  const found = new Map<string, Reading>();
  for (const reading of readings) {
    if (reading.ending.refutedAt !== null) continue;
    const identity = reading.trace.takes.map(({ step, pos }) => `${step.element}:${pos}`).join(" ");
    const other = found.get(identity);
    if (other === undefined || precedes(reading, other)) found.set(identity, reading);
  }
  return [...found.values()];
}

function precedes(a: Reading, b: Reading): boolean {
  const order = compareInstants(a.ending.completes, b.ending.completes);
  return (order || comparePaths(a.trace.path, b.trace.path)) < 0;
}

/**
 * Elements `i` and later. `entry` is the link of the first element, given from outside; each other one has its own,
 * also where the elements before it are empty (M-4). `before` is the last element so far that has events.
 */
function walkSequence(
  search: Search,
  sequence: Sequence,
  i: number,
  entry: Link,
  before: Occurrence | null,
  trace: Trace,
  next: Next,
): void {
  const item = sequence[i];
  if (item === undefined) {
    next(trace);
    return;
  }
  const link = i === 0 ? entry : item.link;
  const { element } = item;
  if (element.kind === "no") {
    const placed = {
      no: element,
      link,
      gap: trace.takes.length,
      loop: before && loopOf(before),
    };
    const noted = { ...trace, nos: [...trace.nos, placed] };
    walkSequence(search, sequence, i + 1, entry, before, noted, next);
    return;
  }
  walkElement(search, element, link, trace, (after, left) =>
    walkSequence(
      search,
      sequence,
      i + 1,
      entry,
      left.to === left.from ? before : left,
      after,
      next,
    ),
  );
}

function walkElement(
  search: Search,
  element: Taker,
  link: Link,
  trace: Trace,
  next: (trace: Trace, left: Occurrence) => void,
): void {
  const opened: Occurrence = {
    element,
    from: trace.takes.length,
    to: null,
    link,
    around: trace.open,
  };
  walkTurns(search, opened, 0, { ...trace, open: [...trace.open, opened] }, (after) => {
    const left = { ...opened, to: after.takes.length };
    const closed = { ...after, open: opened.around, closed: [...after.closed, left] };
    if (!leavingHolds(closed, left)) return;
    if (left.from < left.to) search.leavable?.push({ element, from: left.from });
    next(closed, left);
  });
}

/** M-7, M-10: another turn, or leave; the choice is noted in the path, less being preferred. */
function walkTurns(
  search: Search,
  opened: Occurrence,
  count: number,
  trace: Trace,
  leave: Next,
): void {
  const { element } = opened;
  const { quantity } = element;
  if (mayGoOn(quantity, count)) {
    const link = count === 0 ? opened.link : linkOf(quantity.contiguity);
    const chosen = choose(trace, quantity.shortest ? 1 : 0);
    walkTurn(search, element, link, count, chosen, (after) => {
      // Each turn of a group has an event.
      if (after.takes.length > trace.takes.length)
        walkTurns(search, opened, count + 1, after, leave);
    });
  }
  if (mayLeave(quantity, count)) leave(choose(trace, quantity.shortest ? 0 : 1));
}

function walkTurn(
  search: Search,
  element: Taker,
  link: Link,
  count: number,
  trace: Trace,
  next: Next,
): void {
  switch (element.kind) {
    case "step":
      giveEvent(search, { trace, step: element, link, turn: count }, next);
      return;
    case "group":
      walkSequence(search, element.sequence, 0, link, null, trace, next);
      return;
    case "either":
      for (const [i, alternative] of element.alternatives.entries())
        walkSequence(search, alternative, 0, link, null, choose(trace, i), next);
      return;
    case "all of": {
      const parts = element.parts.map((_, i) => i);
      walkParts(search, element, parts, link, trace.takes.length, trace, next);
      return;
    }
  }
}

/** M-7: the parts in any order; the first that has events follows by the link of the element, the others by its contiguity. */
function walkParts(
  search: Search,
  element: Taker & { readonly kind: "all of" },
  remaining: readonly number[],
  link: Link,
  from: number,
  trace: Trace,
  next: Next,
): void {
  if (remaining.length === 0) {
    next(trace);
    return;
  }
  const entry = trace.takes.length === from ? link : linkOf(element.contiguity);
  for (const i of remaining) {
    const others = remaining.filter((other) => other !== i);
    walkSequence(search, element.parts[i] ?? [], 0, entry, null, choose(trace, i), (after) =>
      walkParts(search, element, others, link, from, after, next),
    );
  }
}

/** Any later event of the key may be the next one, the earlier preferred. */
function giveEvent(search: Search, pending: Pending, next: Next): void {
  const { trace, step, link, turn } = pending;
  if (search.leavable !== null) return;
  const { events } = search.input;
  // Only `match longest` asks what may still come.
  if (search.input.pattern.mode === "longest") search.pendings.push(pending);
  for (let pos = (trace.takes.at(-1)?.pos ?? -1) + 1; pos < events.length; pos++) {
    const event = events[pos];
    if (event === undefined) break;
    const take: Take = { step, pos, timeMs: event.timeMs, event, link, turn, leavable: [] };
    const given = { ...choose(trace, pos), takes: [...trace.takes, take] };
    if (!newestHolds(search.input, given)) continue;
    const leavable = search.asksLeavable ? leavableAfter(search, given, next) : [];
    next({ ...given, takes: [...trace.takes, { ...take, leavable }] });
  }
}

/** Goes on as far as no further event is needed. */
function leavableAfter(search: Search, given: Trace, next: Next): Passage[] {
  const found: Passage[] = [];
  search.leavable = found;
  next(given);
  search.leavable = null;
  return found;
}

/** Does a `next no` stand anywhere in it? */
function strictNos(sequence: Sequence): boolean {
  return sequence.some(
    ({ link, element }) =>
      (element.kind === "no" && link === "next") || sequencesOf(element).some(strictNos),
  );
}

function choose(trace: Trace, choice: number): Trace {
  return { ...trace, path: [...trace.path, choice] };
}
