import { expect, test } from "@jest/globals";
import type { RuleFileReader } from "./rule-files.ts";
import { loadRules, type RuleSet } from "./rule-set.ts";
import { runTest, type TestOutcome } from "./test-runner.ts";

const STREAMS = `
stream auth from "events.auth.>" { time at  delay 10s }
stream hosts from "events.hosts.>" { time at unit s }
stream plain from "events.plain.>" { time at format "dd.MM.yyyy HH:mm:ss" zone "Europe/Berlin" }
stream stamped from "events.stamped.>" { idle 5s }

event Failed = auth where outcome == "failure"
event Paid   = hosts where type == "paid"

rule auth.twice "Twice" {
  severity low
  match by user within 1m { fails: 2 Failed }
  alert "{user} failed twice" { times: count(fails) }
}
rule paid.unshipped "Paid, not shipped" {
  severity low
  match by order within 2h { paid: Paid  then no hosts where type == "shipped" }
}
rule plain.pair "A pair" {
  severity low
  mode off
  match by user within 1m { a: plain  then b: plain }
}
rule stamped.pair "A pair with the broker's time" {
  severity low
  match by user within 1m { a: stamped  then b: stamped }
}
rule both.streams "A login, then a payment" {
  severity low
  match by user within 1m { a: auth  then b: Paid }
}
`;

function setOf(tests: string): RuleSet {
  const options = { reader: noFiles, todayMs: 0 };
  const loaded = loadRules([{ file: "a.seq", text: STREAMS + tests }], options);
  expect(loaded.diagnostics).toEqual([]);
  if (loaded.set === null) throw new Error("the rules have no errors");
  return loaded.set;
}

const noFiles: RuleFileReader = { readLines: () => ({ error: "it does not exist" }) };

function run(tests: string, reader: RuleFileReader = noFiles, harder = true): TestOutcome[] {
  const set = setOf(tests);
  return set.plan.tests.map((one) => runTest(set, one, { reader, harder }));
}

function passes(tests: string, reader?: RuleFileReader): void {
  for (const { test: one, problems, story } of run(tests, reader)) {
    expect({ test: one.title, problems, story }).toEqual({
      test: one.title,
      problems: [],
      story: [],
    });
  }
}

test("Q-1 an event gets its filter's equalities, and times count from the start", () => {
  passes(`
    test "pair" for auth.twice { 0s Failed { user: "ana" }  5s Failed { user: "ana" }  expect alert at 5s { times: 2 } }
    test "rows" for auth.twice { 1h Failed { user: "ana" } x4 every 10s  expect 2 alerts }
    test "apart" for auth.twice { 0s Failed { user: "ana" }  61s Failed { user: "ana" }  expect none }
  `);
});

test("Q-1 times are written as the stream reads them: text, unit, format, or as the broker's", () => {
  passes(`
    test "seconds" for paid.unshipped { 0s Paid { order: 7 }  advance 3h  expect alert at 2h { order: 7 } }
    test "a format; a rule that is off runs in its tests" for plain.pair {
      0s plain { user: "ana" }  30s plain { user: "ana" }  expect alert at 30s
    }
    test "no time field" for stamped.pair {
      0s stamped { user: "ana" }  30s stamped { user: "ana" }  expect alert at 30s
    }
  `);
});

test("Q-1 deadlines wait for advance, up to the very instant it reaches", () => {
  passes(`
    test "none yet" for paid.unshipped { 0s Paid { order: 7 }  expect none }
    test "just before" for paid.unshipped { 0s Paid { order: 7 }  advance 7199999ms  expect none }
    test "at the instant" for paid.unshipped { 0s Paid { order: 7 }  advance 2h  expect alert at 2h }
    test "in time" for paid.unshipped {
      0s Paid { order: 7 }  advance 2h  2h hosts { order: 7, type: "shipped" }  expect none
    }
    test "an event beyond" for paid.unshipped { 0s Paid { order: 7 }  3h Paid { order: 8 }  expect 1 alerts }
  `);
});

test("Q-1 several streams, and what delay holds back is judged at the end", () => {
  passes(`
    test "in order" for both.streams { 0s auth { user: "ana" }  5s Paid { user: "ana" }  expect alert at 5s }
    test "written in another order" for both.streams { 5s Paid { user: "ana" }  0s auth { user: "ana" }  expect alert at 5s }
    test "within delay" for auth.twice { 9s Failed { user: "ana" }  0s Failed { user: "ana" }  expect alert at 9s }
  `);
});

test("Q-1 without a rule all rules of the file run", () => {
  passes(
    `test "all" { 0s Failed { user: "ana" } x2 every 1s  2s Paid { user: "ana" }  expect 2 alerts }`,
  );
});

test("Q-1 a file: lines of the one stream, envelopes, and lines that are no events", () => {
  const line = (second: number, user: string) =>
    `{"at":"2024-05-01T00:00:0${second}Z","user":"${user}","outcome":"failure"}`;
  const files: Readonly<Record<string, readonly string[]>> = {
    "one.ndjson": [line(0, "ana"), "nonsense", "", line(5, "ana")],
    "array.ndjson": [`[${line(0, "ana")},${line(5, "ana")}]`],
    "mixed.ndjson": [
      `{"subject":"events.auth.x","data":${line(0, "ana")}}`,
      '{"subject":"events.hosts.x","data":{"at":1714521604,"user":"ana","type":"paid"}}',
      '{"subject":"elsewhere","data":{}}',
    ],
  };
  const reader: RuleFileReader = { readLines: (_, file) => ({ lines: files[file] ?? [] }) };
  passes(
    `
    test "one" for auth.twice { from "one.ndjson"  expect alert at 5s { times: 2 } }
    test "array" for auth.twice { from "array.ndjson"  expect 1 alerts }
    test "mixed" for both.streams { from "mixed.ndjson"  expect alert at 4s }
  `,
    reader,
  );
  const [failed] = run('test "f" for auth.twice { from "one.ndjson"  expect none }', reader);
  expect(failed?.story.some((text) => text.startsWith("one.ndjson:2: not JSON"))).toBe(true);
});

test("Q-1 a file that cannot be read fails the test", () => {
  const [outcome] = run('test "f" for auth.twice { from "x.ndjson"  expect none }');
  expect(outcome).toMatchObject({ passed: false, problems: ["x.ndjson: it does not exist"] });
});

test("Q-1 a failure says what happened instead", () => {
  const [outcome] = run(`test "f" for auth.twice {
    0s Failed { user: "ana" }  5s Failed { user: "ana" }  30s Failed { user: "bo" }  0s Failed { user: "bo" }
    expect alert at 6s
  }`);
  expect(outcome?.passed).toBe(false);
  expect(outcome?.problems).toEqual(["expected an alert at 6s"]);
  expect(outcome?.story).toEqual([
    '5s  auth.twice  "ana failed twice"  {"times":2}',
    "stream auth: 3 events taken, 1 late",
    "rule auth.twice: 1 match, 1 start still open, its time is 30s",
    '  user="bo" came to `fails` at 30s; awaited `fails`',
  ]);
  const [waiting] = run('test "w" for paid.unshipped { 0s Paid { order: 7 } expect alert }');
  expect(waiting?.story.slice(-2)).toEqual([
    "  order=7 came to `paid` at 0s",
    "`advance` at the end of the test lets time pass, for what waits for a deadline",
  ]);
});

test("Q-2 hardships do not change results, and a test that depends on arrival is not shuffled", () => {
  passes(`
    test "many" for auth.twice { 0s Failed { user: "ana" } x30 every 700ms  expect 15 alerts }
    test "ties" for both.streams {
      0s auth { user: "ana", n: 1 }  0s auth { user: "ana", n: 2 }  0s Paid { user: "ana" }  expect alert at 0s
    }
    test "late" for auth.twice { 30s Failed { user: "ana" }  0s Failed { user: "ana" }  expect none }
  `);
});

test("a failed test shows how far each key came, what it awaited, and what ended it", () => {
  const rules = `
rule way.far "Far" {
  severity low
  match by user within 1m {
    a: 2+ Failed
    then b: optional auth where outcome == "locked"
    then no auth where outcome == "reset"
    then c: auth where outcome == "success"
  }
  having count(a) > 2
}
`;
  const story = (lines: string, expected = "alert"): readonly string[] => {
    const tests = `${rules}test "t" for way.far { ${lines} expect ${expected} }`;
    const [outcome] = run(tests, noFiles, false);
    return (outcome?.story ?? []).filter((line) => line.startsWith("  "));
  };
  const failed = (at: number, user: string): string => `${at}s Failed { user: "${user}" }`;
  const other = (at: number, outcome: string): string =>
    `${at}s auth { user: "ana", outcome: "${outcome}" }`;
  expect(story(other(1, "success"))).toEqual(["  no event began it"]);
  expect(story(`${failed(1, "ana")} ${failed(2, "bo")} ${failed(3, "ana")}`)).toEqual([
    '  user="ana" came to `a` at 1s, `a` at 3s; awaited `a` or `b` or `c`',
    '  user="bo" came to `a` at 2s; awaited `a` or `b` or `c`',
  ]);
  expect(story(`${failed(1, "ana")} ${failed(2, "ana")} ${other(3, "reset")}`)).toEqual([
    '  user="ana" came to `a` at 1s, `a` at 2s; awaited `a` or `b` or `c`; a `no` ended it ({"user":"ana","outcome":"reset","at":"2000-01-01T00:00:03Z"})',
  ]);
  expect(story(`${failed(1, "ana")} ${failed(2, "ana")} ${other(3, "success")}`)).toEqual([
    '  user="ana" came to `a` at 1s, `a` at 2s, `c` at 3s; `having` was not true',
  ]);
  // A key that matched is not told of.
  const three = [1, 2, 3].map((at) => failed(at, "ana")).join(" ");
  expect(story(`${three} ${other(4, "success")}`, "none")).toEqual([]);
});
