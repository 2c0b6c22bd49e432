/**
 * The exceptions that bar events from steps or from entries of a window (D-5), taken out of the conditions into which
 * the checker has put them: as the last operands of `where`, in the order of the text, each as `not (… ?? false)`.
 */

import { assert } from "../../base/assert.ts";
import type { Expr } from "../../dsl/expr.ts";
import type { ExceptionPlan, RulePlan, StepPlan, WindowPlan } from "../../dsl/plan.ts";

export interface Barred {
  readonly exception: ExceptionPlan;
  /** When the exception fits, its date included. */
  readonly fits: Expr;
  /** What else the step's `where` says; null: nothing. */
  readonly rest: Expr | null;
}

/** The exceptions of a step or entry, in the order of the text. */
export function barredFrom(
  { label, where }: Pick<StepPlan | WindowPlan["over"][number], "label" | "where">,
  { exceptions }: Pick<RulePlan, "exceptions">,
): readonly Barred[] {
  const own = exceptions.filter((exception) => exception.label === label);
  if (own.length === 0 || where === null) return [];
  const operands = operandsOf(where);
  const rest = operands.slice(0, operands.length - own.length);
  const bars = operands.slice(rest.length);
  return own.map((exception, index) => ({
    exception,
    fits: fitsOf(bars[index]),
    rest: rest.length === 0 ? null : { kind: "and", operands: rest },
  }));
}

function operandsOf(expr: Expr): readonly Expr[] {
  return expr.kind === "and" ? expr.operands.flatMap(operandsOf) : [expr];
}

function fitsOf(bar: Expr | undefined): Expr {
  const inner = bar?.kind === "not" && bar.operand.kind === "coalesce" ? bar.operand.operands : [];
  const [fits] = inner;
  assert(fits !== undefined, "an exception is the last part of its step's condition");
  return fits;
}
