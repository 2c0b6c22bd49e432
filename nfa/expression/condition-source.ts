/**
 * Source of conditions: for each expression one boolean that says "it is true", and one that says "it is false". By
 * duality neither has to carry unknown: `not x` is true when x is false, `a and b` is false when one of them is.
 * Operands are read once, into a temporary where a type test needs them twice.
 */

import type { Value } from "../../base/value.ts";
import type { Comparison, Expr } from "../../dsl/expr.ts";
import { constantOf, type Emitter, literal, type Source } from "./emit.ts";
import { memberCondition } from "./member-source.ts";
import { textCondition } from "./text-source.ts";

const NEGATED: { readonly [operator in Comparison]: Comparison } = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};
const FLIPPED: { readonly [operator in Comparison]: Comparison } = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** True exactly when the expression is `wanted`. */
export function conditionSource(emitter: Emitter, expr: Expr, wanted: boolean): Source {
  switch (expr.kind) {
    case "const":
      return String(expr.value === wanted);
    case "and":
    case "or":
      return junction(emitter, expr.operands, wanted, (expr.kind === "and") === wanted);
    case "not":
      return emitter.condition(expr.operand, !wanted);
    case "exists":
      return `(${emitter.raw(expr.operand)} ${wanted ? "!=" : "=="} null)`;
    case "compare":
      return comparison(
        emitter,
        wanted ? expr.operator : NEGATED[expr.operator],
        expr.left,
        expr.right,
      );
    case "in":
      return memberCondition(emitter, expr, wanted);
    case "text test":
    case "same text":
      return textCondition(emitter, expr, wanted);
    case "if": {
      const test = emitter.condition(expr.test, true);
      return `(${test} ? ${emitter.condition(expr.then, wanted)} : ${emitter.condition(expr.else, wanted)})`;
    }
    case "lambda":
      return lambdaCondition(emitter, expr, wanted);
    default:
      return `(${emitter.raw(expr)} === ${wanted})`;
  }
}

function junction(
  emitter: Emitter,
  operands: readonly Expr[],
  wanted: boolean,
  all: boolean,
): Source {
  if (operands.length === 0) return String(all);
  const parts = operands.map((operand) => emitter.condition(operand, wanted));
  return `(${parts.join(all ? " && " : " || ")})`;
}

/** `any` is true when the body is true for an item, and false when it is false for each; `all` the other way round. */
function lambdaCondition(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "lambda" }>,
  wanted: boolean,
): Source {
  if (expr.name === "map" || expr.name === "filter") return "false";
  const list = emitter.raw(expr.list);
  const body = emitter.lambda(`p${expr.depth}`, () => emitter.condition(expr.body, wanted));
  return `${(expr.name === "any") === wanted ? "someItem" : "everyItem"}(${list}, ${body})`;
}

/** True when the comparison is true; a comparison is false when the negated one is true. */
function comparison(emitter: Emitter, operator: Comparison, left: Expr, right: Expr): Source {
  const wanted = constantOf(right);
  if (wanted !== undefined) return withConstant(emitter, operator, left, wanted);
  const flipped = constantOf(left);
  if (flipped !== undefined) return withConstant(emitter, FLIPPED[operator], right, flipped);
  const a = emitter.raw(left);
  const b = emitter.raw(right);
  if (operator === "==") return `isEqual(${a}, ${b})`;
  if (operator === "!=") return `isUnequal(${a}, ${b})`;
  const order = emitter.frame.temporary();
  return `((${order} = compare(${a}, ${b})) !== null && ${order} ${operator} 0)`;
}

function withConstant(emitter: Emitter, operator: Comparison, expr: Expr, wanted: Value): Source {
  const text = literal(wanted);
  if (text === null) {
    const constant = emitter.constant(wanted);
    const sides = `(${emitter.raw(expr)}, ${constant})`;
    if (operator === "==") return `isEqual${sides}`;
    return operator === "!=" ? `isUnequal${sides}` : "false";
  }
  switch (typeof wanted) {
    case "string":
      return withText(emitter, operator, expr, text);
    case "boolean":
      return withBoolean(emitter, operator, expr, wanted);
    case "number":
    case "bigint":
      return withNumber(emitter, operator, expr, wanted, text);
    default:
      return "false";
  }
}

function withText(emitter: Emitter, operator: Comparison, expr: Expr, text: Source): Source {
  if (operator === "==") return `(${emitter.raw(expr)} === ${text})`;
  const value = emitter.frame.temporary();
  const test =
    operator === "!=" ? `${value} !== ${text}` : `compareText(${value}, ${text}) ${operator} 0`;
  return `(typeof (${value} = ${emitter.raw(expr)}) === "string" && ${test})`;
}

function withBoolean(emitter: Emitter, operator: Comparison, expr: Expr, wanted: boolean): Source {
  if (operator === "==") return `(${emitter.raw(expr)} === ${wanted})`;
  return operator === "!=" ? `(${emitter.raw(expr)} === ${!wanted})` : "false";
}

/** JavaScript compares a number with a bigint by their mathematical values. */
function withNumber(
  emitter: Emitter,
  operator: Comparison,
  expr: Expr,
  wanted: number | bigint,
  text: Source,
): Source {
  const value = emitter.frame.temporary();
  const read = `(${value} = ${emitter.raw(expr)})`;
  if (typeof wanted === "number" && operator === "==") {
    return `(${read} === ${text} || (typeof ${value} === "bigint" && ${value} == ${text}))`;
  }
  return `((typeof ${read} === "number" || typeof ${value} === "bigint") && ${value} ${operator} ${text})`;
}
