/**
 * Whether a window's condition is certainly not true of a window with no event, nor of one with a single event: it then
 * demands a count of two or more. Such a window forgets what it found once its events have left, for the next event
 * would find it false in any case (W-1).
 */

import type { Comparison, Expr } from "../../dsl/expr.ts";
import { compareValues } from "../functions/comparison.ts";

export function isFalseOfOne(having: Expr): boolean {
  if (having.kind === "and") return having.operands.some(isFalseOfOne);
  if (having.kind !== "compare") return false;
  const { left, right, operator } = having;
  return demandsMore(left, operator, right) || demandsMore(right, MIRRORED[operator], left);
}

const MIRRORED: Record<Comparison, Comparison> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function demandsMore(count: Expr, operator: Comparison, wanted: Expr): boolean {
  if (count.kind !== "key" || count.standsFor?.kind !== "aggregate") return false;
  const { name, inputs } = count.standsFor;
  if (name !== "count" && name !== "distinct") return false;
  // Of several values of one event each may count.
  const [first] = inputs;
  if (wanted.kind !== "const" || inputs.some(({ value }) => value !== first?.value)) return false;
  return [0, 1].every((n) => compareValues(operator, n, wanted.value) !== true);
}
