/**
 * The parts of generated source: literals, constants, temporary variables, frames. All text of a rule enters the
 * source here, and only as a JSON string literal; identifiers are made of fixed words and numbers.
 */

import { assert } from "../../base/assert.ts";
import type { Value } from "../../base/value.ts";
import type { Expr } from "../../dsl/expr.ts";

/** A piece of source: an expression that can stand as an operand of anything. */
export type Source = string;

/** A string literal: JSON, with the two characters escaped that JavaScript's grammar once took for line ends. */
export function quote(text: string): Source {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** A literal for a scalar; null for lists and objects, which are passed as constants. */
export function literal(value: Value): Source | null {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      assert(Number.isFinite(value), "a constant is a finite number");
      return value < 0 || Object.is(value, -0)
        ? `(${Object.is(value, -0) ? "-0" : value})`
        : String(value);
    case "bigint":
      return value < 0n ? `(${value}n)` : `${value}n`;
    default:
      return value === null ? "null" : null;
  }
}

/** The value of a constant expression, lists of constants and negated numbers included; undefined for others. */
export function constantOf(expr: Expr): Value | undefined {
  if (expr.kind === "const") return expr.value;
  if (expr.kind === "negate") {
    const value = constantOf(expr.operand);
    return typeof value === "number" || typeof value === "bigint" ? -value : undefined;
  }
  if (expr.kind !== "list") return undefined;
  const items: Value[] = [];
  for (const item of expr.items) {
    const value = constantOf(item);
    if (value === undefined) return undefined;
    items.push(value);
  }
  return items;
}

/** One generated function: its variables, and the names of what it reads. */
export class Frame {
  /** Variable of the event at hand. */
  readonly event: Source;
  /** Variable of its data; undefined at run time where there is no event. */
  readonly data: Source;
  /** There may be no event at hand. */
  readonly maybe: boolean;
  readonly #prefix: string;
  #temporaries = 0;

  /** `id` is unique among the frames of one source; variables of inner frames hide none of the outer ones. */
  constructor(
    id: number,
    event: { readonly event: Source; readonly data: Source; readonly maybe: boolean },
  ) {
    this.event = event.event;
    this.data = event.data;
    this.maybe = event.maybe;
    this.#prefix = `t${id}_`;
  }

  /** A new variable of the function. */
  temporary(): Source {
    return `${this.#prefix}${this.#temporaries++}`;
  }

  /** The declaration of the temporaries so far. */
  declarations(): Source {
    if (this.#temporaries === 0) return "";
    const names = Array.from({ length: this.#temporaries }, (_, i) => `${this.#prefix}${i}`);
    return `let ${names.join(", ")};`;
  }
}

/** What the writers of conditions, values and paths share while one source is made. */
export interface Emitter {
  /** The function being written. */
  readonly frame: Frame;
  /** Source of an expression's value, never undefined. */
  value(expr: Expr): Source;
  /** The same, but undefined may stand for null: shorter where both are treated alike. */
  raw(expr: Expr): Source;
  /** `raw` with a text's case folded, where that is to be had for nothing; else null. */
  folded(expr: Expr): Source | null;
  /** True exactly when the expression is `wanted`: false also for unknown. */
  condition(expr: Expr, wanted: boolean): Source;
  /** Name of a constant that holds `value`. */
  constant(value: unknown): Source;
  /** A function of one parameter over the same event, as `map` takes. */
  lambda(parameter: Source, body: () => Source): Source;
  /** A function of an event that is at hand within. */
  withEvent(body: () => Source): Source;
}
