/** Conditions: expressions that are true, false or unknown, and what the linter says of those that never vary. */

import { compare, equals, type Tri, type Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import { contradicts, holds, type LiteralItems } from "./domain.ts";
import type { Comparison, Expr } from "./expr.ts";
import { listItems } from "./list.ts";
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
  const fate = fateOf(checked, literalItems(checking));
  if (fate === "varies") return;
  if (fate === "true") {
    checking.report.warning("W0401", expr.span, "this condition is always true", {
      label: "it decides nothing",
    });
  } else {
    checking.report.warning("W0401", expr.span, "this condition is never true", {
      label: "no event can pass",
    });
  }
}

const itemsOfLists = new WeakMap<object, readonly Value[] | null>();

/** What is the list of literal items of this name (D-3)? */
export function literalItems(checking: Checking): LiteralItems {
  return (name) => {
    const list = checking.declarations.values.get(name);
    if (list?.kind !== "list" || list.from.kind !== "items") return null;
    const known = itemsOfLists.get(list);
    if (known !== undefined) return known;
    const items = listItems(list.from.items, checking);
    itemsOfLists.set(list, items);
    return items;
  };
}

type Fate = "true" | "never" | "varies";
/** Of `and` and `or`, which are asked again by every expression around them. */
const fates = new WeakMap<Expr, Fate>();

/** Whether a condition is true whatever comes, never true, or one or the other. */
export function fateOf(expr: Expr, literals: LiteralItems): Fate {
  if (expr.kind === "and" || expr.kind === "or") {
    const known = fates.get(expr);
    if (known !== undefined) return known;
    const fate = junctionFate(expr.kind, expr.operands, literals);
    fates.set(expr, fate);
    return fate;
  }
  const verdict = verdictOf(expr);
  if (verdict === undefined) return "varies";
  return verdict === true ? "true" : "never";
}

function junctionFate(kind: "and" | "or", operands: readonly Expr[], literals: LiteralItems): Fate {
  if (kind === "and" && contradicts(operands, literals)) return "never";
  const found = operands.map((operand) => fateOf(operand, literals));
  const [decisive, other] =
    kind === "and" ? (["never", "true"] as const) : (["true", "never"] as const);
  if (found.includes(decisive)) return decisive;
  return found.includes("varies") ? "varies" : other;
}

/** What an expression always is; undefined where it can vary. */
function verdictOf(expr: Expr): Tri | undefined {
  switch (expr.kind) {
    case "const":
      return typeof expr.value === "boolean" || expr.value === null ? expr.value : undefined;
    case "not": {
      const verdict = verdictOf(expr.operand);
      return typeof verdict === "boolean" ? !verdict : verdict;
    }
    case "exists":
      return expr.operand.kind === "const" ? expr.operand.value !== null : undefined;
    case "in":
      return isEmptyList(expr.list) ? false : undefined;
    case "compare":
      return expr.left.kind === "const" && expr.right.kind === "const"
        ? compared(expr.operator, expr.left.value, expr.right.value)
        : undefined;
    default:
      return undefined;
  }
}

function isEmptyList(list: Expr): boolean {
  return list.kind === "const" && Array.isArray(list.value) && list.value.length === 0;
}

function compared(operator: Comparison, a: Value, b: Value): Tri {
  const equal = equals(a, b);
  if (operator === "==" || equal === null) return equal;
  if (operator === "!=") return !equal;
  return compare(a, b) === null ? null : holds(operator, a, b);
}
