/** What an expression reads: lets the matchers judge the event's part of a condition once, before any run is touched. */

import type { EventRef, Expr } from "../../dsl/expr.ts";

/** The expressions directly below `expr`, in the order of the text, those in event references included. */
function parts(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "const":
    case "key":
    case "parameter":
    case "step values":
      return [];
    case "field":
    case "time":
      return indexOf(expr.event);
    case "member":
      return [expr.of];
    case "aggregate":
      return aggregateParts(expr);
    case "lambda":
      return [expr.list, expr.body];
    case "call":
      return expr.args;
    case "list":
      return expr.items;
    case "and":
    case "or":
    case "coalesce":
      return expr.operands;
    case "not":
    case "exists":
    case "negate":
      return [expr.operand];
    case "compare":
    case "same text":
    case "text test":
    case "arithmetic":
      return [expr.left, expr.right];
    case "in":
      return [expr.item, expr.list];
    case "in data":
      return [expr.item];
    case "row":
      return [expr.key];
    case "if":
      return [expr.test, expr.then, expr.else];
  }
}

function indexOf(event: EventRef): readonly Expr[] {
  if (event.kind === "preceding") return [event.index];
  return event.kind === "nth" && event.index !== null ? [event.index] : [];
}

function aggregateParts(expr: Expr & { kind: "aggregate" }): readonly Expr[] {
  const values = expr.inputs.flatMap((input) => (input.value === null ? [] : [input.value]));
  return expr.parameter === null ? values : [...values, expr.parameter];
}

/** Does the expression read only the event at hand, lists and tables? Then it needs no scope. */
export function isEventOnly(expr: Expr): boolean {
  switch (expr.kind) {
    case "key":
    case "aggregate":
    case "step values":
      return false;
    case "field":
    case "time":
      return expr.event.kind === "at hand";
    default:
      return parts(expr).every(isEventOnly);
  }
}

/** A condition cut in two: it is true when both halves are (null: always true). */
export interface Split {
  readonly eventOnly: Expr | null;
  readonly rest: Expr | null;
}

/** Cuts `a and b and c` into what the event alone decides and the rest, each in the order written. */
export function splitConjunction(expr: Expr): Split {
  const operands = conjuncts(expr);
  return {
    eventOnly: conjunction(operands.filter((operand) => isEventOnly(operand))),
    rest: conjunction(operands.filter((operand) => !isEventOnly(operand))),
  };
}

function conjuncts(expr: Expr): readonly Expr[] {
  return expr.kind === "and" ? expr.operands.flatMap(conjuncts) : [expr];
}

function conjunction(operands: readonly Expr[]): Expr | null {
  const [first] = operands;
  if (first === undefined) return null;
  return operands.length === 1 ? first : { kind: "and", operands };
}

/** The labels whose events the expression refers to. */
export function readsLabels(expr: Expr): ReadonlySet<number> {
  const labels = new Set<number>();
  collectLabels(expr, labels);
  return labels;
}

function collectLabels(expr: Expr, labels: Set<number>): void {
  if (expr.kind === "step values") labels.add(expr.label);
  if (expr.kind === "aggregate") for (const input of expr.inputs) labels.add(input.label);
  if (expr.kind === "field" || expr.kind === "time") {
    if (expr.event.kind === "step" || expr.event.kind === "nth") labels.add(expr.event.label);
  }
  for (const part of parts(expr)) collectLabels(part, labels);
}

/** The greatest n of `preceding(n)` in the expression; 0 where there is none. */
export function precedingMax(expr: Expr): number {
  let max = 0;
  if ((expr.kind === "field" || expr.kind === "time") && expr.event.kind === "preceding") {
    const { index } = expr.event;
    if (index.kind === "const" && typeof index.value === "number") max = index.value;
  }
  return Math.max(max, ...parts(expr).map(precedingMax));
}
