/** What stands behind an expression: `first(run).value`, and look-ups in tables: `devices[x].owner` (D-3). */

import type * as ast from "./ast.ts";
import { isBroken } from "./declarations.ts";
import { eventCall, resolveEvent } from "./event-ref.ts";
import { eventField, member } from "./path.ts";
import { type Checking, firstName, POISONED, type Scope, type Typed } from "./scope.ts";
import { ANY } from "./type.ts";

type Member = Extract<ast.Expr, { kind: "member" }>;
type Lookup = Extract<ast.Expr, { kind: "lookup" }>;

export function checkMember(expr: Member | Lookup, scope: Scope, checking: Checking): Typed {
  if (expr.kind === "lookup") return checkLookup(expr, scope, checking);
  const segments: ast.PathSegment[] = [];
  let base: ast.Expr = expr;
  while (base.kind === "member") {
    segments.push(base.segment);
    base = base.of;
  }
  segments.reverse();
  const call = eventCall(base);
  if (call !== null) {
    if (scope.generic) return { expr: POISONED.expr, type: ANY };
    const event = resolveEvent(call, scope, checking);
    return event === null ? POISONED : eventField(event.ref, event.shapes, segments, checking);
  }
  return member(checking.check(base, scope), segments, checking);
}

function checkLookup(expr: Lookup, scope: Scope, checking: Checking): Typed {
  const key = checking.check(expr.key, scope);
  const name =
    expr.of.kind === "path" && expr.of.path.segments.length === 1 ? firstName(expr.of.path) : null;
  const hidden = name === null || scope.parameters.has(name.text) || scope.steps.has(name.text);
  const table = hidden ? undefined : checking.declarations.values.get(name.text);
  if (table?.kind !== "table") {
    if (name !== null && isBroken(checking.declarations, name.text)) return POISONED;
    checking.report.error("E0208", expr.of.span, "only a table can be looked up", {
      label: name === null ? "this is no table" : `there is no table \`${name.text}\``,
      notes: ["`x[0]` with a whole number takes an item of a list"],
    });
    return POISONED;
  }
  if (key.type.kind === "poison") return POISONED;
  return { expr: { kind: "row", table: table.name.text, key: key.expr }, type: ANY };
}
