import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import type { Value } from "../base/value.ts";
import type { RuleSetPlan, StreamPlan } from "../dsl/plan.ts";
import { createEngine, type Engine, type EngineOptions, type Feed } from "./engine.ts";
import { PairMatcher } from "./testing/pair-matcher.ts";
import { planOf, rulePlan, streamPlan } from "./testing/plans.ts";

const WINDOW = 1000;

function traced(
  plan: RuleSetPlan,
  options: EngineOptions = {},
): { engine: Engine; trace: string[] } {
  const trace: string[] = [];
  const engine = createEngine(plan, {
    ...options,
    createMatcher: (rule, host) => new PairMatcher(rule, host, trace),
  });
  return { engine, trace };
}

/** One stream `s`, one rule `r` over it, one feed. */
function single(changes: Partial<StreamPlan> = {}): {
  engine: Engine;
  trace: string[];
  feed: Feed;
} {
  const plan = planOf([streamPlan("s", 0, changes)], [rulePlan("r", ["s"], WINDOW)]);
  const { engine, trace } = traced(plan);
  return { engine, trace, feed: engine.feed("s", "f", { broker: false }) };
}

/** Streams `a` and `b`, one rule over both, a feed each. */
function double(
  a: Partial<StreamPlan> = {},
  b: Partial<StreamPlan> = {},
): { engine: Engine; trace: string[]; feedA: Feed; feedB: Feed } {
  const plan = planOf(
    [streamPlan("a", 0, a), streamPlan("b", 1, b)],
    [rulePlan("r", ["a", "b"], WINDOW)],
  );
  const { engine, trace } = traced(plan);
  const feedA = engine.feed("a", "f", { broker: false });
  return { engine, trace, feedA, feedB: engine.feed("b", "f", { broker: false }) };
}

function event(at: number, t = "-", k = "k"): Value {
  return { at, t, k };
}

test("without delay an event passes at once, and deadlines strictly before it fire first (T-5)", () => {
  const { engine, trace, feed } = single();
  engine.accept(feed, 1, 0, null, event(0, "a"));
  engine.accept(feed, 2, 0, null, event(WINDOW, "-"));
  engine.accept(feed, 3, 0, null, event(WINDOW + 1, "-"));
  expect(trace).toEqual(["r 0 s/f 1", "r 1000 s/f 2", "r deadline 1000 k", "r 1001 s/f 3"]);
});

test("deadlines of one instant fire by rule and key, keys by code point (T-5)", () => {
  const plan = planOf(
    [streamPlan("s", 0)],
    [rulePlan("alpha", ["s"], WINDOW), rulePlan("beta", ["s"], WINDOW)],
  );
  const { engine, trace } = traced(plan);
  const feed = engine.feed("s", "f", { broker: false });
  for (const [i, k] of ["\u{1f600}", "\ufffd", "z"].entries()) {
    engine.accept(feed, i, 0, null, event(0, "w", k));
  }
  trace.length = 0;
  engine.accept(feed, 9, 0, null, event(5000));
  expect(trace).toEqual([
    "alpha deadline 1000 z",
    "alpha deadline 1000 \ufffd",
    "alpha deadline 1000 \u{1f600}",
    "beta deadline 1000 z",
    "beta deadline 1000 \ufffd",
    "beta deadline 1000 \u{1f600}",
    "alpha 5000 s/f 9",
    "beta 5000 s/f 9",
  ]);
});

test("with delay an event waits for its own watermark, which may equal its time (T-1)", () => {
  const { engine, trace, feed } = single({ delayMs: 10 });
  engine.accept(feed, 1, 0, null, event(100));
  engine.accept(feed, 2, 0, null, event(109));
  expect(trace).toEqual([]);
  expect(engine.status().waitingEvents).toBe(2);
  engine.accept(feed, 3, 0, null, event(110));
  expect(trace).toEqual(["r 100 s/f 1"]);
  engine.accept(feed, 4, 0, null, event(100));
  expect(trace).toEqual(["r 100 s/f 1", "r 100 s/f 4"]);
});

test("a late event is counted and put out with its lateness (T-2)", () => {
  const { engine, trace, feed } = single({ delayMs: 10 });
  engine.accept(feed, 1, 0, null, event(100));
  engine.accept(feed, 2, 0, null, event(89));
  engine.accept(feed, 3, 0, null, event(90));
  engine.endFeed(feed);
  expect(trace).toEqual(["r 90 s/f 3", "r 100 s/f 1"]);
  const [late] = engine.takeOutputs();
  expect(late?.kind).toBe("late");
  expect(JSON.parse(late?.text ?? "")).toEqual({
    stream: "s",
    feed: "f",
    reason: "late",
    id: "2",
    seq: 2,
    time: "1970-01-01T00:00:00.089Z",
    latenessMs: 1,
    watermark: "1970-01-01T00:00:00.090Z",
    data: { at: 89, t: "-", k: "k" },
  });
  expect(engine.status().streams[0]).toMatchObject({ events: 2, late: 1 });
});

test("`late accept` takes a late event at the watermark", () => {
  const { engine, trace, feed } = single({ delayMs: 10, late: "accept" });
  engine.accept(feed, 1, 0, null, event(100));
  engine.accept(feed, 2, 0, null, event(20));
  engine.endFeed(feed);
  expect(trace).toEqual(["r 90 s/f 2", "r 100 s/f 1"]);
  expect(engine.takeOutputs()).toEqual([]);
  expect(engine.status().streams[0]).toMatchObject({ events: 1, late: 1 });
});

test("a fraction of a millisecond orders, and takes part in the watermark", () => {
  const { engine, trace, feed } = single({
    delayMs: 1,
    time: { path: ["at"], format: null, zone: null, unit: "us" },
  });
  for (const [i, us] of [5250, 5500, 4500, 4499, 6250, 6500].entries()) {
    engine.accept(feed, i, 0, null, event(us));
  }
  expect(trace).toEqual(["r 4.5 s/f 2", "r 5.25 s/f 0", "r 5.5 s/f 1"]);
  expect(engine.status().streams[0]).toMatchObject({ late: 1 });
});

test("an event goes when every other feed is beyond it, or at it and sorts after it", () => {
  const { engine, trace, feedA, feedB } = double();
  engine.accept(feedB, 1, 0, null, event(100));
  expect(trace).toEqual([]);
  engine.accept(feedA, 1, 0, null, event(100));
  expect(trace).toEqual(["r 100 a/f 1"]);
  engine.accept(feedA, 2, 0, null, event(100));
  expect(trace).toEqual(["r 100 a/f 1", "r 100 a/f 2"]);
  engine.accept(feedA, 3, 0, null, event(101));
  expect(trace.slice(2)).toEqual(["r 100 b/f 1"]);
});

test("deadlines fire when every feed is beyond them", () => {
  const { engine, trace, feedA, feedB } = double();
  engine.accept(feedA, 1, 0, null, event(0, "a"));
  engine.accept(feedB, 1, 0, null, event(0));
  engine.accept(feedA, 2, 0, null, event(5000));
  engine.accept(feedB, 2, 0, null, event(1000));
  expect(trace).toEqual(["r 0 a/f 1", "r 0 b/f 1", "r 1000 b/f 2"]);
  engine.accept(feedB, 3, 0, null, event(1001));
  expect(trace.slice(3)).toEqual(["r deadline 1000 k", "r 1001 b/f 3"]);
});

test("an idle feed does not hold time back; what it brings from before is late for the rule (T-2)", () => {
  const { engine, trace, feedA, feedB } = double();
  engine.accept(feedA, 1, 0, null, event(100));
  expect(trace).toEqual([]);
  engine.feedIdle(feedB, true);
  expect(trace).toEqual(["r 100 a/f 1"]);
  engine.accept(feedA, 2, 0, null, event(200));
  engine.accept(feedB, 1, 0, null, event(150));
  engine.accept(feedB, 2, 0, null, event(200));
  expect(trace).toEqual(["r 100 a/f 1", "r 200 a/f 2"]);
  engine.accept(feedA, 3, 0, null, event(201));
  expect(trace.slice(2)).toEqual(["r 200 b/f 2"]);
  const [late] = engine.takeOutputs();
  expect(JSON.parse(late?.text ?? "")).toMatchObject({ latenessMs: 50, rules: ["r"] });
  expect(engine.status().streams[1]).toMatchObject({ lateForRule: 1, late: 0, events: 2 });
});

test("a woken feed's event at the time reached that sorts before what was offered is late", () => {
  const { engine, trace, feedA, feedB } = double();
  engine.feedIdle(feedA, true);
  engine.accept(feedB, 1, 0, null, event(100));
  engine.accept(feedA, 1, 0, null, event(100));
  expect(trace).toEqual(["r 100 b/f 1"]);
  expect(engine.status().streams[0]).toMatchObject({ lateForRule: 1 });
});

test("`late accept` after a wake takes the event at the rule's current time", () => {
  const { engine, trace, feedA, feedB } = double({ late: "accept" });
  engine.feedIdle(feedA, true);
  engine.accept(feedB, 1, 0, null, event(100));
  engine.accept(feedA, 1, 0, null, event(50));
  expect(trace).toEqual(["r 100 b/f 1", "r 100 a/f 1"]);
});

test("with all feeds idle time follows the wall clock less the delay, and never goes back (T-4)", () => {
  const { engine, trace, feed } = single({ delayMs: 10 });
  engine.accept(feed, 1, 0, null, event(100, "a"));
  expect(engine.tick(50_000)).toBe(false);
  engine.feedIdle(feed, true);
  expect(engine.tick(109)).toBe(false);
  expect(trace).toEqual([]);
  expect(engine.tick(111)).toBe(true);
  expect(trace).toEqual(["r 100 s/f 1"]);
  expect(engine.tick(1110)).toBe(false);
  expect(engine.tick(1000)).toBe(false);
  expect(engine.tick(1111)).toBe(true);
  expect(trace).toEqual(["r 100 s/f 1", "r deadline 1100 k"]);
  engine.accept(feed, 2, 0, null, event(1100));
  expect(engine.status().streams[0]).toMatchObject({ lateForRule: 1 });
});

test("a file's end: time is its last event's, deadlines at it wait, and no wall clock; flush lets all go", () => {
  const { engine, trace, feed } = single({ delayMs: 5000 });
  engine.accept(feed, 1, 0, null, event(0, "w"));
  engine.accept(feed, 2, 0, null, event(WINDOW));
  engine.accept(feed, 3, 0, null, event(WINDOW, "w", "later"));
  expect(trace).toEqual([]);
  engine.endFeed(feed);
  expect(trace).toEqual(["r 0 s/f 1", "r 1000 s/f 2", "r 1000 s/f 3"]);
  expect(engine.tick(1e12)).toBe(false);
  expect(engine.status()).toMatchObject({ waitingEvents: 0, openDeadlines: 2 });
  engine.flush();
  expect(trace.slice(3)).toEqual(["r deadline 1000 k", "r deadline 2000 later"]);
  expect(engine.status()).toMatchObject({ waitingEvents: 0, openDeadlines: 0 });
});

test("a file that has grown goes on; what rules have passed stays passed", () => {
  const { engine, trace, feed } = single({ delayMs: 5000 });
  engine.accept(feed, 1, 0, null, event(1000));
  engine.endFeed(feed);
  engine.accept(feed, 2, 0, null, event(999));
  engine.accept(feed, 3, 0, null, event(2000));
  engine.endFeed(feed);
  expect(trace).toEqual(["r 1000 s/f 1", "r 2000 s/f 3"]);
  expect(engine.status().streams[0]).toMatchObject({ lateForRule: 1 });
});

test("flush lets events and deadlines go in their common order", () => {
  const { engine, trace, feed } = single({ delayMs: 5000 });
  engine.accept(feed, 1, 0, null, event(0, "w"));
  engine.accept(feed, 2, 0, null, event(1500));
  engine.flush();
  expect(trace).toEqual(["r 0 s/f 1", "r deadline 1000 k", "r 1500 s/f 2"]);
});

test("`advance` is a virtual clock", () => {
  const { engine, trace, feed } = single({ delayMs: 10 });
  engine.accept(feed, 1, 0, null, event(100, "w"));
  engine.advance(1100);
  expect(trace).toEqual(["r 100 s/f 1"]);
  engine.advance(1101);
  expect(trace).toEqual(["r 100 s/f 1", "r deadline 1100 k"]);
  engine.accept(feed, 2, 0, null, event(1100));
  expect(engine.status().streams[0]).toMatchObject({ late: 1 });
});

test("events more than a day ahead of the broker's time do not move time (T-3)", () => {
  const plan = planOf([streamPlan("s", 0)], [rulePlan("r", ["s"], WINDOW)]);
  const { engine, trace } = traced(plan);
  const feed = engine.feed("s", "f", { broker: true });
  engine.accept(feed, 1, 0, 1000, event(86_401_000));
  engine.accept(feed, 2, 0, 500, event(86_401_001));
  engine.accept(feed, 3, 0, 500, event(86_401_000));
  expect(trace).toEqual(["r 86401000 s/f 1", "r 86401000 s/f 3"]);
  expect(engine.status().streams[0]).toMatchObject({ future: 1, events: 2 });
  const file = engine.feed("s", "g", { broker: false });
  engine.accept(file, 1, 0, 0, event(186_400_001));
  expect(engine.status().streams[0]).toMatchObject({ future: 1, events: 3 });
});

test("arrivals shuffled within the delay give the order of the sorted ones", () => {
  const random = new Random(11);
  for (let round = 0; round < 25; round++) {
    const delayMs = 1 + random.below(50);
    const plan = planOf([streamPlan("s", 0, { delayMs })], [rulePlan("r", ["s"], 20)]);
    const events = Array.from({ length: 80 }, (_, seq) => ({
      seq,
      at: random.below(400),
      rank: 0,
    })).sort((x, y) => x.at - y.at || x.seq - y.seq);
    for (const e of events) e.rank = e.at + random.unit() * delayMs;
    const run = (order: typeof events): readonly string[] => {
      const { engine, trace } = traced(plan);
      const feed = engine.feed("s", "f", { broker: false });
      for (const { seq, at } of order) engine.accept(feed, seq, 0, null, event(at, "w"));
      engine.flush();
      expect(engine.status().streams[0]).toMatchObject({ late: 0 });
      return trace;
    };
    const shuffled = [...events].sort((x, y) => x.rank - y.rank || x.seq - y.seq);
    expect(run(shuffled)).toEqual(run(events));
  }
});

test("however two feeds interleave, the order is the same", () => {
  const random = new Random(12);
  for (let round = 0; round < 25; round++) {
    const make = (): readonly number[] =>
      Array.from({ length: 40 }, () => random.below(120)).sort((x, y) => x - y);
    const sides = [make(), make()] as const;
    const run = (choose: () => boolean): readonly string[] => {
      const { engine, trace, feedA, feedB } = double({}, { delayMs: 3 });
      const next = [0, 0];
      while (next[0] !== 40 || next[1] !== 40) {
        const side = next[0] === 40 ? 1 : next[1] === 40 ? 0 : choose() ? 1 : 0;
        const seq = next[side] as number;
        next[side] = seq + 1;
        engine.accept(side === 0 ? feedA : feedB, seq, 0, null, event(sides[side][seq] ?? 0, "w"));
      }
      engine.endFeed(feedA);
      engine.endFeed(feedB);
      engine.flush();
      return trace;
    };
    const one = run(() => false);
    expect(one.filter((line) => !line.includes("deadline"))).toHaveLength(80);
    expect(run(() => random.chance(0.5))).toEqual(one);
  }
});
