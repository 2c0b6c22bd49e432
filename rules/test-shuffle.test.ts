import { expect, test } from "@jest/globals";
import type { StreamPlan } from "../dsl/plan.ts";
import type { Arrival, TestInput } from "./test-input.ts";
import { shuffleInputs } from "./test-shuffle.ts";

const STREAM: StreamPlan = {
  name: "a",
  subjects: ["a"],
  place: 0,
  time: null,
  delayMs: 10,
  idleMs: 30_000,
  id: null,
  late: "drop",
  fields: null,
};

function arrivals(times: readonly number[]): Arrival[] {
  return times.map((timeMs, i) => ({
    kind: "event",
    stream: "a",
    seq: i + 1,
    index: 0,
    stampMs: timeMs,
    data: { n: i },
    timeMs,
  }));
}

const events = (inputs: readonly TestInput[]): Arrival[] =>
  inputs.filter((input) => input.kind === "event");

test("nothing becomes late, ties keep their order, positions are given anew", () => {
  const times = Array.from({ length: 200 }, (_, i) => Math.floor(i / 3) * 2);
  let moved = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const shuffled = events(shuffleInputs(arrivals(times), [STREAM], seed));
    let highest = Number.NEGATIVE_INFINITY;
    const last = new Map<number, number>();
    for (const [i, { timeMs, data, seq }] of shuffled.entries()) {
      const time = timeMs ?? 0;
      const { n } = data as { readonly n: number };
      expect(time).toBeGreaterThanOrEqual(highest - STREAM.delayMs);
      expect(n).toBeGreaterThan(last.get(time) ?? -1);
      expect(seq).toBe(i + 1);
      highest = Math.max(highest, time);
      last.set(time, n);
      if (n !== i) moved++;
    }
    expect(shuffled).toHaveLength(times.length);
  }
  expect(moved).toBeGreaterThan(1000);
});

test("advance is a wall, and a stream without delay keeps its order", () => {
  const advance: TestInput = { kind: "advance", byMs: 1 };
  const inputs = [...arrivals([0, 1, 2, 3]), advance, ...arrivals([4, 5, 6, 7])];
  const kinds = shuffleInputs(inputs, [STREAM], 3).map(({ kind }) => kind);
  expect(kinds.indexOf("advance")).toBe(4);
  const strict = { ...STREAM, delayMs: 0 };
  const order = events(shuffleInputs(arrivals([0, 1, 2, 3]), [strict], 3)).map(
    ({ timeMs }) => timeMs,
  );
  expect(order).toEqual([0, 1, 2, 3]);
});
