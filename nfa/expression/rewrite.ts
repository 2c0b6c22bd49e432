/** Rebuilding expressions with some of their parts replaced. */

import type { EventRef, Expr } from "../../dsl/expr.ts";

/** The expression with `change` applied to each part directly below it; inputs of aggregates included. */
export function withParts(expr: Expr, change: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "const":
    case "key":
    case "parameter":
    case "step values":
      return expr;
    case "field":
    case "time":
      return { ...expr, event: withIndex(expr.event, change) };
    case "member":
      return { ...expr, of: change(expr.of) };
    case "aggregate": {
      const inputs = expr.inputs.map(({ label, value }) => ({
        label,
        value: value === null ? null : change(value),
      }));
      return {
        ...expr,
        inputs,
        parameter: expr.parameter === null ? null : change(expr.parameter),
      };
    }
    case "lambda":
      return { ...expr, list: change(expr.list), body: change(expr.body) };
    case "call":
      return { ...expr, args: expr.args.map(change) };
    case "list":
      return { ...expr, items: expr.items.map(change) };
    case "and":
    case "or":
    case "coalesce":
      return { ...expr, operands: expr.operands.map(change) };
    case "not":
    case "exists":
    case "negate":
      return { ...expr, operand: change(expr.operand) };
    case "compare":
    case "same text":
    case "text test":
    case "arithmetic":
      return { ...expr, left: change(expr.left), right: change(expr.right) };
    case "in":
      return { ...expr, item: change(expr.item), list: change(expr.list) };
    case "in data":
      return { ...expr, item: change(expr.item) };
    case "row":
      return { ...expr, key: change(expr.key) };
    case "if":
      return withBranches(expr, change);
  }
}

function withBranches(
  { test, then: yes, else: no }: Extract<Expr, { kind: "if" }>,
  change: (part: Expr) => Expr,
): Expr {
  // biome-ignore lint/suspicious/noThenProperty: the node is data and nobody awaits it
  return { kind: "if", test: change(test), then: change(yes), else: change(no) };
}

function withIndex(event: EventRef, change: (part: Expr) => Expr): EventRef {
  if (event.kind === "preceding") return { ...event, index: change(event.index) };
  if (event.kind === "nth" && event.index !== null) return { ...event, index: change(event.index) };
  return event;
}
