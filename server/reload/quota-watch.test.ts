/** Budgets of rules over a clock that stands still unless it is told. */

import { expect, test } from "@jest/globals";
import { compileRules } from "../../dsl/compile.ts";
import { createEngine, type Engine, type Feed } from "../../engine/engine.ts";
import { RuleData } from "../../engine/rule-data.ts";
import type { Clock } from "../../io/clock.ts";
import { BusyMeter, QuotaWatch } from "./quota-watch.ts";

class StillClock implements Clock {
  ms = 0;
  nowMs(): number {
    return this.ms;
  }
  monotonicMs(): number {
    return this.ms;
  }
  after(): () => void {
    throw new Error("nobody waits here");
  }
  nextTurn(): void {
    throw new Error("nobody waits here");
  }
}

const RULES = `stream s from "s" { time t  delay 0s }
rule r.loud "Loud" { severity low  match by u within 1m { a: s } }
rule r.wide "Wide" { severity low  match by u within 1h { a: s then b: s where u == "never" } }
`;

const NONE = {
  busyPercent: null,
  partialMatches: null,
  alertsPerMinute: null,
  action: "off",
} as const;

function start(meter: BusyMeter | null): { readonly engine: Engine; readonly feed: Feed } {
  const { plan } = compileRules([{ file: "a.seq", text: RULES }]);
  if (plan === null) throw new Error("the rules compile");
  const engine = createEngine(plan, { meter });
  return { engine, feed: engine.feed("s", "S", { broker: false }) };
}

function send({ engine, feed }: ReturnType<typeof start>, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    engine.accept(feed, i, 0, null, { t: 1_700_000_000_000 + i, u: `u${i}` });
  }
  engine.takeOutputs();
}

test("without budgets nobody is over one", () => {
  const running = start(null);
  const watch = new QuotaWatch(NONE, running.engine, new StillClock(), null);
  send(running, 0, 100);
  expect(watch.look()).toEqual([]);
});

test("partial matches and alerts of a minute are counted by rule", () => {
  const clock = new StillClock();
  const running = start(null);
  const budgets = { ...NONE, partialMatches: 50, alertsPerMinute: 30 };
  const watch = new QuotaWatch(budgets, running.engine, clock, null);
  expect(watch.look()).toEqual([]);
  send(running, 0, 31);
  clock.ms = 1000;
  expect(watch.look()).toMatchObject([{ rule: "r.loud", budget: "alertsPerMinute", measured: 31 }]);
  // Those of before the minute count no more.
  clock.ms = 30_000;
  watch.look();
  clock.ms = 62_000;
  send(running, 31, 51);
  expect(watch.look()).toMatchObject([{ rule: "r.wide", budget: "partialMatches", measured: 51 }]);
});

test("a rule under another name is not judged for its whole life's alerts", () => {
  const running = start(null);
  const clock = new StillClock();
  const watch = new QuotaWatch({ ...NONE, alertsPerMinute: 30 }, running.engine, clock, null);
  send(running, 0, 100);
  expect(watch.look()).toEqual([]);
  const text = RULES.replace('rule r.loud "Loud" {', 'rule r.noisy "Loud" { was "r.loud"');
  const { plan } = compileRules([{ file: "a.seq", text }]);
  if (plan === null) throw new Error("the rules compile");
  const { engine } = running;
  const reload = engine.planReload(plan, new Map());
  engine.activate(new RuleData(plan, new Map()), reload);
  for (const { rule, was } of reload.rules) if (was !== null) watch.renamed(was, rule);
  expect(engine.status().rules.find(({ rule }) => rule === "r.noisy")?.alerts).toBe(100);
  clock.ms = 1000;
  expect(watch.look()).toEqual([]);
  send(running, 100, 131);
  clock.ms = 2000;
  expect(watch.look()).toMatchObject([{ rule: "r.noisy", measured: 31 }]);
});

test("the time of a rule is measured, what runs within it is its own", () => {
  const clock = new StillClock();
  const meter = new BusyMeter(clock);
  const running = start(meter);
  const watch = new QuotaWatch({ ...NONE, busyPercent: 20 }, running.engine, clock, meter);
  for (let second = 1; second <= 6; second++) {
    meter.enter("r.wide");
    clock.ms += 300;
    meter.leave();
    meter.enter("r.loud");
    clock.ms += 100;
    meter.leave();
    clock.ms += 600;
    const over = watch.look();
    expect(over.map(({ rule, measured }) => [rule, measured])).toEqual(
      second === 5 ? [["r.wide", 30]] : [],
    );
  }
});
