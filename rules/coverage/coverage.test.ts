/** Each kind of place: which test reaches it, and which does not. */

import { expect, test } from "@jest/globals";
import type { RuleFileReader } from "../rule-files.ts";
import { loadRules } from "../rule-set.ts";
import { rulesUnderTest, runTest } from "../test-runner.ts";
import { Coverage, coveredPercent } from "./coverage.ts";

const STREAMS = `stream s from "s.>" { time at }
event A = s where kind == "a"
event B = s where kind == "b"
event C = s where kind == "c"
event D = s where kind == "d"
`;

const reader: RuleFileReader = { readLines: () => ({ error: "it does not exist" }) };

/** What the tests do not reach, as `line: text`; lines count from the rule's head. */
function missed(rule: string, tests: string, harder = false): readonly string[] {
  const text = `${STREAMS}${rule}\n${tests}`;
  const files = [{ file: "a.seq", text }];
  const { set, diagnostics } = loadRules(files, { reader, todayMs: 0 });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (set === null) throw new Error("the rules have no errors");
  const coverage = new Coverage(set.plan, files);
  for (const one of set.plan.tests) {
    const engine = { createMatcher: coverage.matchers(rulesUnderTest(set, one)) };
    const outcome = runTest(set, one, { reader, harder, engine });
    expect({ test: one.title, problems: outcome.problems }).toEqual({
      test: one.title,
      problems: [],
    });
  }
  const head = STREAMS.split("\n").length;
  return coverage
    .report()
    .flatMap(({ sites }) => sites)
    .filter(({ tests: reached }) => reached === 0)
    .map(({ line, text: what }) => `${line - head}: ${what}`);
}

const rule = (body: string, clauses = ""): string =>
  `rule r "R" { severity low match by u within 1m {\n${body}\n}\n${clauses}\n}`;
/** A test of the rule from events such as "a0 b5": kind and second. */
const events = (list: string, expected: string): string => {
  const written = list.split(" ").map((one) => {
    const [, kind = "", at = ""] = /^([a-d])(\d+)$/.exec(one) ?? [];
    return kind === "" ? one.replace("+", "advance ") : `${at}s s { kind: "${kind}", u: 1 }`;
  });
  return `test "${list}" for r {\n${written.join("\n")}\nexpect ${expected} }`;
};

test("steps: the ones that took an event", () => {
  const pair = rule("a: A\nthen b: B");
  expect(missed(pair, "")).toEqual(["1: `a` takes an event", "2: `b` takes an event"]);
  expect(missed(pair, events("a0 c1", "none"))).toEqual(["2: `b` takes an event"]);
  expect(missed(pair, events("a0 b1", "alert"))).toEqual([]);
});

test("an optional element: taken, and passed over by what comes behind it", () => {
  const pattern = rule("a: A\nthen b: optional B\nthen c: C");
  expect(missed(pattern, events("a0", "none"))).toEqual([
    "2: `b` takes an event",
    "2: `b` is passed over",
    "3: `c` takes an event",
  ]);
  expect(missed(pattern, events("a0 b1", "none"))).toEqual([
    "2: `b` is passed over",
    "3: `c` takes an event",
  ]);
  expect(missed(pattern, events("a0 c1", "alert"))).toEqual(["2: `b` takes an event"]);
  expect(missed(pattern, events("a0 b1 c2", "alert") + events("a0 c2", "alert"))).toEqual([]);
});

test("an optional element at the end is passed over when the match is complete without it", () => {
  const pattern = rule("a: A\nthen b: optional B\nthen no C");
  const all = ["2: `b` takes an event", "2: `b` is passed over", "3: `no C` ends it"];
  expect(missed(pattern, events("a0", "none"))).toEqual(all);
  expect(missed(pattern, events("a0 c1", "none"))).toEqual(all.slice(0, 2));
  expect(missed(pattern, events("a0 +2m", "alert"))).toEqual([all[0], all[2]]);
});

test("alternatives: gone through to the end, also in a loop", () => {
  const either = rule("x: A\nthen either\n{ b: B then c: C } or\n{ d: D }\nthen y: A");
  expect(missed(either, events("a0 b1 d2", "none"))).toEqual([
    "3: alternative 1 is gone through",
    "3: `c` takes an event",
    "4: alternative 2 is gone through",
    "5: `y` takes an event",
  ]);
  expect(missed(either, events("a0 b1 c2 a3", "alert"))).toEqual([
    "4: alternative 2 is gone through",
    "4: `d` takes an event",
  ]);
  const loop = rule("x: A\nthen 2 either\n{ b: B } or\n{ d: D }");
  expect(missed(loop, events("a0 b1 d2", "alert"))).toEqual([]);
  expect(missed(loop, events("a0 b1 b2", "alert"))).toEqual([
    "4: alternative 2 is gone through",
    "4: `d` takes an event",
  ]);
});

test("`no`: between steps, at the end, behind a loop, and in front, where it looks back", () => {
  const between = rule("a: A\nthen no B\nthen c: C");
  expect(missed(between, events("a0 c1", "alert"))).toEqual(["2: `no B` ends it"]);
  expect(missed(between, events("a0 b1 c2", "none"))).toEqual(["3: `c` takes an event"]);
  const behind = rule("a: 2+ A\nthen no B\nthen c: C");
  expect(missed(behind, events("a0 b1 a2 c3", "none"))).toEqual(["3: `c` takes an event"]);
  const front = rule("no B within 10s\nthen no D within 10s\nthen c: C");
  expect(missed(front, events("b0 d0 c20", "alert"))).toEqual([
    "1: `no B` ends it",
    "2: `no D` ends it",
  ]);
  expect(missed(front, events("d0 c9", "none") + events("c0", "alert"))).toEqual([
    "1: `no B` ends it",
  ]);
  expect(missed(front, events("b0 c9", "none") + events("c0", "alert"))).toEqual([
    "2: `no D` ends it",
  ]);
  const both = rule("no A where u == 1 within 10s\nthen a: A where v == 1");
  const once = 'test "t" for r { 0s A { u: 1, v: 1 } expect none }';
  expect(missed(both, once)).toEqual(["2: `a` takes an event"]);
});

test("`until`: of a loop, of a group, of the match", () => {
  const loop = rule('a: A\nthen b: 1+ B until kind == "a"\nthen c: C');
  expect(missed(loop, events("a0 b1 c2", "alert"))).toEqual(["2: `until` of `b` ends it"]);
  expect(missed(loop, events("a0 b1 a2 b3 c4", "alert"))).toEqual([]);
  const group = rule('a: A\nthen 1+ { b: B then c: C } until kind == "a"\nthen x: D');
  expect(missed(group, events("a0 b1 c2 d3", "alert"))).toEqual([
    "2: `until` of the group ends it",
  ]);
  expect(missed(group, events("a0 b1 a2", "none") + events("a0 b1 c2 d3", "alert"))).toEqual([]);
  const whole = 'rule r "R" { severity low match by u within 1m { a: A then b: B }\nuntil D }';
  expect(missed(whole, events("a0 b1", "alert"))).toEqual(["1: `until` of the match fits"]);
  expect(missed(whole, events("a0 d1 b2", "none") + events("a0 b1", "alert"))).toEqual([]);
});

test("`having`, of a loop and of the match: both outcomes", () => {
  const loop = rule("a: 1+ A having count(a) >= 2\nthen c: C");
  expect(missed(loop, events("a0", "none"))).toEqual([
    "1: `having` of `a` is true",
    "2: `c` takes an event",
  ]);
  expect(missed(loop, events("a0 a1 c2", "alert"))).toEqual([]);
  const whole = rule("a: A\nthen b: B", "having b.n > a.n");
  expect(missed(whole, events("a0 b1", "none"))).toEqual(["4: `having` is true"]);
  const passing = 'test "t" for r { 0s A { u: 1, n: 1 } 1s B { u: 1, n: 2 } expect alert }';
  expect(missed(whole, passing)).toEqual(["4: `having` is not true"]);
});

test("exceptions: of a match, of a step by its event, of a step by what came before", () => {
  const pair = rule("a: A\nthen b: B");
  const except = (on: string, where: string): string =>
    `${pair}\nexception x for r ${on} where ${where} because "known"`;
  const some = (n: number, expected: string): string =>
    `test "t${n}" for r { 0s A { u: 1, n: 1 } 1s B { u: 1, n: ${n} } expect ${expected} }`;
  for (const [on, where] of [
    ["", "b.n == 2"],
    ["on b", "n == 2"],
    ["on b", "n == a.n + 1"],
  ] as const) {
    const text = except(on, where);
    expect(missed(text, some(1, "alert"))).toEqual(["6: exception `x` fits"]);
    expect(missed(text, some(1, "alert") + some(2, "none"))).toEqual([]);
  }
  const past = `${except("", "b.n == 2")} until "1990-01-01"`.replace(
    /(where .*?) because "known" until (".*")/,
    '$1 until $2 because "known"',
  );
  expect(missed(past, some(2, "alert"))).toEqual(["6: exception `x` fits"]);
});

test("`on timeout`, windows, and `expect` with its recovery", () => {
  const timeout = rule("a: A\nthen b: B", 'on timeout alert "late"');
  expect(missed(timeout, events("a0 b1", "alert"))).toEqual(["4: `on timeout` is told"]);
  expect(missed(timeout, events("a0 +2m", "timeout") + events("a0 b1", "alert"))).toEqual([]);
  const window =
    'rule r "R" { severity low window 1m by u over\nx: A,\ny: B\nhaving count(x) > 1 }';
  expect(missed(window, events("a0", "none"))).toEqual([
    "2: `y` takes an event",
    "3: the condition comes true",
  ]);
  expect(missed(window, events("a0 b1 a2", "alert"))).toEqual([]);
  const silence = 'rule r "R" { severity low expect A by u every 1m\non recovered alert "back" }';
  expect(missed(silence, events("a0", "none"))).toEqual([
    "0: the silence is told",
    "1: `on recovered` is told",
  ]);
  expect(missed(silence, events("a0 +2m", "alert"))).toEqual(["1: `on recovered` is told"]);
});

test("restarts and other orders of arrival change nothing", () => {
  const pattern = rule("no D within 5s\nthen a: 1+ A\nthen b: optional B\nthen c: C");
  const tests = events("a0 a1 c2", "alert") + events("d0 a1 b2 c3", "none");
  const plain = missed(pattern, tests);
  expect(plain).toEqual(["3: `b` takes an event"]);
  expect(missed(pattern, tests, true)).toEqual(plain);
});

test("a rule that is off needs no tests; those that it has count", () => {
  const off = rule("a: A\nthen b: B").replace("severity low", "severity low mode off");
  expect(missed(off, "")).toEqual([]);
  expect(missed(off, events("a0 c1", "none"))).toEqual(["2: `b` takes an event"]);
});

test("a share is rounded down; where there is nothing to reach, all is reached", () => {
  expect(coveredPercent({ reached: 199, sites: { length: 200 } })).toBe(99);
  expect(coveredPercent({ reached: 0, sites: [] })).toBe(100);
});
