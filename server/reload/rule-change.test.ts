import { expect, test } from "@jest/globals";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine } from "../../engine/engine.ts";
import type { Clock } from "../../io/clock.ts";
import { planInSlices } from "./rule-change.ts";

/** Every look at it takes two milliseconds; it counts the turns that others get. */
class SlowClock implements Clock {
  turns = 0;
  #ms = 0;
  nowMs(): number {
    return this.monotonicMs();
  }
  monotonicMs(): number {
    this.#ms += 2;
    return this.#ms;
  }
  after(): () => void {
    throw new Error("nobody waits here");
  }
  nextTurn(callback: () => void): void {
    this.turns++;
    setImmediate(callback);
  }
}

const RULES = 40;

function planOf(within: string): RuleSetPlan {
  const rules = Array.from(
    { length: RULES },
    (_, i) => `rule r.n${i} "R" { severity low  match by u within ${within} { a: s } }`,
  );
  const text = `stream s from "s" { time t }\n${rules.join("\n")}`;
  const { plan } = compileRules([{ file: "a.seq", text }]);
  if (plan === null) throw new Error("the rules compile");
  return plan;
}

test("verdicts are the same in slices, and others get their turn in between", async () => {
  const engine = createEngine(planOf("1m"), {});
  const next = planOf("2m");
  const clock = new SlowClock();
  const choices = new Map([["r.n3", "reset"]] as const);
  const sliced = await planInSlices(engine, next, choices, clock);
  const whole = engine.planReload(next, choices);
  expect({ rules: sliced.rules, refused: sliced.refused, ended: sliced.ended }).toEqual({
    rules: whole.rules,
    refused: whole.refused,
    ended: whole.ended,
  });
  expect(sliced.rules.filter(({ verdict }) => verdict === "drain")).toHaveLength(RULES - 1);
  expect(clock.turns).toBeGreaterThan(RULES / 4);
});
