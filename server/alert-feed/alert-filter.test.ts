import { expect, test } from "@jest/globals";
import { type AlertHead, alertMatcher, alertOf, matchesGlob } from "./alert-filter.ts";

test.each([
  ["*", "", true],
  ["*", "a.b", true],
  ["a.*", "a.b.c", true],
  ["a.*", "b.a.c", false],
  ["*.c", "a.b.c", true],
  ["a*b*c", "a--b--b--c", true],
  ["a*b*c", "a--c--b", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a.b", "a.b", true],
  ["a.b", "axb", false],
  ["", "a", false],
  ["[a]+", "[a]+", true],
])("does %s match %s: %s", (glob, text, expected) => {
  expect(matchesGlob(glob, text)).toBe(expected);
});

test("many stars cost no exponential time", () => {
  expect(matchesGlob(`${"*a".repeat(200)}b`, "a".repeat(20_000))).toBe(false);
});

test("severity is at least the one asked for", () => {
  const takes = alertMatcher({ rule: "r.*", severity: "medium" });
  const alert = (rule: string, severity: AlertHead["severity"]): AlertHead => ({
    ...{ id: "1", rule, severity },
    mode: "live",
  });
  expect(
    (["info", "low", "medium", "high", "critical"] as const).map((one) => takes(alert("r.a", one))),
  ).toEqual([false, false, true, true, true]);
  expect(takes(alert("s.a", "critical"))).toBe(false);
});

test("alerts of shadow rules are for those who ask for them", () => {
  const takes = (shadow: { readonly shadow?: boolean }, mode: AlertHead["mode"]) =>
    alertMatcher({ rule: "*", severity: "info", ...shadow })({
      ...{ id: "1", rule: "r", severity: "high" },
      mode,
    });
  expect([takes({}, "live"), takes({}, "shadow")]).toEqual([true, false]);
  expect([takes({ shadow: true }, "live"), takes({ shadow: true }, "shadow")]).toEqual([
    true,
    true,
  ]);
});

test("only alerts are alerts", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const alert = { id: "1", rule: "r", severity: "high" };
  expect(alertOf("alerts.high.r", bytes(alert), "alerts")).toEqual(alert);
  expect(alertOf("alerts.special", bytes(alert), "alerts")).toEqual(alert);
  expect(alertOf("alerts.control.idle", bytes(alert), "alerts")).toBeNull();
  expect(alertOf("alerts.late.s", bytes(alert), "alerts")).toBeNull();
  expect(alertOf("alerts.high.r", bytes({ ...alert, severity: "x" }), "alerts")).toBeNull();
  expect(alertOf("alerts.high.r", bytes(null), "alerts")).toBeNull();
  expect(alertOf("alerts.high.r", new TextEncoder().encode("{"), "alerts")).toBeNull();
});
