/** Constant expressions: items of lists, data of test events, arguments that must be known when a rule is compiled. */

import { typeOf, type Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import type { Arithmetic, Expr } from "./expr.ts";
import type { Checking, Scope } from "./scope.ts";
import { ANY, BOOLEAN, joined, NULL, NUMBER, TEXT, type Type } from "./type.ts";

/** The value of an expression that needs no event; null, after an error, where it needs one or has mistakes. */
export function constant(
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): { readonly value: Value } | null {
  const checked = checking.check(expr, scope);
  if (checked.type.kind === "poison") return null;
  const value = constantValue(checked.expr);
  if (value === null) {
    checking.report.error("E0412", expr.span, "this is not constant", {
      label: "its value is not known before events come",
      notes: [
        "numbers, texts, durations, sizes, lists of them, sums of numbers and `let` names are",
      ],
    });
  }
  return value;
}

/** The value of a checked expression that is constant. `folded` has made constants of all that can be one. */
export function constantValue(expr: Expr): { readonly value: Value } | null {
  return expr.kind === "const" ? { value: expr.value } : null;
}

/** A constant in place of an operation on constants. */
export function folded(expr: Expr): Expr {
  if (expr.kind === "list") {
    const values = expr.items.flatMap((item) => (item.kind === "const" ? [item.value] : []));
    return values.length === expr.items.length ? { kind: "const", value: values } : expr;
  }
  if (expr.kind === "negate") {
    const { operand } = expr;
    if (operand.kind !== "const" || operand.value === null) return expr;
    if (typeof operand.value === "number") return { kind: "const", value: 0 - operand.value };
    return typeof operand.value === "bigint" ? { kind: "const", value: -operand.value } : expr;
  }
  if (expr.kind === "arithmetic") {
    const { left, right, operator } = expr;
    if (left.kind !== "const" || right.kind !== "const") return expr;
    if (typeof left.value !== "number" || typeof right.value !== "number") return expr;
    return { kind: "const", value: calculated(operator, left.value, right.value) };
  }
  return expr;
}

/** What is not a finite number is null (X-5: `x / 0` is null). */
function calculated(operator: Arithmetic, a: number, b: number): number | null {
  const result = { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b }[operator];
  return Number.isFinite(result) ? result : null;
}

export function typeOfValue(value: Value): Type {
  switch (typeOf(value)) {
    case "null":
      return NULL;
    case "boolean":
      return BOOLEAN;
    case "number":
      return NUMBER;
    case "text":
      return TEXT;
    case "list": {
      const items = value as readonly Value[];
      return { kind: "list", item: items.map(typeOfValue).reduce(joined, NULL) };
    }
    case "object":
      return ANY;
  }
}
