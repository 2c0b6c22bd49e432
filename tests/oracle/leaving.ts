/**
 * M-5: "each event with which the loop could have been left". Asked by structure alone: the loop could have been left
 * with its event number m if it could be read as a whole passage through the loop that ends there.
 */

import { isTrue } from "./condition.ts";
import { mayGoOn, mayLeave, type Sequence, type Taker } from "./pattern.ts";
import { givenOf, type Occurrence, type Trace } from "./trace.ts";

/** The indexes of the loop's takes after which it could have been left, the last one included. */
export function leavingTakes(trace: Trace, loop: Occurrence): number[] {
  const end = loop.to ?? trace.takes.length;
  const ends = new Set(endsOf(trace, loop.element, loop.from, end));
  return trace.takes.map((_, i) => i).filter((i) => i >= loop.from && i < end && ends.has(i + 1));
}

/** Where a passage through the element that begins at take `from` may end, `limit` at most. */
function endsOf(trace: Trace, element: Taker, from: number, limit: number): number[] {
  const ends: number[] = [];
  let frontier = [from];
  for (let count = 0; frontier.length > 0; count++) {
    if (mayLeave(element.quantity, count))
      ends.push(...frontier.filter((end) => havingHolds(trace, element, from, end)));
    if (!mayGoOn(element.quantity, count)) break;
    // Each turn has an event, so the frontier moves on and the search ends.
    frontier = unique(
      frontier.flatMap((at) => turnEnds(trace, element, at, limit).filter((end) => end > at)),
    );
  }
  return unique(ends);
}

/** M-9: an element that took nothing is as if not written, so its `having` is not asked. */
function havingHolds(trace: Trace, element: Taker, from: number, end: number): boolean {
  if (element.kind !== "step" || end === from) return true;
  return isTrue(element.having, { event: null, prev: null, given: givenOf(trace, end) });
}

function turnEnds(trace: Trace, element: Taker, from: number, limit: number): number[] {
  switch (element.kind) {
    case "step":
      return from < limit && trace.takes[from]?.step === element ? [from + 1] : [];
    case "group":
      return sequenceEnds(trace, element.sequence, from, limit);
    case "either":
      return element.alternatives.flatMap((sequence) => sequenceEnds(trace, sequence, from, limit));
    case "all of":
      return partsEnds(trace, element.parts, from, limit);
  }
}

function sequenceEnds(trace: Trace, sequence: Sequence, from: number, limit: number): number[] {
  return sequence.reduce<number[]>(
    (froms, { element }) =>
      element.kind === "no"
        ? froms
        : unique(froms.flatMap((at) => endsOf(trace, element, at, limit))),
    [from],
  );
}

function partsEnds(
  trace: Trace,
  parts: readonly Sequence[],
  from: number,
  limit: number,
): number[] {
  if (parts.length === 0) return [from];
  return parts.flatMap((part) =>
    sequenceEnds(trace, part, from, limit).flatMap((end) =>
      partsEnds(
        trace,
        parts.filter((other) => other !== part),
        end,
        limit,
      ),
    ),
  );
}

function unique(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}
