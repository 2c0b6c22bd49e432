/** Compiles the rules of a workload, which have no errors. */

import { compileRules } from "../dsl/compile.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";

export function planOf(file: string, text: string): RuleSetPlan {
  const { plan, diagnostics } = compileRules([{ file, text }]);
  if (plan !== null) return plan;
  const faults = diagnostics.map(({ code, message }) => `${code} ${message}`);
  throw new Error(`${file} has errors: ${faults.join("; ")}`);
}
