/**
 * What an expression can see where it stands, and what the parts of the expression checker share.
 * Scopes are immutable; a narrower one is a copy with changes.
 */

import type { Fix } from "../base/diagnostic.ts";
import type * as ast from "./ast.ts";
import type { Declarations } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import type { Reporter } from "./report.ts";
import { POISON, type Shape, type Type } from "./type.ts";

/** A checked expression. Of a poisoned one `expr` means nothing: an error has been reported, so no plan is made. */
export interface Typed {
  readonly expr: Expr;
  readonly type: Type;
}

export const POISONED: Typed = { expr: { kind: "const", value: null }, type: POISON };

/** A step, or an entry of a window's `over`, as expressions see it. */
export interface StepSight {
  readonly name: string;
  /** Index into the rule's labels; `REFUSED` for a name that was refused, so that its uses are no further errors. */
  readonly label: number;
  /** May have taken several events: a list of values. */
  readonly repeated: boolean;
  readonly shapes: readonly Shape[];
}

export const REFUSED = -1;

/** A key part by its shown name. */
export interface KeySight {
  readonly name: string;
  readonly index: number;
}

/** What a parameter's name stands for. */
export type Binding =
  /** An argument of a `fn`, checked anew at each use: call by name is what inlining means. */
  | { readonly kind: "argument"; readonly expr: ast.Expr; readonly scope: Scope }
  /** The variable of a lambda. */
  | { readonly kind: "variable"; readonly depth: number; readonly type: Type }
  /** A number that the matcher knows. */
  | { readonly kind: "given"; readonly expr: Expr }
  /** A value that is not known yet: the parameter of a `fn` that is checked by itself. */
  | { readonly kind: "unknown" };

export interface Scope {
  /** Shapes of the event being judged; null where there is none. */
  readonly atHand: readonly Shape[] | null;
  /** All steps of the rule by name, seen or not. */
  readonly steps: ReadonlyMap<string, StepSight>;
  /** Labels that can have taken events here. */
  readonly visible: ReadonlySet<number>;
  /** Labels on another branch. */
  readonly elsewhere: ReadonlySet<number>;
  /** Label of the step whose condition this is. */
  readonly own: number | null;
  /** Key parts that a bare name can mean; none where an event is at hand. */
  readonly keys: readonly KeySight[];
  readonly parameters: ReadonlyMap<string, Binding>;
  /** How many lambdas stand around. */
  readonly depth: number;
  /** Shapes of `prev`, or why there is none, as a label for the caret. */
  readonly prev:
    | { readonly shapes: readonly Shape[] }
    | { readonly refusal: string; readonly fix: Fix | null };
  /** The event being judged is part of an input in which others precede it: not so in an event's own filter. */
  readonly hasInput: boolean;
  /** Inside an aggregate: the label whose events are gone through. */
  readonly iterating: number | null;
  /** The labels are entries of a window: `count()` and bare fields in aggregates speak of its events. */
  readonly window: boolean;
  /** The body of a `let` or `fn` by itself: names may get a meaning where it is used. */
  readonly generic: boolean;
}

const NONE: ReadonlySet<number> = new Set();

/** Of the body of a `let`. */
export const NO_PARAMETERS: ReadonlyMap<string, Binding> = new Map();

/** A scope that sees nothing but lists, tables, `let` and `fn`. */
export const EMPTY_SCOPE: Scope = {
  atHand: null,
  steps: new Map(),
  visible: NONE,
  elsewhere: NONE,
  own: null,
  keys: [],
  parameters: new Map(),
  depth: 0,
  prev: { refusal: "there is no loop here", fix: null },
  hasInput: false,
  iterating: null,
  window: false,
  generic: false,
};

/** A condition on one event of given shapes, and nothing else. */
export function eventScope(shapes: readonly Shape[]): Scope {
  return { ...EMPTY_SCOPE, atHand: shapes };
}

/** What the parts of the expression checker share: each checks its kind of expression and calls `check` for the rest. */
export interface Checking {
  readonly report: Reporter;
  readonly declarations: Declarations;
  /** State of the bodies of `let` and `fn`: checked once by themselves. */
  readonly bodies: Map<object, "checking" | "good" | "bad">;
  check(expr: ast.Expr, scope: Scope): Typed;
  /** The same, with another reporter. */
  with(report: Reporter): Checking;
}

/** The first name of a path where it is not in back quotes. */
export function firstName(path: ast.Path): ast.Name | null {
  const [first] = path.segments;
  return first?.kind === "name" && !first.name.quoted ? first.name : null;
}

/**
 * Follows a parameter of a `fn` to the argument that it stands for, and a `let` to its expression, when the expression
 * is nothing but its name: so that `fn often(s) = count(s) > 3` can take a step.
 */
export function dereferenced(
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): { readonly expr: ast.Expr; readonly scope: Scope } {
  let current = { expr, scope };
  // A circle of `let` is told elsewhere.
  const followed = new Set<ast.Expr>();
  for (;;) {
    if (current.expr.kind !== "path" || current.expr.path.segments.length !== 1) return current;
    const name = firstName(current.expr.path);
    if (name === null) return current;
    const binding = current.scope.parameters.get(name.text);
    if (binding?.kind === "argument") {
      // Lambdas around the use are around the argument too.
      current = { expr: binding.expr, scope: argumentScope(binding, current.scope) };
      continue;
    }
    const value = binding === undefined ? letNamed(name.text, current.scope, checking) : null;
    if (value === null || followed.has(value)) return current;
    followed.add(value);
    current = { expr: value, scope: { ...current.scope, parameters: NO_PARAMETERS } };
  }
}

/** The expression of the `let` that a first name means where it is no parameter; null where it means none. */
export function letNamed(name: string, scope: Scope, checking: Checking): ast.Expr | null {
  if (scope.steps.has(name)) return null;
  const value = checking.declarations.values.get(name);
  return value?.kind === "let" ? value.value : null;
}

/** The scope of an argument at a use of its parameter: its own names, under the lambdas and aggregate of the use. */
export function argumentScope(binding: Extract<Binding, { kind: "argument" }>, use: Scope): Scope {
  const { depth, iterating } = use;
  const atHand = iterating === null && !use.window ? binding.scope.atHand : use.atHand;
  return { ...binding.scope, depth, iterating, atHand };
}
