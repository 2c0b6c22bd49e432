/** Lists, tables (D-3) and exceptions (D-5) from rule text to alerts, through the tests of rule files. */

import { expect, test } from "@jest/globals";
import type { RuleFileReader } from "./rule-files.ts";
import { type LoadedRules, loadRules } from "./rule-set.ts";
import { runTest } from "./test-runner.ts";

const FILES: Readonly<Record<string, string>> = {
  "sub/bad.txt": "eve\n17\n",
  "sub/hosts.csv": "host,owner,level\nweb,ana,3\ndb,bob,1\n",
  "sub/gaps.csv": "host,owner\n,ana\nweb,eve\nweb,bob\n",
};

const reader: RuleFileReader = {
  readLines(ruleFile, file) {
    const path = `${ruleFile.slice(0, ruleFile.lastIndexOf("/") + 1)}${file}`;
    const text = FILES[path];
    return text === undefined ? { error: `${path} does not exist` } : { lines: text.split("\n") };
  },
};

function load(text: string, todayMs = 0): LoadedRules {
  return loadRules([{ file: "sub/rules.seq", text }], { reader, todayMs });
}

function codes(text: string, todayMs?: number): readonly string[] {
  return load(text, todayMs).diagnostics.map(({ code }) => code);
}

/** Runs the tests in the text, plainly and harder; gives the problems. */
function problems(text: string): readonly string[] {
  const loaded = load(text);
  expect(loaded.diagnostics).toEqual([]);
  const { set } = loaded;
  if (set === null) throw new Error("the rules are valid");
  expect(set.plan.tests.length).toBeGreaterThan(0);
  return set.plan.tests.flatMap((one) => runTest(set, one, { reader, harder: true }).problems);
}

const STREAM = 'stream s from "s.>" { time at }\n';

test("conditions look into files", () => {
  expect(
    problems(`${STREAM}
      list BAD from "bad.txt"
      list OWNERS from "hosts.csv" column owner
      table hosts from "hosts.csv" key host
      rule r "R" {
        severity low
        match by user within 1m { a: s where user in BAD or user ~in OWNERS }
        alert "{user} on {a.host}" { level: hosts[a.host].level known: a.host in hosts }
      }
      test "a text" for r { 0s s { user: "eve" host: "web" } expect alert { level: 3 known: true } }
      test "digits among names" for r { 0s s { user: "17" host: "x" } expect alert { level: null known: false } }
      test "without case" for r { 0s s { user: "ANA" host: "db" } expect alert { level: 1 } }
      test "another" for r { 0s s { user: "Eve" } 1s s { user: 17 } expect none }`),
  ).toEqual([]);
});

test("what is wrong with a file is told at its declaration", () => {
  expect(codes('list A from "none.txt"')).toEqual(["E0701"]);
  expect(codes('list A from "hosts.csv" column ownr')).toEqual(["E0702"]);
  expect(codes('list A from "hosts.ndjson"')).toEqual(["E0704"]);
  expect(codes('table A from "hosts.csv" key hots')).toEqual(["E0702"]);
  expect(codes('table A from "gaps.csv" key host')).toEqual(["W0701", "W0702"]);
  const [found] = load('table A from "gaps.csv" key host').diagnostics;
  expect(found?.notes).toEqual(['gaps.csv:4: "web" stands in line 3 too; the later row counts']);
});

test("contents can be replaced; the version tells", () => {
  const { set } = load('list A from "bad.txt"\ntable T from "hosts.csv" key host');
  if (set === null) throw new Error("the rules are valid");
  const { data } = set;
  expect(set.dataFiles.map(({ name, file }) => [name, file.value])).toEqual([
    ["A", "bad.txt"],
    ["T", "hosts.csv"],
  ]);
  expect([data.keys("A"), data.keys("T"), data.version("A")]).toEqual([
    ["eve", "17"],
    ["web", "db"],
    1,
  ]);
  data.replace("A", { kind: "list", items: ["bob", null, "bob"] });
  expect([data.has("A", "eve", false), data.has("A", "BOB", true), data.keys("A")]).toEqual([
    false,
    true,
    ["bob"],
  ]);
  expect([data.version("A"), data.version("T")]).toEqual([2, 1]);
});

const RULE = `${STREAM}
  rule r "R" {
    severity low
    match by user within 1m { a: 2 s where kind == "a" then b: s where kind == "b" }
    once per user every 1h
  }`;

test("an exception with a step keeps events from it", () => {
  expect(
    problems(`${RULE}
      exception scanner for r on a where host == "scanner" because "known"
      test "kept" for r { 0s s { user: 1 kind: "a" host: "web" } x2 every 1s  5s s { user: 1 kind: "b" } expect 1 alerts }
      test "barred" for r {
        0s s { user: 1 kind: "a" host: "scanner" } x3 every 1s
        5s s { user: 1 kind: "b" host: "scanner" }
        expect none
      }
      test "unknown is not excepted" for r { 0s s { user: 1 kind: "a" } x2 every 1s  5s s { user: 1 kind: "b" } expect 1 alerts }
      test "only its step" for r { 0s s { user: 1 kind: "a" host: "web" } x2 every 1s  5s s { user: 1 kind: "b" host: "scanner" } expect 1 alerts }`),
  ).toEqual([]);
});

test("an exception without a step keeps matches from alerting, and `once` does not count them", () => {
  expect(
    problems(`${RULE}
      exception calm for r where b.host == "scanner" because "known"
      test "excepted" for r { 0s s { user: 1 kind: "a" } x2 every 1s  5s s { user: 1 kind: "b" host: "scanner" } expect none }
      test "the next one is the first alert" for r {
        0s s { user: 1 kind: "a" } x2 every 1s
        5s s { user: 1 kind: "b" host: "scanner" }
        6s s { user: 1 kind: "a" } x2 every 1s
        9s s { user: 1 kind: "b" }
        expect alert at 9s
      }`),
  ).toEqual([]);
});

test("an exception ends with its date", () => {
  const dated = (on: string, until: string): string => `${RULE}
    exception calm for r ${on} where user == 1 until "${until}" because "known"
    test "t" for r { 0s s { user: 1 kind: "a" } x2 every 1s  5s s { user: 1 kind: "b" } expect none }`;
  for (const on of ["", "on a"]) {
    expect(problems(dated(on, "2000-01-01"))).toEqual([]);
    expect(problems(dated(on, "1999-12-31"))).toEqual(["expected no alert, but 1 alert came"]);
  }
  expect(problems(dated("", "2000-01-01T00:00:05Z"))).toEqual([]);
  expect(problems(dated("", "2000-01-01T00:00:04Z"))).toHaveLength(1);
});

test("exceptions leave the version and ids of their rule alone", () => {
  const plain = load(RULE).set?.plan.rules[0];
  const text = `${RULE} exception e for r on a where user == 1 because "b" exception f for r where true == (user == 2) because "c"`;
  const excepted = load(text).set?.plan.rules[0];
  expect(excepted?.version).toBe(plain?.version);
  expect(excepted?.exceptions.map(({ name, label }) => [name, label])).toEqual([
    ["e", 0],
    ["f", null],
  ]);
});

test("exceptions are checked", () => {
  const exception = (head: string, where = "user == 1"): string =>
    `${RULE} exception e for ${head} where ${where} because "b"`;
  expect(codes(exception("q"))).toEqual(["E0203"]);
  expect(codes(exception("r on c"))).toEqual(["E0203"]);
  expect(codes(exception("r", "host == 1"))).toEqual(["E0205"]);
  expect(codes(exception("r", "user"))).toEqual([]);
  expect(codes(exception("r on a", "b.host == 1"))).toEqual(["E0206"]);
  expect(codes(`${exception("r")} exception e for r where user == 2 because "b"`)).toEqual([
    "E0201",
  ]);
  const dated = `${RULE} exception e for r where user == 1 until "2024-05-31" because "b"`;
  const endMs = Date.UTC(2024, 5, 1);
  expect(codes(dated, endMs - 1)).toEqual([]);
  expect(codes(dated, endMs)).toEqual(["W0503"]);
  expect(codes(dated.replace("2024-05-31", "soon"), endMs)).toEqual(["E0507"]);
});
