/**
 * Checked expressions: names are resolved, `let` and `fn` inlined, durations and sizes are numbers, and `not like`
 * and friends are `not` over the positive test. Plain immutable data without spans, so that two rules that mean the
 * same have the same tree. Evaluated by nfa/ (generated code or interpreter), and by nothing else.
 *
 * Meaning of every node: SEMANTICS. An expression has no side effect and depends on its scope alone.
 */

import type { Value } from "../base/value.ts";

/**
 * Where in an event's data. Names and list indexes; a negative index counts from the end. Empty: the whole data.
 * A run of names finds nested and flat-dotted forms alike: `source.ip` in `{"source":{"ip":…}}` and
 * `{"source.ip":…}`; nested first, null counting as absent (L-2).
 */
export type FieldPath = readonly (string | number)[];

/** Which event an expression speaks of. `label` is an index into the rule's labels. */
export type EventRef =
  /** The event being judged; inside an aggregate, the event being aggregated. */
  | { readonly kind: "at hand" }
  /** The only event of a step that takes one; null where an optional step took none. */
  | { readonly kind: "step"; readonly label: number }
  /** `first(s)`, `nth(s, i)` count from the front (i from 0), `last(s, i)` from the back. */
  | {
      readonly kind: "nth";
      readonly label: number;
      readonly from: "first" | "last";
      readonly index: Expr | null;
    }
  /** `prev`: the loop's event before this one (M-9). */
  | { readonly kind: "prev" }
  /** `preceding(n)`: the n-th event before this one in the rule's input, n from 1. */
  | { readonly kind: "preceding"; readonly index: Expr };

export type AggregateName =
  | "count"
  | "sum"
  | "avg"
  | "min"
  | "max"
  | "distinct"
  | "stddev"
  | "percentile"
  | "rate"
  | "approx_distinct"
  | "approx_percentile";

/** Values of an aggregate: for each event of the label, `value` judged with that event at hand (null: the event itself). */
export interface AggregateInput {
  readonly label: number;
  readonly value: Expr | null;
}

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
export type TextTest = "like" | "matches" | "contains" | "starts with" | "ends with";
export type Arithmetic = "+" | "-" | "*" | "/" | "%";

export type Expr =
  | { readonly kind: "const"; readonly value: Value }
  /** The value at a path of an event; null where the event or the field is missing. */
  | { readonly kind: "field"; readonly event: EventRef; readonly path: FieldPath }
  /** The event's time in ms. */
  | { readonly kind: "time"; readonly event: EventRef }
  /** A repeated step's values in order, nulls included: `step.path` of a loop. */
  | { readonly kind: "step values"; readonly label: number; readonly path: FieldPath }
  /** A property of a computed value: `devices[x].owner`. */
  | { readonly kind: "member"; readonly of: Expr; readonly path: FieldPath }
  | {
      readonly kind: "aggregate";
      readonly name: AggregateName;
      readonly inputs: readonly AggregateInput[];
      /** p of a percentile in 0..100, the duration of a rate; else null. */
      readonly parameter: Expr | null;
    }
  /** The value of the match's key part; behind the key, what the matcher computes in the place of `standsFor`. */
  | { readonly kind: "key"; readonly index: number; readonly standsFor?: Expr }
  /** The variable of the enclosing lambda at nesting depth `depth` (0: the outermost). */
  | { readonly kind: "parameter"; readonly depth: number }
  | {
      readonly kind: "lambda";
      readonly name: "any" | "all" | "map" | "filter";
      readonly list: Expr;
      readonly depth: number;
      readonly body: Expr;
    }
  /** A function of the catalogue (dsl/catalogue.ts). */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: "list"; readonly items: readonly Expr[] }
  | { readonly kind: "and" | "or"; readonly operands: readonly Expr[] }
  | { readonly kind: "not"; readonly operand: Expr }
  /** `exists(x)`, `x != null`: never unknown. */
  | { readonly kind: "exists"; readonly operand: Expr }
  | {
      readonly kind: "compare";
      readonly operator: Comparison;
      readonly left: Expr;
      readonly right: Expr;
    }
  /** `=~`: equality of texts without case. */
  | { readonly kind: "same text"; readonly left: Expr; readonly right: Expr }
  /** `item in list`; the list is any expression that yields a list. */
  | { readonly kind: "in"; readonly item: Expr; readonly list: Expr; readonly caseless: boolean }
  /** Is `item` a key of the table, or an item of the list, of this name? They reload without the rule (D-3). */
  | {
      readonly kind: "in data";
      readonly item: Expr;
      readonly data: string;
      readonly caseless: boolean;
    }
  /** The row of a table, as an object; null where there is none. */
  | { readonly kind: "row"; readonly table: string; readonly key: Expr }
  /** The right side may be a list: any of. */
  | {
      readonly kind: "text test";
      readonly test: TextTest;
      readonly caseless: boolean;
      readonly left: Expr;
      readonly right: Expr;
    }
  | { readonly kind: "coalesce"; readonly operands: readonly Expr[] }
  | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: Expr;
      readonly right: Expr;
    }
  | { readonly kind: "negate"; readonly operand: Expr }
  | { readonly kind: "if"; readonly test: Expr; readonly then: Expr; readonly else: Expr };

/** A title with its parts in order: texts and expressions. Null is shown as `null`, a time by itself as a number. */
export type Template = readonly (string | Expr)[];
