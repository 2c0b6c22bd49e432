/** The order of events by time and place (M-1), for what has a place but is no event: watermarks and frontiers. */

import { compareText } from "../base/value.ts";
import type { Feed } from "./feed.ts";

/** Position of the last event offered: what sorts before it can no longer be taken. */
export interface Position {
  readonly timeMs: number;
  readonly timeFrac: number;
  readonly place: number;
  readonly feed: string;
  readonly seq: number;
  readonly index: number;
}

/** Does one feed hold time back more than the other? */
export function isBefore(a: Feed, b: Feed): boolean {
  return (
    comparePlaces(
      a.watermarkMs,
      a.highestFrac,
      a.stream.place,
      a.name,
      b.watermarkMs,
      b.highestFrac,
      b.stream.place,
      b.name,
    ) < 0
  );
}

export function comparePositions(a: Position, b: Position): number {
  const order = comparePlaces(
    a.timeMs,
    a.timeFrac,
    a.place,
    a.feed,
    b.timeMs,
    b.timeFrac,
    b.place,
    b.feed,
  );
  return order || a.seq - b.seq || a.index - b.index;
}

export function comparePlaces(
  aMs: number,
  aFrac: number,
  aPlace: number,
  aFeed: string,
  bMs: number,
  bFrac: number,
  bPlace: number,
  bFeed: string,
): number {
  if (aMs !== bMs) return aMs < bMs ? -1 : 1;
  return aFrac - bFrac || aPlace - bPlace || (aFeed === bFeed ? 0 : compareText(aFeed, bFeed));
}
