/** Which steps an expression names outside of `first(s)` and its like: whose events an aggregate can go through. */

import type * as ast from "./ast.ts";
import { eventCall } from "./event-ref.ts";
import {
  type Binding,
  type Checking,
  firstName,
  letNamed,
  NO_PARAMETERS,
  type Scope,
  type StepSight,
} from "./scope.ts";

/** Parts looked at: inlined arguments can repeat without end. */
const PART_LIMIT = 5000;

/** The steps in the order of their first mention. */
export function mentionedSteps(
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): readonly StepSight[] {
  const found = new Set<StepSight>();
  const pending: { readonly expr: ast.Expr; readonly scope: Scope }[] = [{ expr, scope }];
  for (let i = 0; i < pending.length && i < PART_LIMIT; i++) {
    const next = pending[i];
    if (next === undefined) break;
    const name = next.expr.kind === "path" ? firstName(next.expr.path) : null;
    if (name !== null) {
      const binding = next.scope.parameters.get(name.text);
      const step = binding === undefined ? next.scope.steps.get(name.text) : undefined;
      if (step !== undefined) found.add(step);
      if (binding?.kind === "argument") pending.push({ expr: binding.expr, scope: binding.scope });
      const value = binding === undefined ? letNamed(name.text, next.scope, checking) : null;
      if (value !== null) {
        pending.push({ expr: value, scope: { ...next.scope, parameters: NO_PARAMETERS } });
      }
    }
    const body = next.expr.kind === "call" ? bodyOf(next.expr, next.scope, checking) : null;
    if (body !== null) pending.push(body);
    const inner =
      next.expr.kind === "lambda" ? hiding(next.expr.parameter, next.scope) : next.scope;
    for (const part of partsOf(next.expr)) pending.push({ expr: part, scope: inner });
  }
  return [...found];
}

const UNKNOWN: Binding = { kind: "unknown" };

/** The scope in which the lambda's variable hides a step of its name. */
function hiding(variable: ast.Name, scope: Scope): Scope {
  const parameters = new Map([...scope.parameters, [variable.text, UNKNOWN] as const]);
  return { ...scope, parameters };
}

/** The body of the `fn` that is called. Its parameters hide steps; what they stand for is among the call's parts. */
function bodyOf(
  call: Extract<ast.Expr, { kind: "call" }>,
  scope: Scope,
  checking: Checking,
): { readonly expr: ast.Expr; readonly scope: Scope } | null {
  const called = checking.declarations.values.get(call.name.text);
  if (called?.kind !== "fn") return null;
  const parameters = new Map(called.parameters.map(({ text }) => [text, UNKNOWN] as const));
  return { expr: called.body, scope: { ...scope, parameters } };
}

/** The expressions directly within one. */
function partsOf(expr: ast.Expr): readonly ast.Expr[] {
  if (eventCall(expr) !== null) return [];
  switch (expr.kind) {
    case "list":
      return expr.items;
    case "member":
      return [expr.of];
    case "lookup":
      return [expr.of, expr.key];
    case "call":
      return expr.args;
    case "lambda":
      return [expr.list, expr.body];
    case "not":
    case "negate":
      return [expr.operand];
    case "binary":
      return [expr.left, expr.right];
    case "if":
      return [expr.test, expr.then, expr.else];
    default:
      return [];
  }
}
