import { expect, test } from "@jest/globals";
import { sha256Hex } from "../base/hash.ts";
import type { Expr } from "../dsl/expr.ts";
import { NO_DATA, NO_HISTORY } from "../nfa/history.ts";
import type { Match } from "../nfa/matcher.ts";
import { AlertMaker } from "./alert.ts";
import { Feed } from "./feed.ts";
import { FeedEvent } from "./feed-event.ts";
import { DEFAULT_ENGINE_LIMITS, type EngineLimits } from "./options.ts";
import { pairBody, rulePlan, streamPlan } from "./testing/plans.ts";
import { yieldsTime } from "./time-values.ts";

const FEED = new Feed(streamPlan("auth", 0), "f", 0);
const BEGAN = Date.UTC(2013, 11, 16, 15, 25, 0);

function eventAt(seq: number, index = 0, extra = ""): FeedEvent {
  const data = { n: seq, ...(extra === "" ? {} : { extra }) };
  return new FeedEvent(FEED, seq, index, BEGAN + seq * 1000, 0, null, data);
}

/** A match of `count` events of the first label and one of the second. */
function matchOf(count: number, extra = "", kind: Match["kind"] = "match"): Match {
  const events = Array.from({ length: count }, (_, i) => eventAt(i, 0, extra));
  const hit = eventAt(count, 2);
  const taken = events.map((event) => ({ step: 0, label: 0, event }));
  const first = events[0] ?? hit;
  const history = {
    ...NO_HISTORY,
    fromFirst: (label: number, i: number) => (label === 0 ? (events[i] ?? null) : hit),
    fromLast: () => hit,
  };
  return {
    kind,
    keys: ["ana", null],
    key: "ana",
    decidedMs: hit.timeMs,
    startMs: first.timeMs,
    endMs: hit.timeMs,
    taken: [...taken, { step: 1, label: 1, event: hit }],
    untold: 0,
    history,
  };
}

const FIRST: Expr = {
  kind: "time",
  event: { kind: "nth", label: 0, from: "first", index: { kind: "const", value: 0 } },
};
const LAST: Expr = { kind: "time", event: { kind: "nth", label: 1, from: "last", index: null } };
const TOOK: Expr = { kind: "arithmetic", operator: "-", left: LAST, right: FIRST };

const RULE = rulePlan("auth.bruteforce", ["auth"], 60_000, {
  severity: "high",
  keys: [
    { name: "user", nullable: false },
    { name: "__proto__", nullable: true },
  ],
  alert: {
    title: [
      { kind: "key", index: 0 },
      " from ",
      FIRST,
      " after ",
      TOOK,
      " ",
      { kind: "const", value: null },
    ],
    data: [
      { name: "began", value: FIRST },
      { name: "took", value: TOOK },
    ],
    to: "soc.high",
  },
});

function make(match: Match, limits: Partial<EngineLimits> = {}) {
  const maker = new AlertMaker(
    RULE,
    NO_DATA,
    { ...DEFAULT_ENGINE_LIMITS, ...limits },
    { codegen: false },
  );
  return maker.make(match, 3);
}

test("an alert has the names of A-4 in their order", () => {
  const { text, to } = make(matchOf(1));
  const id = sha256Hex(
    '["alert/1","auth.bruteforce","0123456789abcdef","match",["ana",null],[[0,[["auth","0"]]],[1,[["auth","1.2"]]]],null]',
  ).slice(0, 32);
  expect(to).toBe("soc.high");
  expect(text).toBe(
    `{"id":"${id}","rule":"auth.bruteforce","version":"0123456789abcdef","kind":"match","mode":"live","severity":"high",` +
      '"title":"ana from 2013-12-16T15:25:00Z after 1000 null","key":{"user":"ana","__proto__":null},' +
      '"time":"2013-12-16T15:25:01Z","start":"2013-12-16T15:25:00Z","end":"2013-12-16T15:25:01Z",' +
      '"data":{"began":"2013-12-16T15:25:00Z","took":1000},"suppressed":3,"events":{' +
      '"first":[{"id":"0","stream":"auth","seq":0,"time":"2013-12-16T15:25:00Z","data":{"n":0}}],' +
      '"second":[{"id":"1.2","stream":"auth","seq":1,"index":2,"time":"2013-12-16T15:25:01Z","data":{"n":1}}]},"truncated":0}',
  );
});

test("the data is the key where the rule says nothing, and a label without events is left out", () => {
  const rule = rulePlan("r", ["auth"], 1000, { mode: "shadow", body: pairBody(["auth"], 1000) });
  const maker = new AlertMaker(rule, NO_DATA, DEFAULT_ENGINE_LIMITS, { codegen: false });
  const { alert } = maker.make({ ...matchOf(0), keys: ["ana"] }, 0);
  expect(alert.data).toEqual({ k: "ana" });
  expect(alert.mode).toBe("shadow");
  expect(Object.keys(alert.events)).toEqual(["second"]);
});

test("of many events of a step the first and last 50 are shown, and the rest counted (A-5)", () => {
  const { alert } = make(matchOf(130));
  const shown = alert.events["first"]?.map(({ seq }) => seq) ?? [];
  expect(shown).toHaveLength(100);
  expect([shown[0], shown[49], shown[50], shown[99]]).toEqual([0, 49, 80, 129]);
  expect(alert.truncated).toBe(30);
  expect(make(matchOf(100)).alert.truncated).toBe(0);
});

test("an alert that is too large shows less evidence, then no data", () => {
  const large = "ä".repeat(700);
  const { alert, text } = make(matchOf(100, large));
  expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(65_536);
  expect(alert.events["first"]).toHaveLength(24);
  expect(alert.truncated).toBe(76);
  const tiny = make(matchOf(3), { alertBytes: 100 });
  expect(tiny.alert).toMatchObject({ data: {}, truncated: 4, events: { first: [], second: [] } });
});

test("the id depends on rule version, kind, key and events by step, and on a timeout's deadline", () => {
  const ids = [
    make(matchOf(1)),
    make(matchOf(2)),
    make({ ...matchOf(1), keys: ["bob", null] }),
    make(matchOf(1, "", "timeout")),
    make({ ...matchOf(1, "", "timeout"), decidedMs: BEGAN + 9000 }),
  ].map(({ alert }) => alert.id);
  expect(new Set(ids).size).toBe(5);
  expect(make({ ...matchOf(1), decidedMs: BEGAN + 9000 }).alert.id).toBe(ids[0]);
});

test("what yields a time is known from the expression", () => {
  const minute: Expr = { kind: "const", value: 60_000 };
  const nothing: Expr = { kind: "const", value: null };
  const times: readonly Expr[] = [
    FIRST,
    { kind: "call", name: "parse_time", args: [minute] },
    { kind: "call", name: "least", args: [FIRST, LAST] },
    { kind: "coalesce", operands: [FIRST, nothing] },
    // biome-ignore lint/suspicious/noThenProperty: the tree's own name for a branch
    { kind: "if", test: nothing, then: FIRST, else: LAST },
    { kind: "arithmetic", operator: "+", left: minute, right: FIRST },
    { kind: "arithmetic", operator: "-", left: FIRST, right: minute },
    { kind: "aggregate", name: "max", inputs: [{ label: 0, value: FIRST }], parameter: null },
  ];
  const others: readonly Expr[] = [
    TOOK,
    minute,
    nothing,
    { kind: "coalesce", operands: [FIRST, minute] },
    { kind: "call", name: "hour", args: [FIRST] },
    { kind: "aggregate", name: "count", inputs: [{ label: 0, value: null }], parameter: null },
    { kind: "arithmetic", operator: "*", left: FIRST, right: minute },
  ];
  expect(times.map(yieldsTime)).toEqual(times.map(() => true));
  expect(others.map(yieldsTime)).toEqual(others.map(() => false));
});
