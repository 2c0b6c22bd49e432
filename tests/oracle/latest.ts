/**
 * M-14: `match latest`, which is defined by what it keeps: one partial match per key and step. A quantity N is N steps,
 * so the pattern is a row of places; a partial match stands on the place of the last step it reached.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import type { Instant } from "./checks.ts";
import { isTrue } from "./condition.ts";
import { type Admitter, admits, type KeyInput } from "./input.ts";
import type { No, Sequence, Step } from "./pattern.ts";
import { endsMatches, havingHolds, type Report } from "./report.ts";
import { EMPTY_TRACE, givenOf, type Take, type Trace } from "./trace.ts";

interface Place {
  readonly step: Step;
  /** Number within the step's quantity, from 0. */
  readonly turn: number;
  /** The `no` before it: from the event before, or at the start looking back. */
  readonly nos: readonly No[];
  /** The `no` behind the loop that this place is an inner part of: they watch here too (M-5). */
  readonly watching: readonly No[];
}

interface Row {
  readonly places: readonly Place[];
  readonly trailing: readonly No[];
}

/** What `match latest` reports for one key, in order. */
export function latestReportsOf(input: KeyInput): Report[] {
  const row = rowOf(input.pattern.sequence);
  // slots[k] is the partial match that has reached place k.
  const slots: (Trace | null)[] = row.places.map(() => null);
  const reports: Report[] = [];
  for (const [pos, event] of input.events.entries()) {
    passDeadlines(input, row, slots, event.timeMs, reports);
    const instant: Instant = { timeMs: event.timeMs, kind: "event", pos };
    offerToTrailing(input, row, slots, event);
    // Later steps are tried first.
    for (let k = row.places.length - 1; k >= 0; k--) {
      const advanced = offer(input, row, slots, k, event, pos);
      if (advanced === null) continue;
      if (k < row.places.length - 1 || row.trailing.length > 0) slots[k] = advanced;
      else if (havingHolds(input, advanced)) reports.push({ trace: advanced, decided: instant });
    }
    if (endsMatches(input, pos)) slots.fill(null);
  }
  passDeadlines(input, row, slots, Number.POSITIVE_INFINITY, reports);
  return reports;
}

function rowOf(sequence: Sequence): Row {
  const places: Place[] = [];
  let nos: No[] = [];
  for (const { element, link } of sequence) {
    assert(link === "then", "match latest links by then");
    if (element.kind === "no") {
      nos.push(element);
      const last = places.at(-1);
      if (last === undefined) continue;
      for (const [i, place] of places.entries())
        if (place.step === last.step && place.turn < last.turn)
          places[i] = { ...place, watching: [...place.watching, element] };
      continue;
    }
    assert(element.kind === "step", "match latest has steps and no only");
    assert(element.quantity.min === element.quantity.max, "match latest has quantities N only");
    for (let turn = 0; turn < element.quantity.min; turn++)
      places.push({ step: element, turn, nos: turn === 0 ? nos : [], watching: [] });
    nos = [];
  }
  return { places, trailing: nos };
}

/** The partial match that this event brings to place k, taken from the place before; that place may lose its own to a `no`. */
function offer(
  input: KeyInput,
  row: Row,
  slots: (Trace | null)[],
  k: number,
  event: EventRecord,
  pos: number,
): Trace | null {
  const place = row.places[k];
  assert(place, "place k is in the row");
  if (k === 0) return begins(input, place, event, pos);
  const partial = slots[k - 1] ?? null;
  if (partial === null) return null;
  const isForbidden = (no: No): boolean => fits(input, no, partial, event);
  // An event that fits both X and the step after it counts as X; one that the loop before takes does not (M-5).
  if (place.nos.some(isForbidden)) {
    slots[k - 1] = null;
    return null;
  }
  const { step, turn } = place;
  const take: Take = { step, pos, timeMs: event.timeMs, event, link: "then", turn, leavable: [] };
  if (fits(input, step, partial, event) && (turn === 0 || eachHolds(step, partial, event))) {
    slots[k - 1] = null;
    return boundsHold(input, row, k, partial, take)
      ? { ...partial, takes: [...partial.takes, take] }
      : null;
  }
  if (row.places[k - 1]?.watching.some(isForbidden)) slots[k - 1] = null;
  return null;
}

/** A leading `no` looks back from the first event. */
function begins(input: KeyInput, place: Place, event: EventRecord, pos: number): Trace | null {
  const { step } = place;
  if (!fits(input, step, EMPTY_TRACE, event)) return null;
  const isBroken = place.nos.some((no) =>
    input.events
      .slice(0, pos + 1)
      .filter(({ timeMs }) => event.timeMs - timeMs <= (no.withinMs ?? Number.POSITIVE_INFINITY))
      .some((other) => fits(input, no, EMPTY_TRACE, other)),
  );
  if (isBroken) return null;
  const take: Take = {
    step,
    pos,
    timeMs: event.timeMs,
    event,
    link: "then",
    turn: 0,
    leavable: [],
  };
  return { ...EMPTY_TRACE, takes: [take] };
}

function fits(input: KeyInput, admitter: Admitter, partial: Trace, event: EventRecord): boolean {
  const given = givenOf(partial, partial.takes.length);
  return admits(input, admitter, event) && isTrue(admitter.where, { event, prev: null, given });
}

function eachHolds(step: Step, partial: Trace, event: EventRecord): boolean {
  const prev = partial.takes.at(-1)?.event ?? null;
  return isTrue(step.each, { event, prev, given: givenOf(partial, partial.takes.length) });
}

/** M-3. */
function boundsHold(input: KeyInput, row: Row, k: number, partial: Trace, take: Take): boolean {
  const { pattern } = input;
  const first = partial.takes[0];
  const last = partial.takes.at(-1);
  if (first === undefined || last === undefined) return true;
  if (take.timeMs - first.timeMs > pattern.withinMs) return false;
  if (pattern.gapMs !== null && take.timeMs - last.timeMs > pattern.gapMs) return false;
  const { withinMs } = take.step;
  if (withinMs === null) return true;
  const loopStart = row.places.findIndex((place) => place.step === take.step);
  const base = partial.takes[Math.max(0, Math.min(loopStart, k) - 1)] ?? first;
  return take.timeMs - base.timeMs <= withinMs;
}

/** X ends the partial match that waits behind the last step. */
function offerToTrailing(
  input: KeyInput,
  row: Row,
  slots: (Trace | null)[],
  event: EventRecord,
): void {
  const last = slots.length - 1;
  const partial = slots[last] ?? null;
  if (partial === null) return;
  const isHit = row.trailing.some(
    (no) => event.timeMs <= boundOf(input, partial, no) && fits(input, no, partial, event),
  );
  if (isHit) slots[last] = null;
}

/** Reports the partial match that waits behind the last step, if its bound lies before this time. */
function passDeadlines(
  input: KeyInput,
  row: Row,
  slots: (Trace | null)[],
  timeMs: number,
  reports: Report[],
): void {
  const last = slots.length - 1;
  const partial = slots[last] ?? null;
  if (partial === null || row.trailing.length === 0) return;
  const boundMs = Math.max(...row.trailing.map((no) => boundOf(input, partial, no)));
  if (boundMs >= timeMs) return;
  slots[last] = null;
  const pos = input.events.filter((event) => event.timeMs <= boundMs).length;
  if (havingHolds(input, partial))
    reports.push({ trace: partial, decided: { timeMs: boundMs, kind: "deadline", pos } });
}

function boundOf(input: KeyInput, partial: Trace, no: No): number {
  const first = partial.takes[0];
  const last = partial.takes.at(-1);
  return no.withinMs === null
    ? (first?.timeMs ?? 0) + input.pattern.withinMs
    : (last?.timeMs ?? 0) + no.withinMs;
}
