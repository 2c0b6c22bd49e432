import { expect, test } from "@jest/globals";
import type { Value } from "../base/value.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import { createEngine, type EngineOptions } from "./engine.ts";
import { PairMatcher } from "./testing/pair-matcher.ts";
import { planOf, rulePlan, streamPlan } from "./testing/plans.ts";

/** What the rule is offered, and the outputs, for records of one stream with positions from 1. */
function take(
  records: readonly Value[],
  stream: Partial<StreamPlan> = {},
  options: EngineOptions = {},
  stampMs: number | null = null,
) {
  const plan = planOf([streamPlan("s", 0, stream)], [rulePlan("r", ["s"], 1000)]);
  const trace: string[] = [];
  const createMatcher: EngineOptions["createMatcher"] = (rule, host) =>
    new PairMatcher(rule, host, trace);
  const engine = createEngine(plan, { ...options, createMatcher });
  const feed = engine.feed("s", "f", { broker: false });
  for (const [i, data] of records.entries()) engine.accept(feed, i + 1, 0, stampMs, data, 100);
  const outputs = engine
    .takeOutputs()
    .map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  return { trace, outputs, status: engine.status().streams[0] };
}

const TIME = { path: ["at"], format: null, zone: null, unit: "ms" } as const;

test("what is no event is put aside with the reason", () => {
  const { trace, outputs, status } = take([
    5,
    [],
    null,
    {},
    { at: null },
    { at: "yesterday" },
    { at: true },
    { at: 1e300 },
    { at: 7 },
  ]);
  expect(trace).toEqual(["r 7 s/f 9"]);
  expect(outputs.map(({ seq, reason, detail }) => [seq, reason, detail])).toEqual([
    [1, "not an object", undefined],
    [2, "not an object", undefined],
    [3, "not an object", undefined],
    [4, "no time", "no time: the field is missing or null"],
    [5, "no time", "no time: the field is missing or null"],
    [6, "bad time", 'bad time: "yesterday" is not RFC 3339'],
    [7, "bad time", "bad time: neither a text nor a number"],
    [8, "bad time", 'bad time: "1e+300" is outside the years 0 to 9999'],
  ]);
  expect(outputs[5]).toMatchObject({ stream: "s", feed: "f", text: '{"at":"yesterday"}' });
  expect(status?.rejected.filter(({ count }) => count > 0)).toEqual([
    { reason: "not an object", count: 3 },
    { reason: "no time", count: 2 },
    { reason: "bad time", count: 3 },
  ]);
});

test("times are read by unit, format and zone", () => {
  const at = (value: Value, time: Partial<StreamPlan["time"]>): string | undefined =>
    take([{ at: value }], { time: { ...TIME, ...time } }).trace[0];
  expect(at(1.5, { unit: "s" })).toBe("r 1500 s/f 1");
  expect(at(1387207500.123, { unit: "s" })).toBe("r 1387207500123 s/f 1");
  expect(at(-1500, { unit: "us" })).toBe("r -1.5 s/f 1");
  expect(at(12.25, { unit: "ms" })).toBe("r 12.25 s/f 1");
  expect(at(1387207500123456789n, { unit: "ns" })).toBe("r 1387207500123.4568 s/f 1");
  expect(at("1970-01-01T01:00:00.0015+01:00", {})).toBe("r 1.5 s/f 1");
  expect(at("1970-01-01T00:00:01", { zone: "Asia/Tokyo" })).toBe("r -32399000 s/f 1");
  expect(at("01.02.1970 00:00", { format: "dd.MM.yyyy HH:mm" })).toBe("r 2678400000 s/f 1");
});

test("without a time field the stamp is the time", () => {
  expect(take([{}], { time: null }, {}, 12.5).trace).toEqual(["r 12.5 s/f 1"]);
  expect(take([{}], { time: null }, {}, null).outputs[0]).toMatchObject({ reason: "no time" });
});

test("limits of depth, fields and size", () => {
  let deep: Value = 1;
  for (let i = 0; i < 10_000; i++) deep = [deep];
  const wide: Value = Object.fromEntries(Array.from({ length: 513 }, (_, i) => [`f${i}`, i]));
  const long: Value = { at: 1, list: Array.from({ length: 2000 }, () => 0) };
  const { outputs, trace } = take([{ at: 1, deep }, wide, long]);
  expect(outputs.map(({ reason }) => reason)).toEqual(["too deep", "too many fields"]);
  expect(outputs[0]?.["text"]).toBe('{"at":1,"deep":[[["…"]]]}');
  expect(trace).toEqual(["r 1 s/f 3"]);
  expect(take([{ at: 1 }], {}, { limits: { eventBytes: 99 } }).outputs[0]).toMatchObject({
    reason: "too large",
  });
});

test("a dead record's text is cut", () => {
  const { outputs } = take([{ text: "ä".repeat(3000) }]);
  expect(new TextEncoder().encode(String(outputs[0]?.["text"])).length).toBeLessThanOrEqual(1024);
});

test("an identity by path is the event's id, and coming again is a duplicate", () => {
  const id = { path: ["id"], withinMs: 100 };
  const { trace, status } = take(
    [
      { at: 0, id: "x" },
      { at: 50, id: "x" },
      { at: 60, id: 7 },
      { at: 70 },
      { at: 80 },
      { at: 151, id: "x" },
    ],
    { id },
  );
  expect(trace).toEqual(["r 0 s/f x", "r 60 s/f 7", "r 70 s/f 4", "r 80 s/f 5", "r 151 s/f x"]);
  expect(status).toMatchObject({ events: 5, duplicates: 1 });
});

test("a position that comes twice in a row is a duplicate", () => {
  const plan = planOf([streamPlan("s", 0)], [rulePlan("r", ["s"], 1000)]);
  const trace: string[] = [];
  const createMatcher: EngineOptions["createMatcher"] = (rule, host) =>
    new PairMatcher(rule, host, trace);
  const engine = createEngine(plan, { createMatcher });
  const feed = engine.feed("s", "f", { broker: false });
  for (const index of [0, 0, 1, 1]) engine.accept(feed, 3, index, null, { at: 5 });
  expect(trace).toEqual(["r 5 s/f 3", "r 5 s/f 3.1"]);
  expect(engine.status().streams[0]).toMatchObject({ duplicates: 2 });
});
