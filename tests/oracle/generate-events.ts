/**
 * Random event streams for the oracle: few kinds, small values, small whole seconds, so that bounds are met exactly, times
 * tie, and conditions are true, false and unknown alike.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";

/** What the fields of the generated events hold: `t` a kind, `v` a value of any type, `w` a number or null, `k` and `j` keys. */
export const KINDS = ["a", "b", "c"] as const;

const STEPS_S = [0, 0, 0, 1, 1, 1, 2];

export interface StreamShape {
  readonly streams: readonly string[];
  readonly count: number;
  /** Of `KINDS`. */
  readonly kinds: readonly string[];
  /** Values that a key field takes, each at least now and then. */
  readonly keys: readonly Value[];
}

/** Events in the order of time; event time in ms from 0 on. */
export function generateEvents(random: Random, shape: StreamShape): EventRecord[] {
  const events: EventRecord[] = [];
  const seqs = shape.streams.map(() => 0);
  let timeMs = 0;
  for (let i = 0; i < shape.count; i++) {
    timeMs += random.pick(STEPS_S) * 1000;
    const place = random.below(shape.streams.length);
    const seq = (seqs[place] ?? 0) + 1;
    seqs[place] = seq;
    events.push(makeEvent(shape.streams, place, seq, timeMs, fieldsOf(random, shape)));
  }
  return events;
}

/** An event as the oracle and the engine take it; `at` in its data is its time. */
export function makeEvent(
  streams: readonly string[],
  place: number,
  seq: number,
  timeMs: number,
  fields: readonly (readonly [string, Value])[],
): EventRecord {
  const stream = streams[place] ?? "";
  return {
    stream,
    place,
    feed: stream,
    seq,
    index: 0,
    timeMs,
    timeFrac: 0,
    id: `${seq}`,
    data: Object.fromEntries([["at", timeMs], ...fields]),
  };
}

function fieldsOf(random: Random, shape: StreamShape): [string, Value][] {
  const fields: [string, Value][] = [
    ["t", random.pick(shape.kinds)],
    ["k", random.pick(shape.keys)],
    ["j", random.pick(shape.keys)],
  ];
  const v = random.unit();
  // Missing and null are the same; a text compares with a number as unknown.
  if (v < 0.85) fields.push(["v", random.below(4)]);
  else if (v < 0.9) fields.push(["v", null]);
  else if (v < 0.95) fields.push(["v", "x"]);
  fields.push(["w", random.chance(0.9) ? random.below(4) : null]);
  return fields;
}
