/**
 * Other orders of arrival that must not change a test's result (Q-2): every event comes up to its stream's `delay`
 * later than its time, so that none is late.
 *
 * With r in [0, delay], events are sorted by t + r. An event that comes before one of time t has t' + r' <= t + r, so
 * t' - t <= delay: it has not pushed the watermark beyond t. Events of one stream and time keep their order, for it is
 * their sequence that decides between them (M-1); positions are given anew, as a broker would.
 */

import { Random } from "../base/random.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import type { Arrival, TestInput } from "./test-input.ts";

/** A shuffled copy; `advance` stays where it is between the events. Events without a time keep to the one before. */
export function shuffleInputs(
  inputs: readonly TestInput[],
  streams: readonly StreamPlan[],
  seed: number,
): readonly TestInput[] {
  const random = new Random(seed);
  const delays = new Map(streams.map(({ name, delayMs }) => [name, delayMs]));
  const shuffled: TestInput[] = [];
  let segment: Arrival[] = [];
  for (const input of inputs) {
    if (input.kind === "event") {
      segment.push(input);
      continue;
    }
    shuffled.push(...shuffleSegment(segment, delays, random), input);
    segment = [];
  }
  shuffled.push(...shuffleSegment(segment, delays, random));
  return renumber(shuffled);
}

function shuffleSegment(
  segment: readonly Arrival[],
  delays: ReadonlyMap<string, number>,
  random: Random,
): readonly Arrival[] {
  const jitters = new Map<string, number>();
  let lastMs = Number.NEGATIVE_INFINITY;
  const placed = segment.map((arrival) => {
    if (arrival.timeMs !== null) {
      const moment = `${arrival.stream} ${arrival.timeMs}`;
      const jitter = jitters.get(moment) ?? random.below((delays.get(arrival.stream) ?? 0) + 1);
      jitters.set(moment, jitter);
      lastMs = arrival.timeMs + jitter;
    }
    return { arrival, atMs: lastMs };
  });
  return placed.sort((a, b) => a.atMs - b.atMs || 0).map(({ arrival }) => arrival);
}

function renumber(inputs: readonly TestInput[]): readonly TestInput[] {
  const lastSeq = new Map<string, number>();
  return inputs.map((input) => {
    if (input.kind !== "event") return input;
    const seq = (lastSeq.get(input.stream) ?? 0) + 1;
    lastSeq.set(input.stream, seq);
    return { ...input, seq, index: 0 };
  });
}
