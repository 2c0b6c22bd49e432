/** Events as the engine sees them: decoded, with a time and a place in the total order of M-1. */

import { compareText, type ValueObject } from "./value.ts";

/**
 * One event. Immutable and shared by all rules, runs and alerts that hold it.
 * The total order of a rule's input is (timeMs, timeFrac, place, feed, seq, index), see `compareEvents`.
 */
export interface EventRecord {
  /** Name of the stream of the language. */
  readonly stream: string;
  /** The stream's place in the rule set: orders events of equal times (M-1). */
  readonly place: number;
  /** The feed's name: one log behind the stream. Orders two feeds of one stream. */
  readonly feed: string;
  /** Position in the feed: the message's stream sequence; for a file its line number + 1. */
  readonly seq: number;
  /** Index within a message that holds several events, else 0. */
  readonly index: number;
  /** Event time, whole milliseconds. */
  readonly timeMs: number;
  /** Part of a millisecond in [0, 1): only orders. */
  readonly timeFrac: number;
  /** The event's identity within its stream: the text at the stream's `id` path, else `seq`, or `seq.index` where the index is not 0. */
  readonly id: string;
  readonly data: ValueObject;
}

/** The total order of M-1; zero only for one and the same event. */
export function compareEvents(a: EventRecord, b: EventRecord): number {
  return (
    a.timeMs - b.timeMs ||
    a.timeFrac - b.timeFrac ||
    a.place - b.place ||
    (a.feed === b.feed ? 0 : compareText(a.feed, b.feed)) ||
    a.seq - b.seq ||
    a.index - b.index
  );
}
