import { expect, test } from "@jest/globals";
import type { Comparison, Expr } from "../../dsl/expr.ts";
import { isFalseOfOne } from "./false-of-one.ts";

const COUNT: Expr = {
  kind: "key",
  index: 1,
  standsFor: {
    kind: "aggregate",
    name: "count",
    inputs: [{ label: 0, value: null }],
    parameter: null,
  },
};

function compared(left: Expr, operator: Comparison, right: Expr): Expr {
  return { kind: "compare", operator, left, right };
}

function number(value: number): Expr {
  return { kind: "const", value };
}

test.each<[string, Expr, boolean]>([
  ["count() >= 2", compared(COUNT, ">=", number(2)), true],
  ["count() >= 1", compared(COUNT, ">=", number(1)), false],
  ["count() > 1", compared(COUNT, ">", number(1)), true],
  ["2 <= count()", compared(number(2), "<=", COUNT), true],
  ["count() < 5", compared(COUNT, "<", number(5)), false],
  ["count() == 0", compared(COUNT, "==", number(0)), false],
  ["count() == 3", compared(COUNT, "==", number(3)), true],
  ["a key >= 2", compared({ kind: "key", index: 0 }, ">=", number(2)), false],
])("W-1 %s", (_, having, wanted) => {
  expect(isFalseOfOne(having)).toBe(wanted);
  const other = compared(COUNT, "<", number(9));
  expect(isFalseOfOne({ kind: "and", operands: [other, having] })).toBe(wanted);
  expect(isFalseOfOne({ kind: "or", operands: [other, having] })).toBe(false);
});
