import { expect, test } from "@jest/globals";
import type { RulePlan } from "../dsl/plan.ts";
import { planGroups } from "./group-plan.ts";
import { planOf, rulePlan, streamPlan } from "./testing/plans.ts";

const STREAMS = [streamPlan("s", 0)];

function orderOf(rules: readonly RulePlan[], draining: readonly RulePlan[] = []) {
  const old = draining.map((rule) => ({ rule, line: rule.name, hidden: false, streams: ["s"] }));
  return planGroups(planOf(STREAMS, rules), old).map(({ members }) =>
    members.map(({ rule, draining: drains }) => (drains === null ? rule.name : `${rule.name}'`)),
  );
}

test("a rule comes after those whose alerts it reads, otherwise by name", () => {
  const rules = [
    rulePlan("a", ["c"], 1000),
    rulePlan("b", ["s"], 1000),
    rulePlan("c", ["d", "s"], 1000),
    rulePlan("d", ["s"], 1000),
  ];
  expect(orderOf(rules)).toEqual([["d", "c", "a", "b"]]);
});

test("a version that drains stands by what it reads, also where today's rules read each other the other way", () => {
  const rules = [rulePlan("a", ["b"], 1000), rulePlan("b", ["s"], 1000)];
  expect(orderOf(rules, [rulePlan("b", ["s"], 500)])).toEqual([["b'", "b", "a"]]);
  expect(orderOf(rules, [rulePlan("a", ["s"], 500)])).toEqual([["a'", "b", "a"]]);
  expect(orderOf(rules, [rulePlan("b", ["a"], 500)])).toEqual([["b'", "b", "a"]]);
});
