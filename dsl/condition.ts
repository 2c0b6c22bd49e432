/** Conditions: expressions that are true, false or unknown, and what the linter says of those that never vary. */

import { compare, equals, type Tri, type Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import type { Expr } from "./expr.ts";
import { type Checking, POISONED, type Scope, type Typed } from "./scope.ts";
import { describe, isOpen } from "./type.ts";

/** Checks an expression that must be true or false (E0401). */
export function checkBoolean(expr: ast.Expr, scope: Scope, checking: Checking): Typed {
  const checked = checking.check(expr, scope);
  if (checked.type.kind === "boolean" || isOpen(checked.type)) return checked;
  checking.report.error("E0401", expr.span, "a condition must be true or false", {
    label: `this is ${describe(checked.type)}`,
    notes: isWholeStep(checked.expr) ? ["`exists(x)` asks whether a step took an event"] : [],
  });
  return POISONED;
}

function isWholeStep(expr: Expr): boolean {
  return (expr.kind === "field" || expr.kind === "step values") && expr.path.length === 0;
}

/**
 * Checks a whole condition (`where`, `each`, `having`, `until`), and warns where it never varies. Null where there is
 * none, or after an error.
 */
export function condition(expr: ast.Expr | null, scope: Scope, checking: Checking): Expr | null {
  if (expr === null) return null;
  const checked = checkBoolean(expr, scope, checking);
  if (checked.type.kind === "poison") return null;
  warnConstant(expr, checked.expr, checking);
  return checked.expr;
}

function warnConstant(expr: ast.Expr, checked: Expr, checking: Checking): void {
  // A `let` that switches a part of a rule is meant so.
  if (expr.kind === "path") return;
  const verdict = verdictOf(checked);
  if (verdict === undefined) return;
  const word = verdict === null ? "unknown, so it never holds" : String(verdict);
  checking.report.warning("W0401", expr.span, `this condition is always ${word}`, {
    label: verdict === true ? "it decides nothing" : "no event can pass",
  });
}

/** What a condition always is; undefined where it can vary. */
export function verdictOf(expr: Expr): Tri | undefined {
  switch (expr.kind) {
    case "const":
      return typeof expr.value === "boolean" || expr.value === null ? expr.value : undefined;
    case "not": {
      const verdict = verdictOf(expr.operand);
      return typeof verdict === "boolean" ? !verdict : verdict;
    }
    case "exists":
      return expr.operand.kind === "const" ? expr.operand.value !== null : undefined;
    case "and":
      return contradicts(expr.operands) ? false : kleene(expr.operands, false);
    case "or":
      return kleene(expr.operands, true);
    case "compare":
      return expr.left.kind === "const" && expr.right.kind === "const"
        ? compared(expr.operator, expr.left.value, expr.right.value)
        : undefined;
    default:
      return undefined;
  }
}

/** `and` (decisive: false) and `or` (decisive: true) of verdicts. */
function kleene(operands: readonly Expr[], decisive: boolean): Tri | undefined {
  const verdicts = operands.map(verdictOf);
  if (verdicts.includes(decisive)) return decisive;
  if (verdicts.includes(undefined)) return undefined;
  return verdicts.includes(null) ? null : !decisive;
}

type CompareOperator = Extract<Expr, { kind: "compare" }>["operator"];

function compared(operator: CompareOperator, a: Value, b: Value): Tri {
  if (operator === "==") return equals(a, b);
  if (operator === "!=") {
    const equal = equals(a, b);
    return equal === null ? null : !equal;
  }
  const order = compare(a, b);
  if (order === null) return null;
  return { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[operator];
}

/** Do two of the operands demand different constants of one field? */
export function contradicts(operands: readonly Expr[]): boolean {
  const demanded = new Map<string, Value>();
  for (const operand of operands) {
    if (operand.kind !== "compare" || operand.operator !== "==") continue;
    const { left, right } = operand;
    const [field, value] = left.kind === "field" ? [left, right] : [right, left];
    if (field.kind !== "field" || field.event.kind !== "at hand" || value.kind !== "const")
      continue;
    const name = JSON.stringify(field.path);
    const before = demanded.get(name);
    if (before !== undefined && equals(before, value.value) === false) return true;
    demanded.set(name, value.value);
  }
  return false;
}
