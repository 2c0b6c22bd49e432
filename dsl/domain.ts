/**
 * Which values an expression can still have, as far as comparisons with constants tell: whether the operands of an
 * `and` can all be true at once. Sound: what is called a contradiction is one; there are others that are not seen.
 *
 * Invariants
 *  V1  An expression has one value wherever it stands in one condition: expressions have no effects.
 */

import { compare, equals, type Value } from "../base/value.ts";
import { canonicalText } from "./canonical.ts";
import type { Comparison, Expr } from "./expr.ts";

/** The items of a literal list by its name; null for other lists and tables, whose contents change. */
export type LiteralItems = (name: string) => readonly Value[] | null;

export const NO_LITERALS: LiteralItems = () => null;

/** What is demanded of one value. */
interface Demand {
  readonly holds: (value: Value) => boolean;
  /** The only values that fulfil it; null where there are too many to count. */
  readonly only: readonly Value[] | null;
  /** Of an order: the least or greatest number that fulfils it. */
  readonly bound: { readonly operator: Comparison; readonly value: number } | null;
}

/** Can the operands never all be true, because they demand different things of one value? */
export function contradicts(
  operands: readonly Expr[],
  literals: LiteralItems = NO_LITERALS,
): boolean {
  const demands = new Map<string, Demand[]>();
  for (const operand of operands) {
    const found = demandOf(operand, literals);
    if (found === null) continue;
    const name = canonicalText(found.subject);
    const known = demands.get(name);
    if (known === undefined) demands.set(name, [found.demand]);
    else known.push(found.demand);
  }
  return [...demands.values()].some((of) => of.length > 1 && excludeEachOther(of));
}

function excludeEachOther(demands: readonly Demand[]): boolean {
  const counted = demands.find(({ only }) => only !== null);
  if (counted?.only !== undefined && counted.only !== null) {
    return !counted.only.some((value) => demands.every(({ holds }) => holds(value)));
  }
  return emptyRange(demands);
}

function emptyRange(demands: readonly Demand[]): boolean {
  const bounds = demands.flatMap(({ bound }) => (bound === null ? [] : [bound]));
  const lows = bounds.filter(({ operator }) => operator === ">" || operator === ">=");
  const highs = bounds.filter(({ operator }) => operator === "<" || operator === "<=");
  const low = Math.max(...lows.map(({ value }) => value));
  const high = Math.min(...highs.map(({ value }) => value));
  if (low !== high) return low > high;
  return bounds.some(
    ({ operator, value }) => value === low && (operator === "<" || operator === ">"),
  );
}

interface Found {
  readonly subject: Expr;
  readonly demand: Demand;
}

function demandOf(expr: Expr, literals: LiteralItems): Found | null {
  switch (expr.kind) {
    case "compare":
      return comparisonDemand(expr);
    case "in":
      return expr.caseless ? null : listDemand(expr.item, constantList(expr.list));
    case "in data":
      return expr.caseless ? null : listDemand(expr.item, literals(expr.data));
    case "text test":
      return textDemand(expr);
    case "not":
      return negated(demandOf(expr.operand, literals));
    default:
      return null;
  }
}

/** `not` of a demand: of a value that is known, the demand is true or false, save where the types differ. */
function negated(found: Found | null): Found | null {
  if (found === null) return null;
  const { subject, demand } = found;
  // Which values remain cannot be counted, and types may differ, so that both are unknown.
  return { subject, demand: { holds: (value) => !demand.holds(value), only: null, bound: null } };
}

const MIRRORED: Record<Comparison, Comparison> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** A comparison of something with a constant, the constant to the right. */
export function constantComparison(expr: Extract<Expr, { kind: "compare" }>): {
  readonly subject: Expr;
  readonly operator: Comparison;
  readonly value: Value;
} | null {
  const { left, right, operator } = expr;
  if (right.kind === "const" && left.kind !== "const") {
    return { subject: left, operator, value: right.value };
  }
  if (left.kind !== "const" || right.kind === "const") return null;
  return { subject: right, operator: MIRRORED[operator], value: left.value };
}

function comparisonDemand(expr: Extract<Expr, { kind: "compare" }>): Found | null {
  const found = constantComparison(expr);
  if (found === null) return null;
  const { subject, operator, value } = found;
  const isOrder = operator !== "==" && operator !== "!=";
  return {
    subject,
    demand: {
      holds: (candidate) => holds(operator, candidate, value),
      only: operator === "==" ? [value] : null,
      bound: isOrder && typeof value === "number" ? { operator, value } : null,
    },
  };
}

/** Is the comparison of two values true? */
export function holds(operator: Comparison, a: Value, b: Value): boolean {
  if (operator === "==") return equals(a, b) === true;
  if (operator === "!=") return equals(a, b) === false;
  const order = compare(a, b);
  if (order === null) return false;
  return { "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 }[operator];
}

function constantList(list: Expr): readonly Value[] | null {
  if (list.kind !== "const" || !Array.isArray(list.value)) return null;
  return list.value as readonly Value[];
}

/** Longer lists are not looked into: two of them would cost their product. */
const ITEMS_MAX = 200;

function listDemand(subject: Expr, items: readonly Value[] | null): Found | null {
  if (items === null || subject.kind === "const" || items.length > ITEMS_MAX) return null;
  const has = (value: Value): boolean => items.some((item) => equals(item, value) === true);
  return { subject, demand: { holds: has, only: items, bound: null } };
}

/** `starts with`, `ends with` and `contains` of a constant text; the other tests are not looked into. */
function textDemand(expr: Extract<Expr, { kind: "text test" }>): Found | null {
  const { left, right, test, caseless } = expr;
  if (caseless || right.kind !== "const" || typeof right.value !== "string") return null;
  const wanted = right.value;
  const tests: Partial<Record<typeof test, (text: string) => boolean>> = {
    "starts with": (text) => text.startsWith(wanted),
    "ends with": (text) => text.endsWith(wanted),
    contains: (text) => text.includes(wanted),
  };
  const passes = tests[test];
  if (passes === undefined) return null;
  const fits = (value: Value): boolean => typeof value === "string" && passes(value);
  return { subject: left, demand: { holds: fits, only: null, bound: null } };
}
