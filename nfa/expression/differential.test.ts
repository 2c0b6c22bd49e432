/**
 * Generated code and interpreter are the same function: random expressions over hostile events. A failure prints its
 * seed; `SEQUITUR_SEED` and `SEQUITUR_ROUNDS` repeat it or run longer.
 */

import { isDeepStrictEqual } from "node:util";
import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import { FUNCTIONS } from "../../dsl/catalogue.ts";
import type { AggregateInput, EventRef, Expr, FieldPath } from "../../dsl/expr.ts";
import type { DataSource, History, Scope } from "../history.ts";
import {
  compileEventCondition,
  compileEventValue,
  compileScopeCondition,
  compileScopeValue,
  isEventOnly,
} from "./compiled.ts";

const ROUNDS = Number(process.env["SEQUITUR_ROUNDS"] ?? 1500);
const FIRST_SEED = Number(process.env["SEQUITUR_SEED"] ?? 1);
const SCOPES_PER_EXPR = 16;

const NAMES = ["a", "b", "c", "a.b", "__proto__", "constructor", "length", "0"];
const TEXTS = [
  "",
  "a",
  "A",
  "ab",
  "login",
  "LOGIN",
  "a*",
  "*a",
  "a?b",
  "\\*",
  "\ud800",
  "😀",
  "10.0.0.9",
  "5",
  "ς",
  "Σ",
];
const NUMBERS: readonly Value[] = [0, 1, 2, 5, 1.5, -1, 9007199254740993n];
const SCALARS: readonly Value[] = [
  null,
  true,
  false,
  0,
  -0,
  1,
  2,
  5,
  1.5,
  -1,
  1e308,
  -1e308,
  9007199254740992,
  9007199254740993n,
  -(2n ** 70n),
  10n ** 400n,
  5n,
  ...TEXTS,
];
const CALLS = FUNCTIONS.filter((entry) => entry.node === "call" && entry.name !== "sha256");

/** Makes values, events and scopes. */
class World {
  readonly random: Random;

  constructor(seed: number) {
    // Small seeds begin with small numbers.
    this.random = new Random(Math.imul(seed, 0x9e3779b9));
  }

  value(depth: number): Value {
    const kind = depth === 0 ? 0 : this.random.below(6);
    if (kind === 1) return this.object(depth - 1);
    if (kind > 1) return this.random.pick(SCALARS);
    return depth === 0
      ? this.random.pick(SCALARS)
      : Array.from({ length: this.random.below(4) }, () => this.value(depth - 1));
  }

  /** Fields mostly have the type of their name, so that conditions are not always unknown. */
  object(depth: number): ValueObject {
    const entries = NAMES.filter(() => this.random.chance(0.7)).map((name): [string, Value] => [
      name,
      this.random.chance(0.6) ? this.typical(name) : this.value(depth),
    ]);
    return Object.fromEntries(entries);
  }

  typical(name: string): Value {
    if (name === "a") return this.random.pick(TEXTS);
    if (name === "b") return this.random.pick(NUMBERS);
    return [this.random.pick(TEXTS), this.random.pick(TEXTS), this.random.pick(NUMBERS)];
  }

  event(): EventRecord {
    const timeMs = this.random.below(50);
    return {
      stream: "s",
      place: 0,
      feed: "s",
      seq: timeMs,
      index: 0,
      timeMs,
      timeFrac: 0,
      id: "1",
      data: this.object(3),
    };
  }

  scope(): Scope {
    const taken = [0, 1, 2].map(() =>
      Array.from({ length: this.random.below(4) }, () => this.event()),
    );
    const before = [this.event(), this.event()];
    const history: History = {
      count: (label) => taken[label]?.length ?? 0,
      fromFirst: (label, index) => taken[label]?.[index] ?? null,
      fromLast: (label, index) => taken[label]?.at(-1 - index) ?? null,
      events: (label) => taken[label] ?? [],
      previous: () => before[0] ?? null,
      preceding: (n) => before[n - 1] ?? null,
    };
    const row = this.object(2);
    const data: DataSource = {
      has: (name, value, caseless) => name === "bad" && (caseless || value === "a" || value === 5),
      row: (_, key) => (typeof key === "string" ? row : null),
      keys: () => [],
      version: () => 0,
    };
    const event = this.random.chance(0.9) ? this.event() : null;
    return { event, history, keys: [this.value(1), this.value(0)], data };
  }
}

/** Makes expressions, every node kind among them. */
class Author {
  readonly #world: World;
  readonly #random: Random;
  /** Only what the event alone decides. */
  readonly #eventOnly: boolean;
  /** Lambdas around the node being made. */
  #parameters = 0;

  constructor(world: World, eventOnly: boolean) {
    this.#world = world;
    this.#random = world.random;
    this.#eventOnly = eventOnly;
  }

  /** Mostly truth values, as conditions have them. */
  condition(depth: number): Expr {
    if (depth <= 0) return this.#leaf(depth);
    const type = this.#random.below(3);
    const left = () => this.#operand(type, depth - 1);
    const right = () => this.#operand(type, depth - 1);
    const caseless = this.#random.chance(0.4);
    switch (this.#random.below(12)) {
      case 0:
      case 1:
        return { kind: "and", operands: this.#some(() => this.condition(depth - 1)) };
      case 2:
        return { kind: "or", operands: this.#some(() => this.condition(depth - 1)) };
      case 3:
        return { kind: "not", operand: this.condition(depth - 1) };
      case 4:
        return { kind: "exists", operand: left() };
      case 5:
      case 6:
        return {
          kind: "compare",
          operator: this.#random.pick(["==", "!=", "<", "<=", ">", ">="] as const),
          left: left(),
          right: right(),
        };
      case 7:
        return { kind: "in", item: left(), list: this.#list(type, depth), caseless };
      case 8:
      case 9: {
        const test = this.#random.pick([
          "like",
          "matches",
          "contains",
          "starts with",
          "ends with",
        ] as const);
        return {
          kind: "text test",
          test,
          caseless,
          left: this.#operand(0, depth - 1),
          right: this.#random.chance(0.5) ? this.#list(0, depth) : this.#operand(0, depth - 1),
        };
      }
      case 10:
        return this.#random.chance(0.5)
          ? { kind: "same text", left: left(), right: right() }
          : { kind: "in data", item: left(), data: this.#random.pick(["bad", "other"]), caseless };
      default:
        return this.#lambda(this.#random.pick(["any", "all"] as const), depth);
    }
  }

  any(depth: number): Expr {
    if (depth <= 0) return this.#leaf(depth);
    switch (this.#random.below(14)) {
      case 0:
        return {
          kind: "arithmetic",
          operator: this.#random.pick(["+", "-", "*", "/", "%"] as const),
          left: this.any(depth - 1),
          right: this.any(depth - 1),
        };
      case 1:
        return { kind: "negate", operand: this.any(depth - 1) };
      case 2:
        return { kind: "coalesce", operands: this.#some(() => this.any(depth - 1)) };
      case 3:
        return this.#lambda(this.#random.pick(["map", "filter"] as const), depth);
      case 4:
      case 5:
        return this.#call(depth);
      case 6:
        return this.#eventOnly ? this.#call(depth) : this.#aggregate(depth);
      case 7: {
        const [test, yes, no] = [
          this.condition(depth - 1),
          this.any(depth - 1),
          this.any(depth - 1),
        ];
        // biome-ignore lint/suspicious/noThenProperty: the node's own name, never awaited
        return { kind: "if", test, then: yes, else: no };
      }
      case 8:
        return {
          kind: "member",
          of: this.#random.chance(0.5)
            ? { kind: "row", table: "t", key: this.any(depth - 1) }
            : this.any(depth - 1),
          path: this.#path(),
        };
      case 9:
        return { kind: "list", items: this.#some(() => this.any(depth - 1)) };
      case 10:
        return this.condition(depth);
      default:
        return this.#leaf(depth);
    }
  }

  #leaf(depth: number): Expr {
    const label = this.#random.below(3);
    switch (this.#random.below(10) + (this.#eventOnly ? 3 : 0)) {
      case 0:
        return { kind: "key", index: this.#random.below(3) };
      case 1:
        return { kind: "time", event: this.#event(depth) };
      case 2:
        return { kind: "step values", label, path: this.#path() };
      case 3:
      case 4:
        return {
          kind: "const",
          value: this.#random.chance(0.9) ? this.#random.pick(SCALARS) : this.#world.value(2),
        };
      case 5:
        if (this.#parameters > 0)
          return { kind: "parameter", depth: this.#random.below(this.#parameters) };
        return { kind: "field", event: { kind: "at hand" }, path: ["a"] };
      default:
        return { kind: "field", event: this.#event(depth), path: this.#path() };
    }
  }

  #event(depth: number): EventRef {
    if (this.#eventOnly) return { kind: "at hand" };
    const label = this.#random.below(3);
    const index =
      depth <= 1
        ? { kind: "const" as const, value: this.#random.pick<Value>([0, 1, -1, 0.5, "1"]) }
        : this.any(depth - 2);
    switch (this.#random.below(9)) {
      case 0:
        return { kind: "step", label };
      case 1:
        return {
          kind: "nth",
          label,
          from: this.#random.pick(["first", "last"] as const),
          index: this.#random.chance(0.5) ? index : null,
        };
      case 2:
        return { kind: "prev" };
      case 3:
        return { kind: "preceding", index };
      default:
        return { kind: "at hand" };
    }
  }

  #path(): FieldPath {
    const segment = () => this.#random.pick<string | number>([...NAMES, "a", "b", 0, -1, 1]);
    return Array.from({ length: this.#random.pick([0, 1, 1, 1, 1, 2, 2, 3, 5]) }, segment);
  }

  /** Often a text (type 0) or a number (type 1). */
  #operand(type: number, depth: number): Expr {
    if (type === 2 || this.#random.chance(0.3)) return this.any(depth);
    if (this.#random.chance(0.5)) {
      return { kind: "const", value: this.#world.typical(type === 0 ? "a" : "b") };
    }
    return { kind: "field", event: this.#event(depth), path: [type === 0 ? "a" : "b"] };
  }

  /** Often a list of constants, of texts (type 0) or numbers (type 1). */
  #list(type: number, depth: number): Expr {
    if (this.#random.chance(0.2)) return this.any(depth - 1);
    const items = type === 0 ? TEXTS : type === 1 ? NUMBERS : SCALARS;
    const value = Array.from({ length: this.#random.below(8) }, () =>
      this.#random.chance(0.05) ? null : this.#random.pick(items),
    );
    if (this.#random.chance(0.7)) return { kind: "const", value };
    return { kind: "list", items: value.map((item) => ({ kind: "const", value: item })) };
  }

  #lambda(name: "any" | "all" | "map" | "filter", depth: number): Expr {
    const list = this.any(depth - 1);
    const at = this.#parameters++;
    const body = name === "map" ? this.any(depth - 1) : this.condition(depth - 1);
    this.#parameters--;
    return { kind: "lambda", name, list, depth: at, body };
  }

  #call(depth: number): Expr {
    const entry = this.#random.pick(CALLS);
    const count = entry.parameters.filter((p) => !p.optional || this.#random.chance(0.5)).length;
    return {
      kind: "call",
      name: entry.name,
      args: Array.from({ length: count }, () => this.any(depth - 1)),
    };
  }

  #aggregate(depth: number): Expr {
    const name = this.#random.pick([
      "count",
      "sum",
      "avg",
      "min",
      "max",
      "distinct",
      "stddev",
      "percentile",
      "rate",
    ] as const);
    const inputs: AggregateInput[] = this.#some(() => ({
      label: this.#random.below(3),
      value: name === "count" && this.#random.chance(0.5) ? null : this.any(depth - 1),
    }));
    return {
      kind: "aggregate",
      name,
      inputs,
      parameter: name === "percentile" || name === "rate" ? this.any(0) : null,
    };
  }

  #some<T>(make: () => T): T[] {
    return Array.from({ length: 1 + this.#random.below(3) }, make);
  }
}

interface Evaluators {
  readonly generated: readonly ((scope: Scope) => Value)[];
  readonly interpreted: readonly ((scope: Scope) => Value)[];
}

/** The value, is it true, is it false; for expressions of the event alone also by the compilers of those. */
function evaluators(expr: Expr, scopes: readonly Scope[]): Evaluators {
  const negated: Expr = { kind: "not", operand: expr };
  const both = (codegen: boolean): ((scope: Scope) => Value)[] => {
    const options = { codegen };
    const all: ((scope: Scope) => Value)[] = [
      compileScopeValue(expr, options),
      compileScopeCondition(expr, options),
      compileScopeCondition(negated, options),
    ];
    const [scope] = scopes;
    if (!isEventOnly(expr) || scope === undefined) return all;
    const value = compileEventValue(expr, scope.data, options);
    const condition = compileEventCondition(expr, scope.data, options);
    all.push((at) => (at.event === null ? null : value(at.event)));
    all.push((at) => (at.event === null ? null : condition(at.event)));
    return all;
  };
  return { generated: both(true), interpreted: both(false) };
}

test(`interpreter = generated code, ${ROUNDS} expressions on ${SCOPES_PER_EXPR} scopes each`, () => {
  const seen = new Map<string, number>();
  const count = (outcome: string) => seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const world = new World(seed);
    const author = new Author(world, seed % 2 === 0);
    const expr = seed % 3 === 0 ? author.any(4) : author.condition(1 + world.random.below(4));
    const scopes = Array.from({ length: SCOPES_PER_EXPR }, () => world.scope());
    const { generated, interpreted } = evaluators(expr, scopes);
    if (generated.length > 3) count("event only");
    for (const scope of scopes) {
      const actual = generated.map((evaluate) => evaluate(scope));
      const expected = interpreted.map((evaluate) => evaluate(scope));
      if (!isDeepStrictEqual(actual, expected)) {
        expect({ seed, expr, event: scope.event?.data, actual }).toEqual({
          seed,
          expr,
          event: scope.event?.data,
          actual: expected,
        });
      }
      const [value, isTrue, isFalse] = actual;
      const sound = isTrue === (value === true) && isFalse === (value === false) && isValue(value);
      if (!sound) expect({ seed, expr, event: scope.event?.data, actual }).toBe("sound");
      const known = typeof value === "boolean" || value === null;
      count(known ? String(value) : "another value");
    }
  }
  // The sample says something only if every outcome is common in it.
  for (const outcome of ["true", "false", "null", "another value", "event only"]) {
    expect([outcome, (seen.get(outcome) ?? 0) > ROUNDS / 2]).toEqual([outcome, true]);
  }
});

function isValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return Array.isArray(value) ? value.every(isValue) : value !== undefined;
}
