import { createContext, runInContext } from "node:vm";
import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import type { ValueObject } from "../../base/value.ts";
import type { Expr, FieldPath } from "../../dsl/expr.ts";
import { NO_DATA, NO_HISTORY } from "../history.ts";
import {
  canGenerate,
  compileEventCondition,
  compileEventValue,
  compileScopeCondition,
  compileScopeValue,
  isEventOnly,
  readsLabels,
  splitConjunction,
} from "./compiled.ts";
import { generate } from "./generator.ts";

const at = (...path: FieldPath): Expr => ({ kind: "field", event: { kind: "at hand" }, path });
const equal = (left: Expr, right: string): Expr => ({
  kind: "compare",
  operator: "==",
  left,
  right: { kind: "const", value: right },
});
const step = (label: number, ...path: FieldPath): Expr => ({
  kind: "field",
  event: { kind: "step", label },
  path,
});
const LOGIN: Expr = {
  kind: "and",
  operands: [equal(at("action"), "login"), equal(at("outcome"), "failure")],
};

function eventOf(data: ValueObject): EventRecord {
  return {
    stream: "s",
    place: 0,
    feed: "s",
    seq: 1,
    index: 0,
    timeMs: 0,
    timeFrac: 0,
    id: "1",
    data,
  };
}

test("generated code really runs, straight-line, unless it is switched off", () => {
  const generated = compileEventCondition(LOGIN, NO_DATA, { codegen: true });
  expect(String(generated)).toContain(
    `return ((data0["action"] === "login") && (data0["outcome"] === "failure"));`,
  );
  const interpreted = compileEventCondition(LOGIN, NO_DATA, { codegen: false });
  expect(String(interpreted)).toContain("interpret");
  expect(String(interpreted)).not.toContain("login");
  for (const condition of [generated, interpreted]) {
    expect(condition(eventOf({ action: "login", outcome: "failure" }))).toBe(true);
    expect(condition(eventOf({ action: "login" }))).toBe(false);
  }
});

test("all four compilers generate and interpret alike", () => {
  const scope = {
    event: eventOf({ action: "login" }),
    history: NO_HISTORY,
    keys: [],
    data: NO_DATA,
  };
  const expr = equal(at("action"), "login");
  for (const codegen of [true, false]) {
    const options = { codegen };
    const made = [
      compileEventCondition(expr, NO_DATA, options),
      compileEventValue(expr, NO_DATA, options),
      compileScopeCondition(expr, options),
      compileScopeValue(expr, options),
    ];
    for (const one of made) expect(String(one).startsWith("function evaluate(")).toBe(codegen);
    const [condition, value, scopeCondition, scopeValue] = made as unknown as ((
      input: unknown,
    ) => unknown)[];
    expect([condition?.(scope.event), value?.(scope.event)]).toEqual([true, true]);
    expect([scopeCondition?.(scope), scopeValue?.(scope)]).toEqual([true, true]);
  }
});

test("a host that forbids code from strings is found out", () => {
  const forbidding = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  expect(canGenerate(runInContext("Function", forbidding))).toBe(false);
  expect(canGenerate(Function)).toBe(true);
});

/** Texts that would end a literal, a template, a comment or a line, were they not quoted. */
const HOSTILE: readonly string[] = [
  `"`,
  `'`,
  "`",
  "\\",
  `\\"`,
  `\${x}`,
  "*/",
  "/*",
  "//",
  "<!--",
  "-->",
  "\n",
  "\r",
  "\u2028",
  "\u2029",
  "\u0000",
  "\ud800",
  `"); throw 1; ("`,
  `"];globalThis.broken = true;["`,
  `\${globalThis.broken = true}`,
  "</script>",
  "__proto__",
  "constructor",
  "data0",
  "c0",
  "isEqual(",
  "matchesWildcard(",
  "return",
  "t0_0",
  "é",
  "😀",
  "",
];

test.each(HOSTILE.map((text) => [text]))("text of a rule is inert: %p", (text) => {
  const other = `${text}!`;
  const call = (name: string, ...args: Expr[]): Expr => ({ kind: "call", name, args });
  const constant = (value: string): Expr => ({ kind: "const", value });
  const exprs: readonly Expr[] = [
    equal(at("v"), text),
    equal(at(text, other), "value"),
    equal(at("list", 0, text), "value"),
    { kind: "in", item: at("v"), list: { kind: "const", value: [text, other] }, caseless: true },
    {
      kind: "in",
      item: at("v"),
      list: { kind: "const", value: [text, other, "1", "2", "3"] },
      caseless: false,
    },
    ...(["like", "contains", "starts with", "ends with"] as const).map(
      (name): Expr => ({
        kind: "text test",
        test: name,
        caseless: false,
        left: at("v"),
        right: constant(name === "like" ? `*${text}` : text),
      }),
    ),
    { kind: "same text", left: at("v"), right: constant(text) },
    {
      kind: "exists",
      operand: {
        kind: "member",
        of: { kind: "row", table: text, key: constant(text) },
        path: [text],
      },
    },
    {
      kind: "not",
      operand: { kind: "in data", item: constant(text), data: text, caseless: false },
    },
    equal(call("concat", constant(text), constant("!")), other),
  ];
  const data = JSON.parse(
    JSON.stringify({ v: text, list: ["x"] }).replace(
      '"list":["x"]',
      `"list":[{${JSON.stringify(text)}:"value"}],${JSON.stringify(text)}:{${JSON.stringify(other)}:"value"}`,
    ),
  );
  const before = Object.keys(globalThis).length;
  const source = {
    has: () => false,
    row: (_: string, key: unknown) => JSON.parse(`{${JSON.stringify(key)}:1}`),
    keys: () => [],
    version: () => 0,
  };
  exprs.forEach((expr, i) => {
    for (const codegen of [true, false]) {
      const condition = compileEventCondition(expr, source, { codegen });
      const value = compileEventValue(expr, source, { codegen });
      expect([i, condition(eventOf(data)), value(eventOf(data))]).toEqual([i, true, true]);
    }
  });
  expect(Object.keys(globalThis).length).toBe(before);
});

test("source holds no text but in literals, and no line end within one", () => {
  const expr: Expr = {
    kind: "and",
    operands: [equal(at("a\u2028b"), "c\u2029d\n"), equal(at("xyzzy"), "plugh")],
  };
  const { source } = generate(expr, "event", "condition");
  expect(source).not.toMatch(/[\u2028\u2029]/);
  expect(source.replace(/"(?:[^"\\]|\\.)*"/g, "")).not.toMatch(/xyzzy|plugh/);
});

test("source grows in proportion to the expression", () => {
  const nest = (depth: number): Expr =>
    depth === 0
      ? equal(at("a", "b"), "x")
      : {
          kind: "compare",
          operator: "==",
          left: {
            kind: "if",
            test: nest(depth - 1),
            // biome-ignore lint/suspicious/noThenProperty: the node's own name, never awaited
            then: { kind: "not", operand: at("c") },
            else: { kind: "and", operands: [at("d"), at("e")] },
          },
          right: { kind: "or", operands: [at("f"), { kind: "const", value: true }] },
        };
  const size = (depth: number) => generate(nest(depth), "event", "condition").source.length;
  expect(size(40)).toBeLessThan(size(20) * 2.5);
});

const COUNT: Expr = {
  kind: "aggregate",
  name: "count",
  inputs: [{ label: 3, value: step(4, "x") }],
  parameter: null,
};
const LAST: Expr = {
  kind: "field",
  event: { kind: "nth", label: 5, from: "last", index: COUNT },
  path: ["x"],
};

const EVENT_ONLY: readonly (readonly [string, Expr, boolean])[] = [
  ["a field", at("a"), true],
  ["a table", { kind: "row", table: "t", key: at("a") }, true],
  [
    "a lambda",
    {
      kind: "lambda",
      name: "any",
      list: at("a"),
      depth: 0,
      body: equal({ kind: "parameter", depth: 0 }, "x"),
    },
    true,
  ],
  ["a step", equal(step(0, "a"), "x"), false],
  ["a key", { kind: "not", operand: { kind: "key", index: 0 } }, false],
  ["prev", { kind: "time", event: { kind: "prev" } }, false],
  [
    "preceding",
    {
      kind: "field",
      event: { kind: "preceding", index: { kind: "const", value: 1 } },
      path: ["a"],
    },
    false,
  ],
  ["an aggregate", COUNT, false],
  ["a loop's values", { kind: "step values", label: 0, path: ["a"] }, false],
  ["a step within a call", { kind: "call", name: "lower", args: [step(0, "a")] }, false],
];

test.each(EVENT_ONLY)("reads the event alone: %s", (_, expr, expected) => {
  expect(isEventOnly(expr)).toBe(expected);
});

test("a conjunction is cut into the event's part and the rest", () => {
  const a = equal(at("a"), "x");
  const b = equal(step(0, "b"), "x");
  const c: Expr = { kind: "or", operands: [a, b] };
  expect(
    splitConjunction({ kind: "and", operands: [a, { kind: "and", operands: [b, LOGIN] }, c] }),
  ).toEqual({
    eventOnly: { kind: "and", operands: [a, ...(LOGIN.kind === "and" ? LOGIN.operands : [])] },
    rest: { kind: "and", operands: [b, c] },
  });
  expect(splitConjunction(a)).toEqual({ eventOnly: a, rest: null });
  expect(splitConjunction(b)).toEqual({ eventOnly: null, rest: b });
  expect(splitConjunction(c)).toEqual({ eventOnly: null, rest: c });
});

test("the labels that an expression reads", () => {
  expect([...readsLabels(LAST)].sort()).toEqual([3, 4, 5]);
  expect([
    ...readsLabels({
      kind: "list",
      items: [{ kind: "step values", label: 1, path: [] }, at("x"), step(2)],
    }),
  ]).toEqual([1, 2]);
});
