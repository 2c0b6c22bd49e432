import { expect, test } from "@jest/globals";
import { compileRules } from "../dsl/compile.ts";
import { checkSubjects } from "./alert-subjects.ts";

function refusalOf(to: string): string {
  const text = `
stream s from "e.s" { time at }
rule r.a "A" { severity low  match by n within 1m { a: s }  alert "x" to "${to}" }`;
  const { plan } = compileRules([{ file: "a.seq", text }]);
  if (plan === null) throw new Error(`${to} does not compile`);
  try {
    checkSubjects(plan, "soc.alerts");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

test("a rule's own subject lies within the alert stream, and is none of the service's own", () => {
  expect(refusalOf("soc.alerts.pager")).toBe("");
  expect(refusalOf("soc.alerts.controls.x")).toBe("");
  expect(refusalOf("alerts.pager")).toContain("outside of the alert stream's subjects");
  for (const token of ["control", "late", "dead", "shadow"]) {
    expect(refusalOf(`soc.alerts.${token}.x`)).toContain(`is reserved (soc.alerts.${token}.>)`);
    expect(refusalOf(`soc.alerts.${token}`)).toContain("is reserved");
  }
});
