/** What each node means, by both ways to evaluate, as a value and as a condition. */

import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type {
  AggregateName,
  Arithmetic,
  Comparison,
  EventRef,
  Expr,
  FieldPath,
  TextTest,
} from "../../dsl/expr.ts";
import { type DataSource, type History, NO_HISTORY, type Scope } from "../history.ts";
import { compileScopeCondition, compileScopeValue, compileTemplate } from "./compiled.ts";

const BIG = 9007199254740993n;

const k = (value: Value): Expr => ({ kind: "const", value });
const at = (...path: FieldPath): Expr => ({ kind: "field", event: { kind: "at hand" }, path });
const of = (event: EventRef, ...path: FieldPath): Expr => ({ kind: "field", event, path });
const cmp = (left: Expr, operator: Comparison, right: Expr): Expr => ({
  kind: "compare",
  operator,
  left,
  right,
});
const and = (...operands: Expr[]): Expr => ({ kind: "and", operands });
const or = (...operands: Expr[]): Expr => ({ kind: "or", operands });
const not = (operand: Expr): Expr => ({ kind: "not", operand });
const list = (...items: Expr[]): Expr => ({ kind: "list", items });
const isIn = (item: Expr, within: Expr, caseless = false): Expr => ({
  kind: "in",
  item,
  list: within,
  caseless,
});
const text = (left: Expr, name: TextTest, right: Expr, caseless = false): Expr => ({
  kind: "text test",
  test: name,
  caseless,
  left,
  right,
});
const calc = (left: Expr, operator: Arithmetic, right: Expr): Expr => ({
  kind: "arithmetic",
  operator,
  left,
  right,
});
const lambda = (
  name: "any" | "all" | "map" | "filter",
  over: Expr,
  body: Expr,
  depth = 0,
): Expr => ({ kind: "lambda", name, list: over, depth, body });
const iff = (test: Expr, then: Expr, other: Expr): Expr => ({
  kind: "if",
  test,
  then,
  else: other,
});
const x: Expr = { kind: "parameter", depth: 0 };
const y: Expr = { kind: "parameter", depth: 1 };
const agg = (
  name: AggregateName,
  label: number,
  value: Expr | null,
  parameter: Expr | null = null,
): Expr => ({ kind: "aggregate", name, inputs: [{ label, value }], parameter });
const T = k(true);
const F = k(false);
const U = k(null);

function eventOf(timeMs: number, data: object): EventRecord {
  return {
    stream: "s",
    place: 0,
    feed: "s",
    seq: timeMs,
    index: 0,
    timeMs,
    timeFrac: 0,
    id: "1",
    data: data as EventRecord["data"],
  };
}

const TAKEN: readonly (readonly EventRecord[])[] = [
  [
    eventOf(10, { n: 1, u: "ana" }),
    eventOf(20, { n: null, u: "bob" }),
    eventOf(30, { n: 3, u: "ana" }),
  ],
  [eventOf(40, { n: 0.5, geo: { lat: 1 } })],
  [],
];
const BEFORE = [eventOf(90, { n: 9 }), eventOf(80, { n: 8 })];
const HISTORY: History = {
  count: (label) => TAKEN[label]?.length ?? 0,
  fromFirst: (label, index) => TAKEN[label]?.[index] ?? null,
  fromLast: (label, index) => TAKEN[label]?.at(-1 - index) ?? null,
  events: (label) => TAKEN[label] ?? [],
  previous: () => BEFORE[0] ?? null,
  preceding: (n) => BEFORE[n - 1] ?? null,
};
const DATA: DataSource = {
  has: (name, value, caseless) => name === "bad" && (value === "x" || (caseless && value === "X")),
  row: (name, key) => (name === "hosts" && key === "h" ? { owner: { name: "ana" } } : null),
  keys: (name) => (name === "hosts" ? ["h"] : []),
  version: () => 0,
};
const EVENT = eventOf(100, {
  s: "login",
  n: 5,
  big: BIG,
  t: true,
  l: ["a", null, 3],
  nums: [1, 2, 3],
  o: { a: [1, { b: 2 }] },
  nul: null,
  ip: "10.0.0.9",
});
const SCOPE: Scope = { event: EVENT, history: HISTORY, keys: ["ana", 7], data: DATA };
const NO_EVENT: Scope = { ...SCOPE, event: null };

const s = at("s");
const n = at("n");
const none = at("missing");

/** Statement and what is shown, expression, value. */
const CASES: readonly (readonly [string, Expr, Value])[] = [
  ["X-2 and: true, true", and(T, T), true],
  ["X-2 and: true, unknown", and(T, U), null],
  ["X-2 and: unknown, false", and(U, F), false],
  ["X-2 or: false, unknown", or(F, U), null],
  ["X-2 or: unknown, true", or(U, T), true],
  ["X-2 or: false, false", or(F, F), false],
  ["X-2 not unknown", not(U), null],
  ["X-2 not what is no truth value", not(n), null],
  ["X-2 and with what is no truth value", and(T, n), null],
  ["X-2 and of nothing", and(), true],
  ["X-2 or of nothing", or(), false],
  ["X-2 not of and", not(and(T, cmp(s, "==", k("x")))), true],
  ["X-2 not of or with unknown", not(or(F, cmp(none, "==", k("x")))), null],
  ["X-2 comparison with null", cmp(s, "==", U), null],
  ["X-2 comparison with a missing field", cmp(none, "!=", k(1)), null],
  ["X-2 null and null", cmp(none, "==", at("nul")), null],
  ["X-2 exists", { kind: "exists", operand: s }, true],
  ["X-2 exists: null", { kind: "exists", operand: at("nul") }, false],
  ["X-2 exists: missing", not({ kind: "exists", operand: none }), true],
  ["X-2 ??", { kind: "coalesce", operands: [none, at("nul"), n] }, 5],
  ["X-2 ?? of nothing", { kind: "coalesce", operands: [none, at("nul")] }, null],
  ["X-2 ?? keeps false", { kind: "coalesce", operands: [F, T] }, false],
  ["X-1 ==", cmp(s, "==", k("login")), true],
  ["X-1 == the other way round", cmp(k("login"), "==", s), true],
  ["X-1 !=", cmp(s, "!=", k("logout")), true],
  ["X-1 < the other way round", cmp(k(4), "<", n), true],
  ["X-1 <", cmp(n, "<", k(5)), false],
  ["X-1 <=", cmp(n, "<=", k(5)), true],
  ["X-1 >", cmp(n, ">", k(4.5)), true],
  ["X-1 >=", cmp(n, ">=", k(6)), false],
  ["X-1 == of truth values", cmp(at("t"), "==", T), true],
  ["X-1 != of truth values", cmp(at("t"), "!=", F), true],
  ["X-1 < of truth values is unknown", cmp(at("t"), "<", F), null],
  ["X-1 == of fields", cmp(s, "==", at("s")), true],
  ["X-1 != of fields", cmp(s, "!=", at("ip")), true],
  ["X-1 < of fields", cmp(at("ip"), "<", s), true],
  ["X-1 == of lists", cmp(at("nums"), "==", k([1, 2, 3])), true],
  ["X-1 != of objects", cmp(at("o"), "!=", k({ a: [] })), true],
  ["X-1 < of lists is unknown", cmp(at("nums"), "<", k([4])), null],
  ["X-3 different types are unknown", cmp(n, "==", k("5")), null],
  ["X-3 different types are unknown with !=", cmp(s, "!=", k(5)), null],
  ["X-3 different types are unknown with <", cmp(s, "<", k(5)), null],
  ["X-3 big integers are not rounded", cmp(at("big"), "==", k(9007199254740992)), false],
  ["X-3 big integers are equal to themselves", cmp(at("big"), "==", k(BIG)), true],
  ["X-3 big integers are ordered with numbers", cmp(at("big"), ">", k(9007199254740992)), true],
  ["X-3 a big constant", cmp(n, "<", k(BIG)), true],
  ["X-5 texts by code point", cmp(k("\uffff"), "<", k("😀")), true],
  ["X-5 texts by code point, at run time", cmp(calcText("\uffff"), "<", k("😀")), true],
  [
    "X-1 + - * / %",
    calc(calc(calc(n, "+", k(1)), "*", k(2)), "-", calc(calc(n, "/", k(2)), "%", k(2))),
    11.5,
  ],
  ["X-5 x / 0", calc(n, "/", k(0)), null],
  ["X-5 0 / 0", calc(k(0), "/", k(0)), null],
  ["X-5 x % 0", calc(n, "%", k(0)), null],
  ["X-1 the remainder has the sign of the left", calc(k(-7), "%", k(4)), -3],
  ["X-3 an overflow", calc(k(1e308), "*", k(10)), null],
  [
    "X-3 arithmetic of a big integer is that of floats",
    calc(at("big"), "+", k(1)),
    9007199254740992,
  ],
  ["X-3 a text is no number", calc(s, "+", k("x")), null],
  ["X-2 arithmetic with null", calc(n, "+", none), null],
  ["X-1 unary -", { kind: "negate", operand: n }, -5],
  ["X-1 unary - of a big integer", { kind: "negate", operand: at("big") }, -BIG],
  ["X-1 unary - of a text", { kind: "negate", operand: s }, null],
  ["X-1 if", iff(cmp(n, ">", k(1)), k("a"), k("b")), "a"],
  ["X-1 if unknown", iff(cmp(none, ">", k(1)), T, F), false],
  ["X-1 in", isIn(s, k(["logout", "login"])), true],
  ["X-1 in, many", isIn(s, k(["a", "b", "c", "d", "e", "login"])), true],
  ["X-1 not in, many", not(isIn(s, k(["a", "b", "c", "d", "e", "f"]))), true],
  ["X-1 in numbers", isIn(n, k([1, 5])), true],
  ["X-1 in numbers, big", isIn(at("big"), k([9007199254740992, 5])), false],
  ["X-1 in numbers, big and found", isIn(at("big"), k([BIG, 5])), true],
  ["X-1 in a list of truth values", isIn(at("t"), k([true])), true],
  ["X-1 in a mixed list", isIn(s, k([5, "login"])), true],
  ["X-2 not found, with a null", isIn(s, k(["a", null])), null],
  ["X-2 not found, with another type", isIn(s, k(["a", 5])), null],
  ["X-3 another type than every item", isIn(n, k(["a", "b"])), null],
  ["X-2 null in a list", isIn(none, k(["a"])), null],
  ["X-2 in the empty list", isIn(none, k([])), false],
  ["X-1 in a list of fields", isIn(s, list(none, at("s"))), true],
  ["X-1 in a field's list", isIn(k(3), at("l")), true],
  ["X-1 in a field's list, unknown", isIn(k(4), at("l")), null],
  ["X-1 in what is no list", isIn(s, s), null],
  ["X-1 ~in", isIn(k("LOGIN"), k(["a", "b", "c", "d", "login"]), true), true],
  ["X-1 ~in, few", isIn(s, list(k("LOGIN"), k("x")), true), true],
  ["X-1 ~in with a number", isIn(n, k(["A"]), true), null],
  ["X-1 like", text(s, "like", k("l*?n")), true],
  ["X-1 like, whole text", text(s, "like", k("log")), false],
  ["X-1 like, literal", text(k("a*"), "like", k("a\\*")), true],
  ["X-1 like any of", text(s, "like", k(["x*", "*in"])), true],
  ["X-1 ~like", text(s, "like", k("LOG*"), true), true],
  ["X-1 not like", not(text(s, "like", k(["x*", "*y", "a*b", "*c*", "z?"]))), true],
  ["X-1 matches", text(s, "matches", k("o.i")), true],
  ["X-1 ~matches", text(s, "matches", k("^LOGIN$"), true), true],
  ["X-1 matches any of", text(s, "matches", k(["^x", "n$"])), true],
  ["X-1 contains", text(s, "contains", k("gi")), true],
  ["X-1 contains any of", text(s, "contains", k(["x", "og"])), true],
  ["X-1 ~contains", text(s, "contains", k("OG"), true), true],
  ["X-1 starts with", text(s, "starts with", k("lo")), true],
  ["X-1 ends with", text(s, "ends with", k("lo")), false],
  ["X-1 ~ends with a field", text(k("xLOGIN"), "ends with", s, true), true],
  ["X-1 the right side is a field's list", text(k("abc"), "contains", at("l")), true],
  ["X-2 a test of null", text(none, "contains", k("a")), null],
  ["X-2 a test of a number", text(n, "like", k("5")), null],
  ["X-2 a test for null", text(s, "like", U), null],
  ["X-2 any of, one null, none found", text(s, "contains", k(["x", null])), null],
  ["X-2 any of, one null, one found", text(s, "contains", k([null, "log"])), true],
  ["X-2 any of nothing", text(none, "contains", k([])), false],
  ["X-1 =~", { kind: "same text", left: s, right: k("LoGiN") }, true],
  ["X-1 =~ differs", { kind: "same text", left: s, right: k("x") }, false],
  ["X-1 =~ of fields", { kind: "same text", left: s, right: s }, true],
  ["X-1 =~ of a number", { kind: "same text", left: n, right: k("5") }, null],
  ["D-3 in a list by name", { kind: "in data", item: k("x"), data: "bad", caseless: false }, true],
  ["D-3 ~in a list by name", { kind: "in data", item: k("X"), data: "bad", caseless: true }, true],
  [
    "D-3 not in a list by name",
    { kind: "in data", item: k("X"), data: "bad", caseless: false },
    false,
  ],
  [
    "D-3 null in a list by name",
    { kind: "in data", item: none, data: "bad", caseless: false },
    null,
  ],
  [
    "D-3 a row's column",
    { kind: "member", of: { kind: "row", table: "hosts", key: k("h") }, path: ["owner", "name"] },
    "ana",
  ],
  [
    "D-3 no row",
    { kind: "member", of: { kind: "row", table: "hosts", key: k("?") }, path: ["owner"] },
    null,
  ],
  ["D-3 no key", { kind: "row", table: "hosts", key: none }, null],
  ["L-2 a member of a list", { kind: "member", of: at("o"), path: ["a", -1, "b"] }, 2],
  ["L-2 a member of a text", { kind: "member", of: s, path: ["length"] }, null],
  ["X-4 time at hand", { kind: "time", event: { kind: "at hand" } }, 100],
  ["X-4 time of a step", { kind: "time", event: { kind: "step", label: 1 } }, 40],
  ["X-4 time of an absent step", { kind: "time", event: { kind: "step", label: 2 } }, null],
  ["X-4 a step's field", of({ kind: "step", label: 1 }, "geo", "lat"), 1],
  ["X-4 an absent step's field", of({ kind: "step", label: 2 }, "geo", "lat"), null],
  ["X-4 an absent step's whole", of({ kind: "step", label: 2 }), null],
  ["X-4 first", of({ kind: "nth", label: 0, from: "first", index: null }, "n"), 1],
  ["X-4 last", of({ kind: "nth", label: 0, from: "last", index: null }, "n"), 3],
  ["X-4 last but one", of({ kind: "nth", label: 0, from: "last", index: k(1) }, "u"), "bob"],
  [
    "X-4 nth, computed",
    of({ kind: "nth", label: 0, from: "first", index: calc(n, "-", k(3)) }, "n"),
    3,
  ],
  ["X-4 nth, behind the end", of({ kind: "nth", label: 0, from: "first", index: k(7) }, "n"), null],
  ["X-4 nth, no position", of({ kind: "nth", label: 0, from: "first", index: k(-1) }, "n"), null],
  ["X-4 nth, a fraction", of({ kind: "nth", label: 0, from: "first", index: k(0.5) }, "n"), null],
  ["M-9 prev", of({ kind: "prev" }, "n"), 9],
  ["X-4 preceding", of({ kind: "preceding", index: k(2) }, "n"), 8],
  ["X-4 preceding(0)", of({ kind: "preceding", index: k(0) }, "n"), null],
  ["X-4 preceding(null)", of({ kind: "preceding", index: none }, "n"), null],
  ["X-4 a loop's values", { kind: "step values", label: 0, path: ["n"] }, [1, null, 3]],
  ["X-4 no values", { kind: "step values", label: 2, path: ["n"] }, []],
  ["M-2 a key part", { kind: "key", index: 1 }, 7],
  ["X-4 count of events", agg("count", 0, null), 3],
  ["X-4 count of values", agg("count", 0, n), 2],
  [
    "X-4 count of several",
    {
      kind: "aggregate",
      name: "count",
      inputs: [
        { label: 0, value: null },
        { label: 1, value: null },
      ],
      parameter: null,
    },
    4,
  ],
  [
    "X-4 sum of several",
    {
      kind: "aggregate",
      name: "sum",
      inputs: [
        { label: 0, value: n },
        { label: 1, value: n },
      ],
      parameter: null,
    },
    4.5,
  ],
  ["X-4 count over nothing", agg("count", 2, null), 0],
  ["X-4 sum over nothing", agg("sum", 2, n), 0],
  ["X-4 max over nothing", agg("max", 2, n), null],
  ["X-4 avg leaves nulls out", agg("avg", 0, n), 2],
  ["W-4 distinct", agg("distinct", 0, at("u")), 2],
  ["W-4 percentile", agg("percentile", 0, n, k(50)), 2],
  ["W-4 rate up to the event at hand", agg("rate", 0, null, k(75)), 1],
  [
    "W-4 an aggregate of a computed value",
    agg("sum", 0, calc({ kind: "time", event: { kind: "at hand" } }, "*", n)),
    100,
  ],
  ["W-4 an aggregate in an aggregate", agg("max", 0, calc(agg("sum", 1, n), "+", n)), 3.5],
  ["X-5 any", lambda("any", at("nums"), cmp(x, ">", k(2))), true],
  ["X-5 any, unknown", lambda("any", at("l"), cmp(x, "==", k("b"))), null],
  ["X-5 any of nothing", lambda("any", k([]), T), false],
  ["X-5 any of what is no list", lambda("any", s, T), null],
  ["X-5 all", lambda("all", at("nums"), cmp(x, ">", k(0))), true],
  ["X-5 all, unknown", lambda("all", at("l"), cmp(x, "==", k("a"))), null],
  ["X-5 all, false", lambda("all", at("nums"), cmp(x, "<", k(3))), false],
  ["X-5 map", lambda("map", at("nums"), calc(x, "*", n)), [5, 10, 15]],
  ["X-5 filter", lambda("filter", at("l"), cmp(x, "==", k("a"))), ["a"]],
  ["X-5 map of what is no list", lambda("map", n, x), null],
  [
    "X-5 lambdas within lambdas",
    lambda("map", at("nums"), lambda("filter", at("nums"), cmp(y, "<", x), 1)),
    [[], [1], [1, 2]],
  ],
  [
    "X-5 an aggregate within a lambda",
    lambda("map", k([1, 2]), agg("sum", 0, calc(x, "*", n))),
    [4, 8],
  ],
  [
    "X-5 a lambda within an aggregate",
    agg("sum", 0, agg("count", 1, lambda("any", k([0.5, 3]), cmp(x, "==", n)))),
    3,
  ],
  ["X-5 a function", { kind: "call", name: "concat", args: [s, k("@"), n] }, "login@5"],
  [
    "X-5 a function as a condition",
    { kind: "call", name: "cidr", args: [at("ip"), k("10.0.0.0/8")] },
    true,
  ],
  ["X-1 a list", list(n, none, list(k(1))), [5, null, [1]]],
];

function calcText(value: string): Expr {
  return { kind: "call", name: "concat", args: [k(value)] };
}

test.each(CASES)("%s", (_, expr, expected) => {
  for (const codegen of [false, true]) {
    expect(compileScopeValue(expr, { codegen })(SCOPE)).toEqual(expected);
    expect(compileScopeCondition(expr, { codegen })(SCOPE)).toBe(expected === true);
    expect(compileScopeCondition(not(expr), { codegen })(SCOPE)).toBe(expected === false);
  }
});

test("without an event at hand, its fields and its time are null", () => {
  for (const codegen of [false, true]) {
    const value = (expr: Expr) => compileScopeValue(expr, { codegen })(NO_EVENT);
    expect(
      value(list(n, at("o", "a"), at(), { kind: "time", event: { kind: "at hand" } })),
    ).toEqual([null, null, null, null]);
    expect(value(agg("sum", 0, n))).toBe(4);
    expect(value(agg("rate", 0, null, k(15)))).toBe(2);
    expect(compileScopeCondition(cmp(n, "==", k(5)), { codegen })(NO_EVENT)).toBe(false);
  }
});

test("A-1 titles show texts as they are, null as null, and everything else as JSON", () => {
  for (const codegen of [false, true]) {
    const title = compileTemplate(
      [`\${x} `, s, " ", none, " ", at("big"), " ", at("l"), { kind: "key", index: 0 }],
      { codegen },
    );
    expect(title(SCOPE)).toBe(`\${x} login null 9007199254740993 ["a",null,3]ana`);
    expect(compileTemplate([], { codegen })({ ...SCOPE, history: NO_HISTORY })).toBe("");
  }
});
