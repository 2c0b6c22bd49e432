/**
 * From a row of operands and operators to a tree, by precedence, loosest first:
 * `or`, `and`, `not`, comparisons, `??`, `+ -`, `* / %`, unary `-`.
 * The grammar reads an expression as a flat row, so a chain of any length costs no depth of calls while parsing; here the
 * depth of calls is bounded by the levels and by `not` before `not`.
 * Operators of one level group from the left; comparisons do not group at all (`a < b < c` is reported, and read as it was meant).
 */

import { assert } from "../base/assert.ts";
import type { Span } from "../base/diagnostic.ts";
import type { BinaryOperator, Expr } from "./ast.ts";

/** `not` or `-` before an operand. */
export interface Prefix {
  readonly kind: "not" | "negate";
  readonly span: Span;
}

/** An operand with what stands before it. */
export interface Operand {
  readonly prefixes: readonly Prefix[];
  readonly expr: Expr;
}

/** An operator between two operands. */
export interface Infix {
  readonly operator: BinaryOperator;
  readonly negated: boolean;
  readonly caseless: boolean;
  readonly span: Span;
}

/** The operator that a token stands for: `starts` for `starts with`, and `=`, once reported, for `==`. */
export function binaryOperator(image: string): BinaryOperator {
  switch (image) {
    case "starts":
      return "starts with";
    case "ends":
      return "ends with";
    case "!==":
    case "<>":
      return "!=";
    case "&&":
    case "&":
      return "and";
    case "||":
    case "|":
      return "or";
    default:
      return SPELLED.find((operator) => operator === image) ?? "==";
  }
}

/** Operators that are written as they are called. */
const SPELLED: readonly BinaryOperator[] = [
  ...(["or", "and", "==", "!=", "<", "<=", ">", ">=", "=~", "in", "like"] as const),
  ...(["matches", "contains", "??", "+", "-", "*", "/", "%"] as const),
];

const OR = 1;
const AND = 2;
/** Level 3 is `not`, level 8 unary `-`: prefixes, which take what is tighter. */
const COMPARISON = 4;
const COALESCE = 5;
const SUM = 6;
const PRODUCT = 7;

function level(operator: BinaryOperator): number {
  switch (operator) {
    case "or":
      return OR;
    case "and":
      return AND;
    case "??":
      return COALESCE;
    case "+":
    case "-":
      return SUM;
    case "*":
    case "/":
    case "%":
      return PRODUCT;
    default:
      return COMPARISON;
  }
}

/** A row under construction: `operands` has one more than `operators`. */
interface Row {
  readonly operands: readonly Operand[];
  readonly operators: readonly Infix[];
  readonly onChain: (operator: Infix) => void;
  /** Index of the operand that comes next, and of the operator after it. */
  next: number;
}

/** The tree of the row. `onChain` is told of every comparison whose left side is a bare comparison. */
export function foldOperators(
  operands: readonly Operand[],
  operators: readonly Infix[],
  onChain: (operator: Infix) => void,
): Expr {
  assert(operands.length === operators.length + 1, "a row begins and ends with an operand");
  return fold({ operands, operators, onChain, next: 0 }, OR);
}

/** Takes the next operand, behind its prefixes before `from`, and all operators of at least `least`. */
function fold(row: Row, least: number, from = 0): Expr {
  let left = foldPrefixes(row, from);
  let compared = false;
  for (;;) {
    const infix = row.operators[row.next - 1];
    if (infix === undefined) return left;
    const strength = level(infix.operator);
    if (strength < least) return left;
    const chained = strength === COMPARISON && compared;
    if (chained) row.onChain(infix);
    if (strength === COMPARISON) compared = true;
    const right = fold(row, strength + 1);
    left = chained ? joinChain(left, infix, right) : binary(infix, left, right);
  }
}

function binary(infix: Infix, left: Expr, right: Expr): Expr {
  const { operator, negated, caseless, span: operatorSpan } = infix;
  const span = { file: left.span.file, start: left.span.start, end: right.span.end };
  return { kind: "binary", operator, negated, caseless, left, right, operatorSpan, span };
}

/** `a < b < c` as the `a < b and b < c` that was meant, so that nothing more is said of it. */
function joinChain(before: Expr, infix: Infix, right: Expr): Expr {
  const last = before.kind === "binary" && before.operator === "and" ? before.right : before;
  const middle = last.kind === "binary" ? last.right : last;
  const and: Infix = { ...infix, operator: "and", negated: false, caseless: false };
  return binary(and, before, binary(infix, middle, right));
}

/** `-` takes the operand alone, `not` the comparison that begins with it. */
function foldPrefixes(row: Row, from: number): Expr {
  const operand = row.operands[row.next];
  assert(operand !== undefined, "an operand follows every operator");
  const prefix = operand.prefixes[from];
  if (prefix === undefined) {
    row.next += 1;
    return operand.expr;
  }
  const inner =
    prefix.kind === "not" ? fold(row, COMPARISON, from + 1) : foldPrefixes(row, from + 1);
  const span = { file: prefix.span.file, start: prefix.span.start, end: inner.span.end };
  if (prefix.kind === "negate" && inner.kind === "number") {
    return { kind: "number", value: -inner.value, span };
  }
  return { kind: prefix.kind, operand: inner, span };
}
