import { expect, test } from "@jest/globals";
import type { Value } from "../base/value.ts";
import type { TestExpectation } from "../dsl/plan.ts";
import type { AlertOutput } from "../engine/outputs.ts";
import { describeAlert, judge } from "./test-verdict.ts";

const START = 1000;

function alert(atMs: number, data: { readonly [name: string]: Value } = {}): AlertOutput {
  const text = new Date(START + atMs).toISOString();
  return {
    kind: "alert",
    timeMs: START + atMs,
    rule: "a.b",
    key: "",
    text: "",
    to: null,
    alert: {
      id: "1",
      rule: "a.b",
      version: "1",
      kind: "match",
      mode: "live",
      severity: "low",
      title: "A title",
      key: {},
      time: text,
      start: text,
      end: text,
      data,
      suppressed: 0,
      events: {},
      truncated: 0,
    },
  };
}

function expected(
  atMs: number | null,
  data: { readonly [name: string]: Value } | null = null,
): TestExpectation {
  const fields =
    data === null ? null : Object.entries(data).map(([name, value]) => ({ name, value }));
  return { kind: "alert", atMs, data: fields };
}

test("time and data must fit, and further data may be there", () => {
  const alerts = [alert(60_000, { user: "ana", geo: { lat: 1, lon: 2 } })];
  expect(judge([expected(60_000)], alerts, START)).toEqual([]);
  expect(judge([expected(null, { user: "ana" })], alerts, START)).toEqual([]);
  expect(judge([expected(60_000, { geo: { lat: 1 } })], alerts, START)).toEqual([]);
  expect(judge([expected(null, { missing: null })], alerts, START)).toEqual([]);
  expect(judge([expected(59_999)], alerts, START)).toEqual(["expected an alert at 59s999ms"]);
  expect(judge([expected(60_000, { user: "bo" })], alerts, START)).toEqual([
    'expected an alert at 1m with { user: "bo" }',
  ]);
  expect(judge([expected(null, { geo: { lat: 2 } })], alerts, START)).toHaveLength(1);
});

test("each expectation wants an alert of its own, however they are assigned", () => {
  const alerts = [alert(5, { n: 1 }), alert(5, { n: 2 })];
  expect(judge([expected(5), expected(5)], alerts, START)).toEqual([]);
  // The first must not keep the alert that only the second can have.
  expect(judge([expected(5), expected(5, { n: 1 })], alerts, START)).toEqual([]);
  expect(judge([expected(5), expected(5), expected(5)], alerts, START)).toHaveLength(1);
});

test("counts, none and timeouts", () => {
  const two = [alert(1), alert(2)];
  expect(judge([{ kind: "alerts", count: 2 }], two, START)).toEqual([]);
  expect(judge([{ kind: "alerts", count: 1 }], two, START)).toEqual([
    "expected 1 alert, but 2 alerts came",
  ]);
  expect(judge([{ kind: "none" }], [], START)).toEqual([]);
  expect(judge([{ kind: "none" }], two, START)).toEqual(["expected no alert, but 2 alerts came"]);
  expect(judge([{ kind: "timeout" }], two, START)).toEqual(["expected a timeout, but none came"]);
});

test("an alert is described by its time from the start", () => {
  expect(describeAlert(alert(90_000, { n: 1 }), START)).toBe('1m30s  a.b  "A title"  {"n":1}');
});
