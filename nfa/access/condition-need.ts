/** What a condition needs of the event at hand: its tests of fields against constants, through `and`, `or` and `not`. */

import type { Value } from "../../base/value.ts";
import type { Expr, FieldPath } from "../../dsl/expr.ts";
import { constantOf } from "../expression/compiled.ts";
import { foldCase } from "../functions/case-folding.ts";
import { allOf, anyOf, type Need, type Scalar } from "./need.ts";
import { textNeed } from "./text-need.ts";

const NEVER: Need = { kind: "any", needs: [] };

/** What must hold so that the expression can be `wanted`; null: nothing that an index can tell. */
export function needOf(expr: Expr, wanted: boolean): Need | null {
  switch (expr.kind) {
    case "const":
      return expr.value === wanted ? null : NEVER;
    case "and":
    case "or": {
      const needs = expr.operands.map((operand) => needOf(operand, wanted));
      return (expr.kind === "and") === wanted ? allOf(needs) : anyOf(needs);
    }
    case "not":
      return needOf(expr.operand, !wanted);
    case "exists":
      return presence(expr.operand, wanted);
    case "field":
      return equality(expr, [wanted], false);
    case "compare":
      if (expr.operator !== (wanted ? "==" : "!=")) return null;
      return allOf([
        equality(expr.left, [constantOf(expr.right)], false),
        equality(expr.right, [constantOf(expr.left)], false),
      ]);
    case "same text":
      if (!wanted) return null;
      return allOf([
        equality(expr.left, textsOf(constantOf(expr.right)), true),
        equality(expr.right, textsOf(constantOf(expr.left)), true),
      ]);
    default:
      return wanted ? needOfTest(expr) : null;
  }
}

/** Tests against constants, which are true of what they name. */
function needOfTest(expr: Expr): Need | null {
  switch (expr.kind) {
    case "in": {
      const list = constantOf(expr.list);
      return Array.isArray(list) ? equality(expr.item, list, expr.caseless) : null;
    }
    case "text test": {
      const path = pathOf(expr.left);
      const texts = textsOf(constantOf(expr.right));
      return path === null || texts === null ? null : textNeed(expr, path, texts);
    }
    case "call": {
      const [address, ...ranges] = expr.args;
      if (expr.name !== "cidr" || address === undefined) return null;
      return cidrNeed(address, ranges);
    }
    default:
      return null;
  }
}

function cidrNeed(address: Expr, wanted: readonly Expr[]): Need | null {
  const path = pathOf(address);
  const ranges = wanted.map((range) => textsOf(constantOf(range)));
  if (path === null || !ranges.every((texts) => texts !== null)) return null;
  return { kind: "cidr", path, ranges: ranges.flat() };
}

/** The path of a field of the event at hand; null for everything else. */
function pathOf(expr: Expr): FieldPath | null {
  return expr.kind === "field" && expr.event.kind === "at hand" ? expr.path : null;
}

function presence(operand: Expr, wanted: boolean): Need | null {
  const path = pathOf(operand);
  return path === null ? null : { kind: wanted ? "present" : "absent", path };
}

/** The texts of a constant that is one or a list; what is no text fits no test of texts. Null: it is no constant. */
function textsOf(value: Value | undefined): readonly string[] | null {
  if (value === undefined) return null;
  const items: readonly Value[] = Array.isArray(value) ? value : [value as Value];
  return items.filter((item) => typeof item === "string");
}

function equality(
  field: Expr,
  wanted: readonly (Value | undefined)[] | null,
  folded: boolean,
): Need | null {
  const path = pathOf(field);
  if (path === null || wanted === null) return null;
  const values: Scalar[] = [];
  for (const value of wanted) {
    // Null equals nothing.
    if (value === null) continue;
    if (typeof value === "object" || value === undefined) return null;
    values.push(folded && typeof value === "string" ? foldCase(value) : value);
  }
  return { kind: "equals", path, folded, values };
}
