/** Rules over the alerts of other rules (D-2), from rule text to alerts, each under restarts, shuffles and doubles. */

import { expect, test } from "@jest/globals";
import { type LoadedRules, loadRules } from "./rule-set.ts";
import { runTest } from "./test-runner.ts";

const reader = { readLines: () => ({ error: "no files here" }) };

function load(text: string): LoadedRules {
  return loadRules([{ file: "rules.seq", text }], { reader, todayMs: 0 });
}

function codes(text: string): readonly string[] {
  return load(text).diagnostics.map(({ code }) => code);
}

function problems(text: string): readonly string[] {
  const { set, diagnostics } = load(text);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (set === null) throw new Error("the rules are valid");
  expect(set.plan.tests.length).toBeGreaterThan(0);
  return set.plan.tests.flatMap((one) => {
    const outcome = runTest(set, one, { reader, harder: true });
    return outcome.problems.map(
      (problem) => `${one.title}: ${problem}\n${outcome.story.join("\n")}`,
    );
  });
}

const AUTH = `
stream auth from "auth.>" { time at delay 5s }
stream files from "files.>" { time at }
event Failed = auth where outcome == "failure"
event Good = auth where outcome == "success"
rule burst "A burst" {
  severity high
  match by user, ip within 1m { fails: 3 Failed }
  alert "{user}" { user: user  ip: ip  n: count(fails)  rule: "mine" }
}`;

test("a rule over one rule, with its data, name, severity and key", () => {
  expect(
    problems(`${AUTH}
      rule spread "Bursts from two addresses" {
        severity critical
        match by user within 10m { a: burst then b: burst where ip != a.ip }
        alert { first: a.ip  second: b.key.ip  n: a.n  rule: a.rule  severity: a.severity }
      }
      test "two addresses" for spread {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        10s Failed { user: "ana" ip: "y" } x3 every 1s
        expect alert at 12s { first: "x" second: "y" n: 3 rule: "burst" severity: "high" }
        expect 1 alerts
      }
      test "one address" for spread {
        0s Failed { user: "ana" ip: "x" } x6 every 1s
        expect none
      }
      test "another user" for spread {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        10s Failed { user: "bob" ip: "y" } x3 every 1s
        expect none
      }`),
  ).toEqual([]);
});

test("a rule over a rule and its stream: the alert comes after the events of its millisecond", () => {
  expect(
    problems(`${AUTH}
      rule broken_in "A burst, then a success" {
        severity critical
        match by user within 1m { b: burst then ok: Good }
      }
      test "after" for broken_in {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        3s Good { user: "ana" }
        expect alert at 3s
      }
      test "at the same instant the stream's event was before" for broken_in {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        2s Good { user: "ana" }
        expect none
      }`),
  ).toEqual([]);
});

test("a rule over a rule and another stream, merged in event time", () => {
  expect(
    problems(`${AUTH}
      rule theft "A burst, then a file" {
        severity critical
        match by user within 1m { b: burst then f: files }
        alert { path: f.path }
      }
      test "after" for theft {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        30s files { user: "ana" path: "/etc" }
        expect alert at 30s { path: "/etc" }
      }
      test "before" for theft {
        1s files { user: "ana" path: "/etc" }
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        expect none
      }
      test "only the file comes late in the order of arrival" for theft {
        0s Failed { user: "ana" ip: "x" } x3 every 1s
        40s Failed { user: "eve" ip: "x" }
        3s files { user: "ana" path: "/etc" }
        expect alert at 3s
      }`),
  ).toEqual([]);
});

test("three layers, absence at the bottom, and a window at the top", () => {
  expect(
    problems(`
      stream orders from "orders.>" { time at }
      rule unshipped "Not shipped" {
        severity low
        match by order within 10s { paid: orders where type == "paid" then no orders where type == "shipped" }
        alert { shop: paid.shop }
      }
      rule slow_shop "Two not shipped" {
        severity medium
        match by shop within 1m { 2 unshipped }
      }
      rule trouble "Two slow shops" {
        severity high
        window 1h by all over slow_shop having count() >= 2
      }
      test "deadlines of one instant" for slow_shop {
        0s orders { type: "paid" order: 1 shop: "a" }
        0s orders { type: "paid" order: 2 shop: "a" }
        0s orders { type: "paid" order: 3 shop: "b" }
        5s orders { type: "shipped" order: 3 shop: "b" }
        advance 1m
        expect alert at 10s { shop: "a" }
        expect 1 alerts
      }
      test "all three" for trouble {
        0s orders { type: "paid" order: 1 shop: "a" }
        1s orders { type: "paid" order: 2 shop: "a" }
        2s orders { type: "paid" order: 3 shop: "b" }
        3s orders { type: "paid" order: 4 shop: "b" }
        advance 1m
        expect alert at 13s
        expect 1 alerts
      }`),
  ).toEqual([]);
});

test("withheld and excepted alerts are no events", () => {
  const twice = `
      rule twice "Twice" { severity low  match by user within 10m { 2 burst } }
      test "t" for twice { 0s Failed { user: "ana" ip: "x" } x6 every 1s  expect `;
  const once = AUTH.replace("n: count", "k: count").replace(/\}$/, "once per user every 1h }");
  expect(problems(`${AUTH}${twice}1 alerts }`)).toEqual([]);
  expect(problems(`${once}${twice}none }`)).toEqual([]);
  const excepted = `exception e for burst where last(fails).ip == "x" because "b"`;
  expect(problems(`${AUTH}${excepted}${twice}none }`)).toEqual([]);
});

test("the alerts of a shadow rule are events for shadow rules only", () => {
  const shadow = AUTH.replace("severity high", "severity high mode shadow");
  const above = (mode: string, wanted: string): string => `${shadow}
    rule above "Above" { severity low mode ${mode}  match by user within 10m { burst } }
    test "t" for above { 0s Failed { user: "ana" ip: "x" } x3 every 1s  expect ${wanted} }`;
  expect(problems(above("shadow", "alert at 2s"))).toEqual([]);
  expect(problems(above("live", "none"))).toEqual([]);
  expect(codes(above("shadow", "alert"))).toEqual([]);
  expect(codes(above("live", "none"))).toEqual(["W0506"]);
});

const RULE = (name: string, source: string): string =>
  `rule ${name} "R" { severity low  match by all within 1m { a: ${source} } }\n`;

test("chains that lead back are refused, each loop once", () => {
  expect(codes(RULE("a", "a"))).toEqual(["E0211"]);
  expect(codes(RULE("a", "b") + RULE("b", "c") + RULE("c", "a"))).toEqual(["E0211"]);
  expect(codes(RULE("d", "a") + RULE("a", "b") + RULE("b", "a"))).toEqual(["E0211"]);
  const notes = load(RULE("a", "b") + RULE("b", "c") + RULE("c", "a")).diagnostics[0]?.notes;
  expect(notes?.[0]).toBe("it reads `b`, which reads `c`, which reads `a`");
});

test("fields of alerts are known", () => {
  const above = (field: string): string =>
    `${AUTH}\nrule above "A" { severity low  match by user within 1m { b: burst where ${field} == "x" } }`;
  expect(codes(above("ip"))).toEqual([]);
  expect(codes(above("key.ip"))).toEqual([]);
  expect(codes(above("ipp"))).toEqual(["E0204"]);
  const byKey = AUTH.replace(/alert.*/, "");
  expect(
    codes(
      `${byKey}\nrule above "A" { severity low  match by user within 1m { b: burst where ip == "x" } }`,
    ),
  ).toEqual([]);
});

test("a rule's version changes with those of the rules below", () => {
  const version = (text: string): string | undefined =>
    load(`${text}${RULE("above", "burst")}`).set?.plan.rules.find(({ name }) => name === "above")
      ?.version;
  expect(version(AUTH)).toBe(version(AUTH));
  expect(version(AUTH.replace("3 Failed", "4 Failed"))).not.toBe(version(AUTH));
});
