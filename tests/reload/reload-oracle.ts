/**
 * What a rule tells through its reloads, worked out from the contract alone. Versions that follow each other by *keep*
 * are one chain: its partial matches go on, and every event is judged by the condition in force at its place. So a chain
 * is one pattern for the oracle, with conditions that ask for the place; starts are those events that came while the
 * chain was in force. A chain that drains goes on to take events, under its last version; one that is reset or removed
 * tells nothing from there on.
 */

import { assert } from "../../base/assert.ts";
import { compareEvents, type EventRecord } from "../../base/event.ts";
import { type OracleMatch, oracle } from "../oracle/oracle.ts";
import {
  type Condition,
  elementsOf,
  mapElements,
  type Pattern,
  type Term,
} from "../oracle/pattern.ts";
import type { Draft, Excepted } from "./edits.ts";

/** A version of the rule, from a place in the arrivals on. */
export interface Era {
  readonly draft: Draft;
  /** How many events had arrived when it began. */
  readonly arrived: number;
  /** Stands for the rule and its version in lines. */
  readonly name: string;
}

export interface Chain {
  readonly eras: readonly Era[];
  /** How many events had arrived when it began nothing any more; null: it stands at the end. */
  readonly startsUntil: number | null;
  /** How many had arrived when it told nothing any more; null: it goes on. */
  readonly tellsUntil: number | null;
}

/** Lines as `ReloadRun` has them, sorted. `events`: in the order of arrival, which is that of M-1. */
export function expectedLines(
  chains: readonly Chain[],
  events: readonly EventRecord[],
  streams: readonly string[],
): readonly string[] {
  const order = [...events].sort(compareEvents);
  const placed = order.map((event, p) => ({ ...event, data: { ...event.data, p } }));
  return chains.flatMap((chain) => chainLines(chain, placed, streams)).sort();
}

function chainLines(
  chain: Chain,
  events: readonly EventRecord[],
  streams: readonly string[],
): readonly string[] {
  const released = (arrived: number): number => releasedOf(events, streams, arrived);
  const [first] = chain.eras;
  assert(first !== undefined, "a chain has a version");
  const begin = released(first.arrived);
  const { startsUntil, tellsUntil } = chain;
  const end = startsUntil === null ? Number.POSITIVE_INFINITY : released(startsUntil);
  const pattern = compose(
    chain.eras.map(({ draft }) => withExceptions(draft.pattern, draft.exceptions)),
    chain.eras.map(({ arrived }) => released(arrived)),
  );
  const matches = oracle(
    pattern,
    events.filter((event) => placeOf(event) >= begin),
    (event) => placeOf(event) < end,
  );
  return matches.flatMap((match) => {
    if (tellsUntil !== null && isDecidedAfter(match, tellsUntil, events, streams)) return [];
    const era = chain.eras.findLast(
      ({ arrived }, i) => i === 0 || isDecidedAfter(match, arrived, events, streams),
    );
    return [lineOf(match, era ?? first)];
  });
}

function placeOf(event: EventRecord): number {
  return Number(event.data["p"]);
}

/** Of the first `arrived` events so many were judged: those that no stream can still come before. */
function releasedOf(
  events: readonly EventRecord[],
  streams: readonly string[],
  arrived: number,
): number {
  const newest = newestOf(events, streams, arrived);
  if (newest === null) return 0;
  return events.slice(0, arrived).filter((event) => compareEvents(event, newest) <= 0).length;
}

/** The newest event of the stream that is behind most; null where a stream had none. */
function newestOf(
  events: readonly EventRecord[],
  streams: readonly string[],
  arrived: number,
): EventRecord | null {
  let least: EventRecord | null = null;
  for (const stream of streams) {
    const newest = events.slice(0, arrived).findLast((event) => event.stream === stream);
    if (newest === undefined) return null;
    if (least === null || compareEvents(newest, least) < 0) least = newest;
  }
  return least;
}

/** Was the match not decided yet when so many events had arrived? */
function isDecidedAfter(
  { decidedBy, decidedMs }: OracleMatch,
  arrived: number,
  events: readonly EventRecord[],
  streams: readonly string[],
): boolean {
  if (decidedBy !== null) return placeOf(decidedBy) >= releasedOf(events, streams, arrived);
  const newest = newestOf(events, streams, arrived);
  return newest === null || newest.timeMs <= decidedMs;
}

function lineOf({ decidedMs, elements }: OracleMatch, { draft, name }: Era): string {
  const labels = new Map<string, number[]>();
  for (const { label, events } of elements)
    labels.set(label, [...(labels.get(label) ?? []), ...events.map(({ seq }) => seq)]);
  const steps = [...labels].map(([label, seqs]) => `${label}:${seqs.join(",")}`).sort();
  return [
    name,
    `@${decidedMs / 1000}s`,
    ...(draft.mode === "live" ? [] : [draft.mode]),
    ...(draft.severity === "low" ? [] : [draft.severity]),
    ...steps,
  ].join(" ");
}

const P: Term = { kind: "field", field: "p" };

function constant(value: number): Term {
  return { kind: "constant", value };
}

/** One pattern whose conditions are those of the version in force at the place of the event at hand. */
function compose(patterns: readonly Pattern[], from: readonly number[]): Pattern {
  const [first] = patterns;
  assert(first !== undefined, "there is a pattern");
  const pick = (conditions: readonly (Condition | null)[]): Condition | null => {
    const [one = null, ...others] = conditions;
    if (others.every((other) => JSON.stringify(other) === JSON.stringify(one))) return one;
    const parts = conditions.map((condition, i): Condition => {
      const since: Condition = {
        kind: "compare",
        operator: ">=",
        left: P,
        right: constant(from[i] ?? 0),
      };
      const next = from[i + 1] ?? Number.MAX_SAFE_INTEGER;
      const until: Condition = { kind: "compare", operator: "<", left: P, right: constant(next) };
      const inForce = i === 0 ? [until] : [since, until];
      return { kind: "and", parts: condition === null ? inForce : [...inForce, condition] };
    });
    return { kind: "or", parts };
  };
  const elements = patterns.map(({ sequence }) => elementsOf(sequence));
  let at = -1;
  const sequence = mapElements(first.sequence, (element) => {
    at++;
    const versions = elements.map((list) => list[at]);
    if (element.kind === "no")
      return {
        ...element,
        where: pick(versions.map((one) => (one?.kind === "no" ? one.where : null))),
      };
    const until = pick(
      versions.map((one) => (one === undefined || one.kind === "no" ? null : one.until)),
    );
    if (element.kind !== "step") return { ...element, until };
    const steps = versions.map((one) => (one?.kind === "step" ? one : null));
    return {
      ...element,
      until,
      where: pick(steps.map((step) => step?.where ?? null)),
      each: pick(steps.map((step) => step?.each ?? null)),
    };
  });
  const events = first.events.map((event, i) => ({
    ...event,
    filter: pick(patterns.map((pattern) => pattern.events[i]?.filter ?? null)),
  }));
  return { ...first, sequence, events };
}

/** Kinds are always known, so that an exception is the negation of its condition. */
function withExceptions(pattern: Pattern, exceptions: readonly Excepted[]): Pattern {
  const sequence = mapElements(pattern.sequence, (element) => {
    if (element.kind !== "step") return element;
    const barred = exceptions
      .filter(({ label }) => label === element.label)
      .map(({ kind }): Condition => {
        const left: Term = { kind: "field", field: "t" };
        const right: Term = { kind: "constant", value: kind };
        return { kind: "compare", operator: "!=", left, right };
      });
    if (barred.length === 0) return element;
    const parts = element.where === null ? barred : [element.where, ...barred];
    return { ...element, where: { kind: "and", parts } };
  });
  return { ...pattern, sequence };
}
