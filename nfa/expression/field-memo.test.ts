/** Shared reads of an event's fields: the same values as without, each read once. */

import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import type { ValueObject } from "../../base/value.ts";
import type { Expr } from "../../dsl/expr.ts";
import { NO_DATA } from "../history.ts";
import { compileEventCondition, compileEventValue, FieldMemo } from "./compiled.ts";

const FIELD: Expr = { kind: "field", event: { kind: "at hand" }, path: ["a", "b"] };

function textTest(test: "contains" | "like", text: string, caseless: boolean): Expr {
  return { kind: "text test", test, left: FIELD, right: { kind: "const", value: text }, caseless };
}

const CONDITIONS: readonly Expr[] = [
  textTest("contains", "Xy", false),
  textTest("contains", "Xy", true),
  textTest("like", "*.EXE", true),
  { kind: "not", operand: textTest("contains", "Xy", true) },
  { kind: "same text", left: FIELD, right: { kind: "const", value: "AXY.exe" } },
  {
    kind: "in",
    item: FIELD,
    list: { kind: "list", items: ["1", "axy.EXE"].map((value) => ({ kind: "const", value })) },
    caseless: true,
  },
  { kind: "exists", operand: FIELD },
  { kind: "compare", operator: ">", left: FIELD, right: { kind: "const", value: 4 } },
];

function eventOf(data: ValueObject): EventRecord {
  const rest = { stream: "s", place: 0, feed: "f", seq: 1, index: 0, timeMs: 0, timeFrac: 0 };
  return { ...rest, id: "", data };
}

/** An event whose field counts how often it is read. */
function counting(value: string): { readonly event: EventRecord; readonly reads: () => number } {
  let reads = 0;
  const a = Object.defineProperty({}, "b", {
    enumerable: true,
    get: () => {
      reads++;
      return value;
    },
  });
  return { event: eventOf({ a }), reads: () => reads };
}

test("conditions hold as they do without", () => {
  const memo = new FieldMemo();
  const shared = CONDITIONS.map((expr) =>
    compileEventCondition(expr, NO_DATA, { codegen: true, memo }),
  );
  const alone = CONDITIONS.map((expr) => compileEventCondition(expr, NO_DATA, { codegen: true }));
  const values = ["axY.exe", "AXY.EXE", "Xy", "", 5, 3, true, null, ["xy"], { c: 1 }];
  const events = values.flatMap((b) => [eventOf({ a: { b } }), eventOf({ "a.b": b })]);
  for (const event of [...events, eventOf({}), ...events.reverse()])
    expect(shared.map((holds) => holds(event))).toEqual(alone.map((holds) => holds(event)));
});

test("a field is read once for all conditions on an event", () => {
  const memo = new FieldMemo();
  const options = { codegen: true, memo };
  const holds = CONDITIONS.map((expr) => compileEventCondition(expr, NO_DATA, options));
  const value = compileEventValue(FIELD, NO_DATA, options);
  const [first, second] = [counting("axy.exe"), counting("other")];
  for (const { event, reads } of [first, second]) {
    for (const condition of holds) condition(event);
    expect(value(event)).toBe(event === first.event ? "axy.exe" : "other");
    expect(reads()).toBe(1);
  }
  const without = counting("axy.exe");
  for (const expr of CONDITIONS)
    compileEventCondition(expr, NO_DATA, { codegen: true })(without.event);
  expect(without.reads()).toBe(CONDITIONS.length);
});
