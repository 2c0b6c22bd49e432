import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import type { ValueObject } from "../base/value.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";
import { compile, createEngine } from "./library.ts";

const RULES = `
stream auth from "events.auth.>" { time timestamp  delay 10s }
stream orders from "events.orders.>" { time at }
event Login = auth where action == "login"
event Paid = orders where type == "paid"
event Shipped = orders where type == "shipped"

rule auth.bruteforce "Many failed logins, then a success" {
  severity high
  match by user, ip within 5m {
    fails:   5+ Login where outcome == "failure"
    then ok: Login where outcome == "success"
  }
  alert "{count(fails)} failures, then {user} logged in from {ip}, first at {time(first(fails))}" {
    attempts: count(fails)
    began:    time(first(fails))
    took:     time(ok) - time(first(fails))
  }
  once per user every 30m
}

rule orders.unshipped "Paid, but not shipped in two hours" {
  severity low
  match by order_id within 2h {
    paid: Paid
    then no Shipped
  }
}

rule mixed.pairs "A login and a payment" {
  severity info
  match all by user within 1m {
    l: Login
    then p: Paid
  }
}
`;

function rules(text = RULES): RuleSetPlan {
  const compiled = compile(text);
  expect(compiled.diagnostics).toEqual([]);
  if (compiled.rules === null) throw new Error("the rules compile");
  return compiled.rules;
}

const BEGAN = Date.UTC(2013, 11, 16, 15, 25, 0);

function login(second: number, outcome: string, user = "ana"): ValueObject {
  const timestamp = new Date(BEGAN + second * 1000).toISOString();
  return { timestamp, action: "login", outcome, user, ip: "10.0.0.9" };
}

test("rules from text, events in, alerts out", () => {
  const engine = createEngine(rules());
  const events = [0, 10, 20, 30, 40].map((s) => login(s, "failure"));
  expect(engine.ingest(events.map((data) => ({ stream: "auth", data })))).toEqual([]);
  const ok = { subject: "events.auth.x", data: login(50, "success") };
  expect(engine.ingest([ok])).toEqual([]);
  const [alert] = engine.advanceTo(BEGAN + 60_000);
  expect(alert).toMatchObject({
    rule: "auth.bruteforce",
    title: "5 failures, then ana logged in from 10.0.0.9, first at 2013-12-16T15:25:00Z",
    data: { attempts: 5, began: "2013-12-16T15:25:00Z", took: 50_000 },
    time: "2013-12-16T15:25:50Z",
  });
});

test("absence is decided by time, exactly at its deadline", () => {
  const engine = createEngine(rules());
  engine.ingest([{ stream: "orders", data: { at: BEGAN, type: "paid", order_id: 7 } }]);
  expect(engine.advanceTo(BEGAN + 7_200_000)).toEqual([]);
  const [alert] = engine.advanceTo(BEGAN + 7_200_001);
  expect(alert).toMatchObject({ time: "2013-12-16T17:25:00Z", key: { order_id: 7 } });
});

test("bare events go to the only stream; without one they are counted", () => {
  const one = createEngine(
    rules(
      `stream s from "s" { time at } rule r "r" { severity low match by k within 1m { a: s } }`,
    ),
  );
  expect(one.ingest([{ at: 1, k: "x" }])).toHaveLength(1);
  const two = createEngine(rules());
  two.ingest([login(0, "failure"), { stream: "nowhere", data: {} }]);
  expect(two.unroutable).toBe(2);
});

test("with a snapshot after every event the alerts are the same, with and without the index and generated code", () => {
  const plan = rules();
  for (let seed = 1; seed <= 3; seed++) {
    const random = new Random(seed);
    const events = Array.from({ length: 120 }, (_, i) => {
      const second = i * 9 + random.below(8);
      const user = random.pick(["ana", "ana", "bob"]);
      if (random.chance(0.6)) {
        const data = login(second, random.chance(0.8) ? "failure" : "success", user);
        return { stream: "auth", data };
      }
      const type = random.pick(["paid", "shipped"]);
      const at = BEGAN + second * 1000;
      return { stream: "orders", data: { at, type, order_id: random.below(25), user } };
    });
    const straight = createEngine(plan);
    const expected = [...events.flatMap((e) => straight.ingest([e])), ...straight.flush()];
    expect(new Set(expected.map(({ rule }) => rule)).size).toBe(3);

    let engine = createEngine(plan);
    const restarted = events.flatMap((e) => {
      const alerts = engine.ingest([e]);
      engine = createEngine(plan, engine.snapshot());
      return alerts;
    });
    expect([...restarted, ...engine.flush()]).toEqual(expected);

    const plain = createEngine(plan, null, { index: false, codegen: false });
    expect([...events.flatMap((e) => plain.ingest([e])), ...plain.flush()]).toEqual(expected);
    expect(straight.status()).toMatchObject({ openDeadlines: 0, waitingEvents: 0 });
  }
});

test("a snapshot with an unknown space is refused", () => {
  expect(() => createEngine(rules(), new Uint8Array([0, 1, 65]))).toThrow();
});
