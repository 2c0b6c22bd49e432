/** Exceptions that keep finished matches from alerting (D-5). Those of a step are part of the step's condition. */

import type { ExceptionPlan } from "../dsl/plan.ts";
import { type CompileOptions, compileScopeCondition } from "../nfa/expression/compiled.ts";
import type { Scope } from "../nfa/history.ts";

/** Does an exception fit what was decided at this time? Where that is unknown, none does. */
export type AlertExceptions = (scope: Scope, decidedMs: number) => boolean;

export function compileExceptions(
  plans: readonly ExceptionPlan[],
  options: CompileOptions,
): AlertExceptions {
  const exceptions = plans
    .filter(({ label }) => label === null)
    .map(({ where, untilMs }) => ({
      fits: compileScopeCondition(where, options),
      untilMs: untilMs ?? Number.POSITIVE_INFINITY,
    }));
  return (scope, decidedMs) =>
    exceptions.some(({ fits, untilMs }) => decidedMs <= untilMs && fits(scope));
}
