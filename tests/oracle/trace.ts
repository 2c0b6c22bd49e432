/**
 * A trace: one way to read (part of) a candidate. It lists the events given so far in input order, each with the step
 * that has it and the link by which it follows the one before, and where each element and each `no` lies among them.
 *
 * Invariants
 *  T1  `takes` is in input order, positions strictly ascending.
 *  T2  `path` lists the choices made from the left; of two traces with the same start, the one whose path is less in
 *      lexicographic order is preferred (M-10).
 */

import type { EventRecord } from "../../base/event.ts";
import type { Link, No, Step, Taker } from "./pattern.ts";

/** One event given to one step. */
export interface Take {
  readonly step: Step;
  /** Place in the key's input; for the unknown next event the number of events seen. */
  readonly pos: number;
  readonly timeMs: number;
  /** Null: the event that may come next, of which nothing is known but that it is not before `timeMs`. */
  readonly event: EventRecord | null;
  /** How it follows the take before; without meaning for the first. */
  readonly link: Link;
  /** Its number within its loop, from 0. */
  readonly turn: number;
  /** The elements around it that this reading could leave directly after it (M-5). */
  readonly leavable: readonly Passage[];
}

/** Names one passage through an element among those of a reading: each has an event, so no two begin at one. */
export interface Passage {
  readonly element: Taker;
  readonly from: number;
}

/** One passage through an element: it has `takes[from]` to `takes[to - 1]`, perhaps none. */
export interface Occurrence {
  readonly element: Taker;
  readonly from: number;
  /** Null while it goes on. */
  readonly to: number | null;
  /** The link before its first event. */
  readonly link: Link;
  /** The braces it stands in, outermost first. */
  readonly around: readonly Occurrence[];
}

/** A `no` between `takes[gap - 1]` and `takes[gap]`. */
export interface PlacedNo {
  readonly no: No;
  readonly link: Link;
  readonly gap: number;
  /** The nearest element before it that has events (M-4: an empty one is as if not written), if that is a loop. */
  readonly loop: Occurrence | null;
}

export interface Trace {
  readonly takes: readonly Take[];
  readonly open: readonly Occurrence[];
  readonly closed: readonly Occurrence[];
  readonly nos: readonly PlacedNo[];
  readonly path: readonly number[];
}

export const EMPTY_TRACE: Trace = { takes: [], open: [], closed: [], nos: [], path: [] };

/** The events of the first `count` takes, as conditions see them (M-9). */
export function givenOf(trace: Trace, count: number): { label: string; event: EventRecord }[] {
  return trace.takes
    .slice(0, count)
    .flatMap(({ step, event }) => (event ? [{ label: step.label, event }] : []));
}

/** Lexicographic order of two paths: negative where `a` is preferred. */
export function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
