/** Compiles the rules of a workload, which have no errors. */

import { compileRules } from "../dsl/compile.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";

export function planOf(name: string, texts: readonly string[]): RuleSetPlan {
  const files = texts.map((text, i) => ({ file: `${name}-${i}`, text }));
  const { plan, diagnostics } = compileRules(files);
  if (plan !== null) return plan;
  const faults = diagnostics.map(({ code, message }) => `${code} ${message}`);
  throw new Error(`${name} has errors: ${faults.join("; ")}`);
}
