/**
 * The oracle: what a pattern reports on a list of events, worked out from the statements M-1 to M-16 alone, by trying
 * everything. Slow on purpose: up to a dozen events per key. After the last event, time runs on for ever.
 */

import type { EventRecord } from "../../base/event.ts";
import { compareEvents } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import { inputsOf, type KeyInput, keyText } from "./input.ts";
import { latestReportsOf } from "./latest.ts";
import { longestReportsOf } from "./longest.ts";
import type { Pattern } from "./pattern.ts";
import { type MayStart, type Report, reportsOf } from "./report.ts";

/** The events that one element has in a match. */
export interface OracleElement {
  /** The step's place among all steps, in the order of the text. */
  readonly element: number;
  readonly label: string;
  readonly events: readonly EventRecord[];
}

/** A reported match. */
export interface OracleMatch {
  /** The values of the key's parts; none for `by all`. */
  readonly key: readonly Value[];
  /** Null: by a deadline. */
  readonly decidedBy: EventRecord | null;
  /** The event's time, or the deadline (A-5). */
  readonly decidedMs: number;
  /** Times of the first and the last event. */
  readonly startMs: number;
  readonly endMs: number;
  /** Those that have events, in the order of the text. */
  readonly elements: readonly OracleElement[];
}

/**
 * The matches in the order in which they are reported. Of several keys at one instant the order is by the text of
 * the key (T-5 says so for deadlines; at one event it is a convention). `mayStart`: of `match` and `match all`.
 */
export function oracle(
  pattern: Pattern,
  events: readonly EventRecord[],
  mayStart: MayStart = () => true,
): OracleMatch[] {
  const matches = inputsOf(pattern, events).flatMap((input) =>
    keyReports(input, mayStart).map((report) => matchOf(input, report)),
  );
  // The sort is stable, so matches of one key at one instant stay in their order.
  return matches.sort(compareMatches);
}

/** One line per match, for comparison and messages: `[key] @decided! label#element:seq,seq …`, `!` for a deadline. */
export function matchLine(match: OracleMatch): string {
  const elements = match.elements.map(
    ({ element, label, events }) =>
      `${label}#${element}:${events.map((event) => `${event.stream}.${event.seq}`).join(",")}`,
  );
  const decided = `@${match.decidedMs}${match.decidedBy === null ? "!" : ""}`;
  return [keyText(match.key), decided, ...elements].join(" ");
}

function keyReports(input: KeyInput, mayStart: MayStart): Report[] {
  switch (input.pattern.mode) {
    case "match":
    case "all":
      return reportsOf(input, mayStart);
    case "longest":
      return longestReportsOf(input);
    case "latest":
      return latestReportsOf(input);
  }
}

function matchOf(input: KeyInput, { trace, decided }: Report): OracleMatch {
  const elements = new Map<number, { element: number; label: string; events: EventRecord[] }>();
  for (const { step, event } of trace.takes) {
    if (event === null) continue;
    const { element, label } = step;
    const entry = elements.get(element) ?? { element, label, events: [] };
    elements.set(element, entry);
    entry.events.push(event);
  }
  return {
    key: input.key,
    decidedBy: decided.kind === "event" ? (input.events[decided.pos] ?? null) : null,
    decidedMs: decided.timeMs,
    startMs: trace.takes[0]?.timeMs ?? 0,
    endMs: trace.takes.at(-1)?.timeMs ?? 0,
    elements: [...elements.values()].sort((a, b) => a.element - b.element),
  };
}

function compareMatches(a: OracleMatch, b: OracleMatch): number {
  if (a.decidedMs !== b.decidedMs) return a.decidedMs - b.decidedMs;
  if (a.decidedBy === null || b.decidedBy === null) {
    if (a.decidedBy !== b.decidedBy) return a.decidedBy === null ? 1 : -1;
  } else {
    const order = compareEvents(a.decidedBy, b.decidedBy);
    if (order !== 0) return order;
  }
  const [left, right] = [keyText(a.key), keyText(b.key)];
  return left < right ? -1 : left > right ? 1 : 0;
}
