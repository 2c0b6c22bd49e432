/**
 * What a row of the table in docs/RELOAD.md names beside the change of its case in rows.ts: the verdict on each, by the
 * two texts alone.
 */

import { expect, test } from "@jest/globals";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { planReload } from "../../engine/engine.ts";
import { ROWS } from "./rows.ts";

const STREAMS = `stream s from "x.s" { time at }\nstream s2 from "x.s2" { time at }\n`;
const STEPS = `a: s where t == "A"  then b: s where t == "B"`;
const AB = `match by k within 1m { ${STEPS} }`;
const WINDOW = `window 1m by k over s having count() >= 3`;
const EXPECT = `expect s by k every 10s`;
const TABLE = `table hosts from "hosts.csv" key k\ntable others from "others.csv" key k\n`;
const SKIP =
  "`skip`, `until` after the block, `on timeout after`: added, removed, or another one; the kind of `match`";
const SAID = "the condition of an `until`; `on timeout` without `after`, and what it tells";
const SHAPE = "steps, links, quantities, `no`";
const BOUNDS = "`within`, `gap`, or an element's `within`";
const STREAM = "a stream's `delay`, `idle`, `late`, subjects or fields";
const AWAITED = "`expect`: `every`, keys, with or without a table";

/** The row, and the body of the rule before and after. */
const BODIES: readonly (readonly [row: string, before: string, after: string])[] = [
  [SKIP, AB, `${AB} skip none`],
  [SKIP, `${AB} skip to next`, `${AB} skip past all`],
  [SKIP, AB, `${AB} until s where t == "X"`],
  [SKIP, `${AB} until s where t == "X"`, AB],
  [SKIP, `${AB} until s where t == "X"`, `${AB} until s2 where t == "X"`],
  [SAID, AB, `${AB} on timeout alert "late"`],
  [SKIP, AB, `${AB} on timeout after a alert "late"`],
  [SKIP, `${AB} on timeout after a alert "late"`, AB],
  [SKIP, AB, AB.replace("match by", "match longest by")],
  [SAID, `${AB} until s where t == "X"`, `${AB} until s where t == "Y" and n > 3`],
  [SAID, `${AB} on timeout alert "late"`, `${AB} on timeout alert "too late, {k}"`],
  [SHAPE, AB, AB.replace("then b", "then any b")],
  [SHAPE, AB, AB.replace("a: s", "a: 2+ s")],
  [SHAPE, AB, AB.replace('== "B"', '== "B" then no s where t == "C"')],
  [BOUNDS, AB, AB.replace('== "B"', '== "B" within 5s')],
  ["keys", AB, AB.replace("by k", "by k, u")],
  ["which streams a step reads", AB, AB.replace("b: s", "b: s or s2")],
  ["`once`: other values, added, or removed", AB, `${AB} once per k every 1h`],
  ["`once`: other values, added, or removed", `${AB} once per k every 1h`, AB],
  ["`limit`", AB, `${AB} limit 7 open`],
  ["a window's kind or size", WINDOW, WINDOW.replace("window 1m", "window every 1m")],
  ["a window's kind or size", WINDOW, WINDOW.replace("window 1m", "window gap 1m")],
  [
    BOUNDS,
    WINDOW.replace("window 1m", "window gap 1m"),
    WINDOW.replace("window 1m", "window gap 2m"),
  ],
  [AWAITED, EXPECT, EXPECT.replace("by k", "by k, u")],
  [AWAITED, EXPECT, `${EXPECT} from hosts`],
  [AWAITED, `${EXPECT} from hosts`, EXPECT],
  ["`expect`: its condition, or the table's name", `${EXPECT} from hosts`, `${EXPECT} from others`],
];

const STREAM_SETTINGS = ["idle 5m", "late accept", "from"];

function planOf(body: string, streams = STREAMS): RuleSetPlan {
  const text = `${streams}${TABLE}rule r "a title" { severity low ${body} }\n`;
  const { plan, diagnostics } = compileRules([{ file: "a.seq", text }]);
  if (plan === null)
    throw new Error(`${body}: ${diagnostics.map(({ message }) => message).join("; ")}`);
  return plan;
}

function verdictOf(before: RuleSetPlan, after: RuleSetPlan): string | undefined {
  return planReload(before, after, new Map(), []).rules.find(({ rule }) => rule === "r")?.verdict;
}

const rowOf = (change: string) => ROWS.find((row) => row.change === change)?.verdict;

test.each(BODIES)("%s: %s, then %s", (row, before, after) => {
  expect(rowOf(row)).toBeDefined();
  expect(verdictOf(planOf(before), planOf(after))).toBe(rowOf(row));
});

test.each(STREAM_SETTINGS)("a stream gets %s", (setting) => {
  const streams =
    setting === "from"
      ? STREAMS.replace('"x.s"', '"x.s", "x.t"')
      : STREAMS.replace("time at", `time at ${setting}`);
  expect(verdictOf(planOf(AB), planOf(AB, streams))).toBe(rowOf(STREAM));
});
