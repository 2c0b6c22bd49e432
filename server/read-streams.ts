/** Which streams a set of rules makes the service read. */

import type { RuleSetPlan, StreamPlan } from "../dsl/plan.ts";

/** The streams that some rule of the plan reads; rules that are off read none. */
export function readStreams(plan: RuleSetPlan): readonly StreamPlan[] {
  const read = new Set(
    plan.rules.filter(({ mode }) => mode !== "off").flatMap(({ streams }) => streams),
  );
  return plan.streams.filter(({ name }) => read.has(name));
}
