import { expect, test } from "@jest/globals";
import type { Expr } from "../dsl/expr.ts";
import type { RulePlan } from "../dsl/plan.ts";
import { createEngine, type EngineOptions } from "./engine.ts";
import { PairMatcher } from "./testing/pair-matcher.ts";
import { pairBody, planOf, rulePlan, streamPlan } from "./testing/plans.ts";

function engineFor(
  rules: readonly RulePlan[],
  trace: string[] | null,
  options: EngineOptions = {},
) {
  const engine = createEngine(planOf([streamPlan("s", 0)], rules), {
    ...options,
    createMatcher: (rule, host) => new PairMatcher(rule, host, trace),
  });
  return { engine, feed: engine.feed("s", "f", { broker: false }) };
}

test("outputs of one call are sorted by time, rule and key", () => {
  const rules = [rulePlan("one", ["s"], 1000), rulePlan("two", ["s"], 500)];
  const { engine, feed } = engineFor(rules, null);
  for (const [i, k] of ["z", "y"].entries()) engine.accept(feed, i, 0, null, { at: 0, t: "w", k });
  engine.accept(feed, 2, 0, null, { at: 5000, t: "-", k: "z" });
  const outputs = engine.takeOutputs().map(({ timeMs, rule, key }) => [timeMs, rule, key]);
  expect(outputs).toEqual([
    [500, "two", "y"],
    [500, "two", "z"],
    [1000, "one", "y"],
    [1000, "one", "z"],
  ]);
  expect(engine.takeOutputs()).toEqual([]);
});

test("`once` withholds, counts and tells (A-2)", () => {
  const once = { per: [{ kind: "key", index: 0 }], everyMs: 100 } as const;
  const { engine, feed } = engineFor([rulePlan("r", ["s"], 1000, { once })], null);
  for (const [i, at] of [0, 40, 90, 140].entries()) {
    engine.accept(feed, 2 * i, 0, null, { at, t: "a", k: "k" });
    engine.accept(feed, 2 * i + 1, 0, null, { at, t: "b", k: "k" });
  }
  const suppressed = engine
    .takeOutputs()
    .map((output) => output.kind === "alert" && output.alert.suppressed);
  expect(suppressed).toEqual([0, 2]);
  expect(engine.status().rules[0]).toMatchObject({ matches: 4, alerts: 2, suppressed: 2 });
});

test("a limit is told once per minute of event time, with what was dropped until then (A-3)", () => {
  const { engine, feed } = engineFor([rulePlan("r", ["s"], 1000)], null);
  for (const [i, at] of [59_000, 59_500, 60_000, 60_001, 130_000].entries()) {
    engine.accept(feed, i, 0, null, { at, t: "x", k: "k" });
  }
  const told = engine.takeOutputs().map(({ kind, text }) => [kind, JSON.parse(text)]);
  const body = { kind: "limit", rule: "r", version: "0123456789abcdef", limit: "open" };
  expect(told).toEqual([
    ["control", { ...body, dropped: 1, time: "1970-01-01T00:00:59Z" }],
    ["control", { ...body, dropped: 2, time: "1970-01-01T00:01:00Z" }],
    ["control", { ...body, dropped: 1, time: "1970-01-01T00:02:00Z" }],
  ]);
  engine.advance(180_001);
  const last = engine.takeOutputs().map(({ text }) => JSON.parse(text));
  expect(last).toEqual([{ ...body, dropped: 1, time: "1970-01-01T00:03:00Z" }]);
  engine.advance(900_000);
  expect(engine.takeOutputs()).toEqual([]);
  expect(engine.status().rules[0]?.limits).toContainEqual({ limit: "open", dropped: 5 });
});

test("a rule that is off does not run, and says so", () => {
  const trace: string[] = [];
  const { engine, feed } = engineFor([rulePlan("r", ["s"], 1000, { mode: "off" })], trace);
  engine.accept(feed, 1, 0, null, { at: 0, t: "a", k: "k" });
  expect(trace).toEqual([]);
  expect(engine.status().rules[0]).toMatchObject({ rule: "r", mode: "off", tier: null });
});

/** `field == value`, or `field in values`. */
function demands(name: string, values: readonly (string | number)[]): Expr {
  const left: Expr = { kind: "field", event: { kind: "at hand" }, path: [name] };
  const [only] = values;
  if (values.length === 1 && only !== undefined) {
    return { kind: "compare", operator: "==", left, right: { kind: "const", value: only } };
  }
  return { kind: "in", item: left, list: { kind: "const", value: values }, caseless: false };
}

test("the rule index offers an event to those rules that it can concern, once and in order", () => {
  const wheres = [
    ["a1", demands("p", ["x", "y"])],
    ["a2", demands("q", [5])],
    ["a3", null],
    ["a4", demands("p", ["x"])],
    ["a5", demands("q", ["5"])],
  ] as const;
  const rules = wheres.map(([name, where]) => {
    const body = pairBody(["s"], 1000, where);
    return rulePlan(name, ["s"], 1000, { body });
  });
  const events = [
    { at: 1, p: "x", q: 5 },
    { at: 2, p: "y" },
    { at: 3, q: "5" },
    { at: 4 },
    { at: 5, p: null, q: 5n },
  ];
  const run = (index: boolean): readonly string[] => {
    const trace: string[] = [];
    const { engine, feed } = engineFor(rules, trace, { index });
    for (const [i, data] of events.entries()) engine.accept(feed, i, 0, null, data);
    return trace.map((line) => line.split(" ").slice(0, 2).join(" "));
  };
  expect(run(true)).toEqual([
    "a1 1",
    "a2 1",
    "a3 1",
    "a4 1",
    "a1 2",
    "a3 2",
    "a3 3",
    "a5 3",
    "a3 4",
    "a2 5",
    "a3 5",
  ]);
  expect(run(false)).toHaveLength(25);
});
