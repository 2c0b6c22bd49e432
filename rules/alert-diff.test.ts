import { expect, test } from "@jest/globals";
import type { Alert } from "../engine/outputs.ts";
import { diffAlerts } from "./alert-diff.ts";

const base: Alert = {
  id: "1",
  rule: "a.b",
  version: "1",
  kind: "match",
  mode: "live",
  severity: "low",
  title: "twice",
  key: { user: "ana" },
  time: "2024-01-01T00:00:10Z",
  start: "2024-01-01T00:00:00Z",
  end: "2024-01-01T00:00:10Z",
  data: { times: 2 },
  suppressed: 0,
  events: {
    fails: [{ id: "7", stream: "s", seq: 7, time: "2024-01-01T00:00:00Z", data: {} }],
  },
  truncated: 0,
};
const rules = [{ name: "a.b", was: null }];
const otherEvidence: Alert["events"] = {
  fails: [{ id: "8", stream: "s", seq: 8, time: "2024-01-01T00:00:01Z", data: {} }],
};

test("id and version do not count", () => {
  expect(diffAlerts([base], [{ ...base, id: "2", version: "2" }], rules)).toEqual({
    same: 1,
    added: [],
    removed: [],
    changed: [],
  });
});

test("the same evidence judged at another time has changed", () => {
  const after = { ...base, time: "2024-01-01T00:00:20Z", title: "later" };
  const { changed, added, removed } = diffAlerts([base], [after], rules);
  expect([changed.map(({ aspects }) => aspects), added, removed]).toEqual([
    [["time", "title"]],
    [],
    [],
  ]);
});

test("other evidence at the same instant has changed; at another, one is gone and one is new", () => {
  const sameInstant = { ...base, events: otherEvidence };
  expect(diffAlerts([base], [sameInstant], rules).changed[0]?.aspects).toEqual(["events"]);
  const elsewhere = { ...sameInstant, time: "2024-01-01T00:00:30Z" };
  const { changed, added, removed } = diffAlerts([base], [elsewhere], rules);
  expect([changed, added, removed]).toEqual([[], [elsewhere], [base]]);
});

test("an alert stands for one other: of two equal ones one is added", () => {
  const { same, added } = diffAlerts([base], [base, { ...base, id: "2" }], rules);
  expect([same, added.length]).toEqual([1, 1]);
});

test("another key is another alert; a renamed rule is the same rule", () => {
  const bob = { ...base, key: { user: "bob" } };
  expect(diffAlerts([base], [bob], rules)).toMatchObject({ added: [bob], removed: [base] });
  const renamed = { ...base, rule: "c.d" };
  expect(diffAlerts([base], [renamed], [{ name: "c.d", was: "a.b" }]).same).toBe(1);
});
