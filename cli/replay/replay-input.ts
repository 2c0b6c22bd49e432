/**
 * Where a replay takes its events from: a file (input-file.ts), or a range of a JetStream stream (stream-input.ts).
 * An item is what is taken at once, with all its events.
 */

import type { StreamPlan } from "../../dsl/plan.ts";
import type { Feed } from "../../engine/engine.ts";
import type { DecodedEvent } from "./line-decoder.ts";

export interface InputItem {
  /** Counted from 0: of a line, or the sequence of a message less one. */
  readonly lineNumber: number;
  readonly byteOffset: number;
  /** The line's text; "" where it is too long to be read, and of a message. */
  readonly text: string;
  readonly events: readonly DecodedEvent[];
}

export interface ReplayInput {
  /** What it is called in messages. */
  readonly name: string;
  /** The latest time to which it has brought one of its streams, less the delay; -Infinity at the beginning. */
  readonly watermarkMs: number;
  /** The greatest event time so far; -Infinity at the beginning. */
  readonly highestMs: number;
  feeds(): Iterable<Feed>;
  feedOf(stream: StreamPlan): Feed | undefined;
  /** The next item if it is at hand; undefined: ask `load`. */
  take(): InputItem | undefined;
  /** Reads on; false at the end. */
  load(): Promise<boolean>;
}

/** The greatest value of the feeds; -Infinity where there are none. */
export function greatest(feeds: Iterable<Feed>, read: (feed: Feed) => number): number {
  let found = Number.NEGATIVE_INFINITY;
  for (const feed of feeds) found = Math.max(found, read(feed));
  return found;
}
