/**
 * Compiles expressions to JavaScript source. Same meaning as interpreter.ts; the tests hold the two equal.
 *
 * Invariants
 *  G1  Only the node kinds of dsl/expr.ts are written, each by one line here or in the files beside.
 *  G2  Text of a rule stands in the source as string literals only, and never as an identifier (emit.ts).
 *  G3  Each operand is written a bounded number of times, so the source grows in proportion to the expression.
 *  G4  What needs an object (sets, matchers, lists) is a constant, passed beside the source.
 */

import { assert } from "../../base/assert.ts";
import type { EventRef, Expr, FieldPath } from "../../dsl/expr.ts";
import { isValueAggregate } from "../functions/aggregates.ts";
import { functionOf } from "../functions/table.ts";
import { conditionSource } from "./condition-source.ts";
import { constantOf, type Emitter, Frame, literal, quote, type Source } from "./emit.ts";
import { pathSource, type Root } from "./path-source.ts";
import { RUNTIME_NAMES } from "./runtime.ts";

/** What the function takes: an event (variable `event0`), or a scope (variables `scope`, `history`). */
export type Parameter = "event" | "scope";
export type Result = "condition" | "value";

/** Shared readers of fields of the event at hand (field-memo.ts): functions of the event. */
export interface MemoFields {
  reader(path: FieldPath): unknown;
  foldedReader(path: FieldPath): unknown;
}

/** A function's source and what it refers to. */
export interface Generated {
  /** Body of a function of `constants`, `runtime` and `data` that gives the function. */
  readonly source: Source;
  readonly constants: readonly unknown[];
}

/** Writes the function that evaluates `expr`. For "event" the expression reads the event, lists and tables only. */
export function generate(
  expr: Expr,
  parameter: Parameter,
  result: Result,
  memo: MemoFields | null = null,
): Generated {
  const constants: unknown[] = [];
  const maybe = parameter === "scope";
  const frame = new Frame(0, { event: "event0", data: "data0", maybe });
  const writer = new Writer(constants, frame, maybe ? null : memo);
  const body = result === "condition" ? writer.condition(expr, true) : writer.value(expr);
  const names = constants.map((_, i) => `c${i}`);
  // Text in a literal may name one that is not called: that does no harm.
  const helpers = RUNTIME_NAMES.filter((name) => body.includes(`${name}(`));
  const lines = [
    `"use strict";`,
    helpers.length === 0 ? "" : `const { ${helpers.join(", ")} } = runtime;`,
    names.length === 0 ? "" : `const [${names.join(", ")}] = constants;`,
    maybe
      ? "return function evaluate(scope) { const { event: event0, history, data } = scope;"
      : "return function evaluate(event0) {",
    `const data0 = event0${maybe ? "?" : ""}.data;`,
    frame.declarations(),
    `return ${body}; };`,
  ];
  return { source: lines.filter((line) => line !== "").join("\n"), constants };
}

const ARITHMETIC = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
};

/** Writes sources into one list of constants. */
class Writer implements Emitter {
  readonly #constants: unknown[];
  #frame: Frame;
  readonly #memo: MemoFields | null;
  #frames = 1;

  constructor(constants: unknown[], frame: Frame, memo: MemoFields | null) {
    this.#constants = constants;
    this.#frame = frame;
    this.#memo = memo;
  }

  get frame(): Frame {
    return this.#frame;
  }

  constant(value: unknown): Source {
    const known = this.#constants.indexOf(value);
    return `c${known >= 0 ? known : this.#constants.push(value) - 1}`;
  }

  condition(expr: Expr, wanted: boolean): Source {
    return conditionSource(this, expr, wanted);
  }

  lambda(parameter: Source, body: () => Source): Source {
    return this.#inner(parameter, this.#frame, body);
  }

  withEvent(body: () => Source): Source {
    const event = `event${this.#frames}`;
    return this.#inner(event, { event, data: `${event}.data`, maybe: false }, body);
  }

  #inner(
    parameter: Source,
    event: { readonly event: Source; readonly data: Source; readonly maybe: boolean },
    body: () => Source,
  ): Source {
    const outer = this.#frame;
    this.#frame = new Frame(this.#frames++, event);
    const source = body();
    const inner = this.#frame;
    this.#frame = outer;
    return `(${parameter}) => { ${inner.declarations()} return ${source}; }`;
  }

  raw(expr: Expr): Source {
    switch (expr.kind) {
      case "field":
        return (
          this.#remembered(expr, "reader") ?? pathSource(this, this.#rootOf(expr.event), expr.path)
        );
      case "time":
        return `${this.#event(expr.event)}?.timeMs`;
      case "member":
        return pathSource(
          this,
          { source: this.raw(expr.of), holds: "anything", variable: false },
          expr.path,
        );
      case "key":
        return `scope.keys[${position(expr.index)}]`;
      case "coalesce":
        return `(${[...expr.operands.map((operand) => this.raw(operand)), "null"].join(" ?? ")})`;
      default:
        return this.value(expr);
    }
  }

  folded(expr: Expr): Source | null {
    return expr.kind === "field" ? this.#remembered(expr, "foldedReader") : null;
  }

  /** The call of a reader that rules share; null where none is to be used. */
  #remembered(
    { event, path }: Extract<Expr, { kind: "field" }>,
    reader: "reader" | "foldedReader",
  ): Source | null {
    if (this.#memo === null || event.kind !== "at hand") return null;
    return `${this.constant(this.#memo[reader](path))}(${this.#frame.event})`;
  }

  value(expr: Expr): Source {
    switch (expr.kind) {
      case "const":
        return literal(expr.value) ?? this.constant(expr.value);
      case "field":
      case "time":
      case "member":
      case "key":
        return `(${this.raw(expr)} ?? null)`;
      case "coalesce":
        return this.raw(expr);
      case "step values":
        return `stepValues(history, ${position(expr.label)}, ${this.constant(expr.path)})`;
      case "parameter":
        return `p${position(expr.depth)}`;
      case "aggregate":
        return this.#aggregate(expr);
      case "lambda":
        return this.#lambda(expr);
      case "call":
        return `${this.constant(functionOf(expr.name))}(${this.#values(expr.args)})`;
      case "list":
        return this.#list(expr);
      case "arithmetic":
        return `${ARITHMETIC[expr.operator]}(${this.raw(expr.left)}, ${this.raw(expr.right)})`;
      case "negate":
        return `negate(${this.value(expr.operand)})`;
      case "row":
        return `rowOf(data, ${quote(expr.table)}, ${this.raw(expr.key)})`;
      case "if":
        return `(${this.condition(expr.test, true)} ? ${this.value(expr.then)} : ${this.value(expr.else)})`;
      default:
        return this.#truth(expr);
    }
  }

  /** Values of three-valued logic: true, false or null. */
  #truth(
    expr: Extract<
      Expr,
      {
        kind:
          | "and"
          | "or"
          | "not"
          | "exists"
          | "compare"
          | "same text"
          | "in"
          | "in data"
          | "text test";
      }
    >,
  ): Source {
    switch (expr.kind) {
      case "and":
      case "or":
        return this.#junction(expr.operands, expr.kind === "or");
      case "not":
        return `not(${this.value(expr.operand)})`;
      case "exists":
        return this.condition(expr, true);
      case "compare":
        return `compareValues(${quote(expr.operator)}, ${this.#values([expr.left, expr.right])})`;
      case "same text":
        return `sameText(${this.#values([expr.left, expr.right])})`;
      case "in":
        return `inList(${this.#values([expr.item, expr.list])}, ${expr.caseless === true})`;
      case "in data":
        return `hasData(data, ${quote(expr.data)}, ${this.raw(expr.item)}, ${expr.caseless === true})`;
      case "text test": {
        const sides = this.#values([expr.left, expr.right]);
        return `testText(${quote(expr.test)}, ${expr.caseless === true}, ${sides})`;
      }
    }
  }

  #list(expr: Extract<Expr, { kind: "list" }>): Source {
    const constant = constantOf(expr);
    return constant === undefined ? `[${this.#values(expr.items)}]` : this.constant(constant);
  }

  /** The decisive value if any operand has it, else its opposite if all have that, else null. */
  #junction(operands: readonly Expr[], decisive: boolean): Source {
    if (operands.length === 0) return String(!decisive);
    const names = operands.map(() => this.#frame.temporary());
    const reads = operands.map(
      (operand, i) => `(${names[i]} = ${this.value(operand)}) === ${decisive}`,
    );
    const opposite = names.map((name) => `${name} === ${!decisive}`);
    return `(${reads.join(" || ")} ? ${decisive} : ${opposite.join(" && ")} ? ${!decisive} : null)`;
  }

  #lambda(expr: Extract<Expr, { kind: "lambda" }>): Source {
    const parameter = `p${position(expr.depth)}`;
    const list = this.raw(expr.list);
    switch (expr.name) {
      case "map":
        return `mapItems(${list}, ${this.lambda(parameter, () => this.value(expr.body))})`;
      case "filter":
        return `filterItems(${list}, ${this.lambda(parameter, () => this.condition(expr.body, true))})`;
      case "any":
      case "all": {
        const body = this.lambda(parameter, () => this.value(expr.body));
        return `quantify(${list}, ${expr.name === "any"}, ${body})`;
      }
    }
  }

  #aggregate(expr: Extract<Expr, { kind: "aggregate" }>): Source {
    const { name, inputs } = expr;
    if (name === "count" && inputs.every((input) => input.value === null)) {
      return `(${["0", ...inputs.map((input) => `history.count(${position(input.label)})`)].join(" + ")})`;
    }
    const pairs = inputs.map(({ label, value }) => {
      const source = value === null ? "null" : this.withEvent(() => this.value(value));
      return `[${position(label)}, ${source}]`;
    });
    const parameter = expr.parameter === null ? "null" : this.value(expr.parameter);
    const over = `history, [${pairs.join(", ")}], ${parameter}`;
    if (isValueAggregate(name)) return `aggregate(${quote(name)}, ${over})`;
    return `rate(${over}, ${this.#frame.event})`;
  }

  #values(exprs: readonly Expr[]): Source {
    return exprs.map((expr) => this.value(expr)).join(", ");
  }

  #rootOf(event: EventRef): Root {
    if (event.kind !== "at hand") {
      return { source: `${this.#event(event)}?.data`, holds: "object or nothing", variable: false };
    }
    const holds = this.#frame.maybe ? "object or nothing" : "object";
    return { source: this.#frame.data, holds, variable: true };
  }

  /** Source of an event or null. */
  #event(event: EventRef): Source {
    switch (event.kind) {
      case "at hand":
        return this.#frame.event;
      case "step":
        return `history.fromFirst(${position(event.label)}, 0)`;
      case "nth":
        return this.#nth(event);
      case "prev":
        return "history.previous()";
      case "preceding":
        return `precedingEvent(history, ${this.value(event.index)})`;
    }
  }

  #nth(event: Extract<EventRef, { kind: "nth" }>): Source {
    const index = event.index === null ? 0 : constantOf(event.index);
    const label = position(event.label);
    if (typeof index === "number" && Number.isSafeInteger(index) && index >= 0) {
      return `history.${event.from === "first" ? "fromFirst" : "fromLast"}(${label}, ${index})`;
    }
    const value = event.index === null ? "0" : this.value(event.index);
    return `nthEvent(history, ${label}, ${quote(event.from)}, ${value})`;
  }
}

/** An index of the plan: the only numbers that stand in source beside literals. */
function position(index: number): Source {
  assert(Number.isSafeInteger(index) && index >= 0, "labels, keys and depths are indexes");
  return String(index);
}
