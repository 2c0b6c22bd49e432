/** Operators with two sides, and `not`. */

import type * as ast from "./ast.ts";
import { checkBoolean, fateOf, literalItems } from "./condition.ts";
import { folded } from "./constant.ts";
import type { Arithmetic, Comparison, Expr } from "./expr.ts";
import { hyphenHint } from "./hyphen.ts";
import { replacement } from "./report.ts";
import { type Checking, POISONED, type Scope, type Typed } from "./scope.ts";
import { checkIn, checkTextTest } from "./text-test.ts";
import { BOOLEAN, describe, isOpen, joined, NUMBER } from "./type.ts";
import { type Comparing, lintComparison } from "./value-lints.ts";

export type Binary = Extract<ast.Expr, { kind: "binary" }>;

export function checkNot(operand: ast.Expr, scope: Scope, checking: Checking): Typed {
  const checked = checkBoolean(operand, scope, checking);
  if (checked.type.kind === "poison") return POISONED;
  return { expr: { kind: "not", operand: checked.expr }, type: BOOLEAN };
}

export function checkBinary(expr: Binary, scope: Scope, checking: Checking): Typed {
  const { operator } = expr;
  switch (operator) {
    case "and":
    case "or":
      return checkLogic(expr, operator, scope, checking);
    case "??":
      return checkCoalesce(chain(expr, "??"), scope, checking);
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return checkComparison(expr, operator, scope, checking);
    case "in":
      return negated(expr, checkIn(expr, scope, checking));
    case "=~":
    case "like":
    case "matches":
    case "contains":
    case "starts with":
    case "ends with":
      return negated(expr, checkTextTest(expr, operator, scope, checking));
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return checkArithmetic(expr, operator, scope, checking);
  }
}

function negated(expr: Binary, positive: Typed): Typed {
  if (!expr.negated || positive.type.kind === "poison") return positive;
  return { expr: { kind: "not", operand: positive.expr }, type: BOOLEAN };
}

/** The operands of a chain of one operator, which parses to the left; not by recursion, as chains may be long. */
function chain(expr: Binary, operator: ast.BinaryOperator): readonly ast.Expr[] {
  const operands: ast.Expr[] = [];
  let left: ast.Expr = expr;
  while (left.kind === "binary" && left.operator === operator) {
    operands.push(left.right);
    left = left.left;
  }
  return [left, ...operands.reverse()];
}

function checkLogic(expr: Binary, operator: "and" | "or", scope: Scope, checking: Checking): Typed {
  const operands = chain(expr, operator);
  const checked = operands.map((operand) => checkBoolean(operand, scope, checking));
  if (checked.some((operand) => operand.type.kind === "poison")) return POISONED;
  const inner = checked.map((operand) => operand.expr);
  // Where the whole never varies, the condition that holds it says so.
  const whole: Expr = { kind: operator, operands: inner };
  if (fateOf(whole, literalItems(checking)) === "varies") warnOperands(operands, inner, checking);
  return { expr: { kind: operator, operands: flattened(operator, inner) }, type: BOOLEAN };
}

function warnOperands(
  operands: readonly ast.Expr[],
  checked: readonly Expr[],
  checking: Checking,
): void {
  for (const [i, operand] of operands.entries()) {
    const inner = checked[i];
    if (inner === undefined || operand.kind === "path") continue;
    const fate = fateOf(inner, literalItems(checking));
    if (fate === "varies") continue;
    const said = fate === "true" ? "is always true" : "is never true";
    checking.report.warning("W0401", operand.span, `this part ${said}`, {
      label: "it decides nothing",
    });
  }
}

/** `a and (b and c)` means the same as `a and b and c`, in every logic. */
function flattened(operator: "and" | "or", operands: readonly Expr[]): readonly Expr[] {
  return operands.flatMap((operand) => (operand.kind === operator ? operand.operands : [operand]));
}

/** `a ?? b`, and `coalesce(a, b)`, which is the same. */
export function checkCoalesce(
  operands: readonly ast.Expr[],
  scope: Scope,
  checking: Checking,
): Typed {
  const checked = operands.map((operand) => checking.check(operand, scope));
  const type = checked.map((operand) => operand.type).reduce(joined);
  if (type.kind === "poison") return POISONED;
  return { expr: { kind: "coalesce", operands: checked.map((operand) => operand.expr) }, type };
}

function isNull(expr: ast.Expr): boolean {
  return expr.kind === "null";
}

function checkComparison(
  expr: Binary,
  operator: Comparison,
  scope: Scope,
  checking: Checking,
): Typed {
  if (isNull(expr.left) || isNull(expr.right))
    return checkNullTest(expr, operator, scope, checking);
  const left = checking.check(expr.left, scope);
  const right = checking.check(expr.right, scope);
  if (left.type.kind === "poison" || right.type.kind === "poison") return POISONED;
  if (!comparable(expr, operator, left, right, checking)) return POISONED;
  warnStepValues(expr, left, right, checking);
  const compare: Comparing = { kind: "compare", operator, left: left.expr, right: right.expr };
  lintComparison(expr, compare, checking);
  return { expr: compare, type: BOOLEAN };
}

/** `x == null` and `x != null` ask for existence; an order with null is unknown and so never wanted. */
function checkNullTest(
  expr: Binary,
  operator: Comparison,
  scope: Scope,
  checking: Checking,
): Typed {
  if (operator !== "==" && operator !== "!=") {
    checking.report.error("E0403", expr.span, `\`${operator}\` with null is always unknown`, {
      label: "it never holds",
      notes: ["`x == null`, `x != null` and `exists(x)` ask whether there is a value"],
    });
    return POISONED;
  }
  const exists = checkExists(isNull(expr.left) ? expr.right : expr.left, scope, checking);
  if (exists.type.kind === "poison" || operator === "!=") return exists;
  return { expr: { kind: "not", operand: exists.expr }, type: BOOLEAN };
}

/** Is there a value? Of a whole repeated step: has it taken an event? */
export function checkExists(operand: ast.Expr, scope: Scope, checking: Checking): Typed {
  const { expr, type } = checking.check(operand, scope);
  if (type.kind === "poison") return POISONED;
  if (expr.kind === "step values" && expr.path.length === 0) {
    const inputs = [{ label: expr.label, value: null }];
    const count: Expr = { kind: "aggregate", name: "count", inputs, parameter: null };
    const zero: Expr = { kind: "const", value: 0 };
    return { expr: { kind: "compare", operator: ">", left: count, right: zero }, type: BOOLEAN };
  }
  return { expr: { kind: "exists", operand: expr }, type: BOOLEAN };
}

function comparable(
  expr: Binary,
  operator: Comparison,
  left: Typed,
  right: Typed,
  checking: Checking,
): boolean {
  const { report } = checking;
  if (!isOpen(left.type) && !isOpen(right.type) && left.type.kind !== right.type.kind) {
    const hyphen = hyphenHint(expr.left, report) ?? hyphenHint(expr.right, report);
    const lists = [left, right].find(({ type }) => type.kind === "list");
    report.error(
      "E0402",
      expr.span,
      "values of different types are compared, which is always unknown",
      {
        label: `${describe(left.type)} and ${describe(right.type)}`,
        notes: hyphen === null ? listNotes(lists) : [hyphen.note],
        fix: hyphen?.fix ?? null,
      },
    );
    return false;
  }
  if (operator === "==" || operator === "!=") return true;
  for (const [side, typed] of [
    [expr.left, left],
    [expr.right, right],
  ] as const) {
    const { kind } = typed.type;
    if (isOpen(typed.type) || kind === "number" || kind === "text") continue;
    report.error("E0402", side.span, `\`${operator}\` needs numbers or texts`, {
      label: `this is ${describe(typed.type)}`,
      notes: kind === "list" ? listNotes(typed) : [],
    });
    return false;
  }
  return true;
}

const LIST_NOTES = [
  "a repeated step gives a list, one value for each of its events: `first(s).x`, `last(s).x`, `x in s.x`, `max(s.x)`",
];

function listNotes(list: Typed | undefined): readonly string[] {
  if (list === undefined) return [];
  return list.expr.kind === "step values"
    ? LIST_NOTES
    : ["`x in list` asks for an item, `any(x in list: …)` for one of which something holds"];
}

/** `ip == fails.ip` with a repeated step: one value against a list, which is a slip unless the field is a list too. */
function warnStepValues(expr: Binary, left: Typed, right: Typed, checking: Checking): void {
  for (const [side, typed, other] of [
    [expr.left, left, right],
    [expr.right, right, left],
  ] as const) {
    if (typed.expr.kind !== "step values" || other.type.kind === "list") continue;
    if (side.kind !== "path") continue;
    const [step, ...rest] = checking.report.text(side.span).split(".");
    const better = [`last(${step})`, ...rest].join(".");
    checking.report.warning(
      "W0405",
      side.span,
      "this is a list, one value for each event of the step",
      {
        label: "compared with one value",
        notes: LIST_NOTES,
        fix: replacement(side.span, better),
      },
    );
  }
}

function checkArithmetic(
  expr: Binary,
  operator: Arithmetic,
  scope: Scope,
  checking: Checking,
): Typed {
  const left = checking.check(expr.left, scope);
  // Of a name with hyphens the first word that means nothing says it all.
  if (left.type.kind === "poison" && hyphenHint(expr, checking.report) !== null) return POISONED;
  const right = checking.check(expr.right, scope);
  if (left.type.kind === "poison" || right.type.kind === "poison") return POISONED;
  for (const [side, typed] of [
    [expr.left, left],
    [expr.right, right],
  ] as const) {
    if (isOpen(typed.type) || typed.type.kind === "number") continue;
    checking.report.error("E0404", side.span, `\`${operator}\` needs numbers`, {
      label: `this is ${describe(typed.type)}`,
      notes: typed.type.kind === "text" && operator === "+" ? ["`concat(a, b)` joins texts"] : [],
    });
    return POISONED;
  }
  const arithmetic: Expr = { kind: "arithmetic", operator, left: left.expr, right: right.expr };
  return { expr: folded(arithmetic), type: NUMBER };
}
