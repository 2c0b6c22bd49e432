/** `any(x in xs: …)`, `all`, `map`, `filter`. */

import type * as ast from "./ast.ts";
import { checkBoolean } from "./condition.ts";
import { refuseReserved, suggestion } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import { type Binding, type Checking, POISONED, type Scope, type Typed } from "./scope.ts";
import { ANY, BOOLEAN, describe, isOpen, type Type } from "./type.ts";

type Lambda = Extract<ast.Expr, { kind: "lambda" }>;
type LambdaName = Extract<Expr, { kind: "lambda" }>["name"];

const NAMES: readonly LambdaName[] = ["any", "all", "map", "filter"];

export function checkLambda(expr: Lambda, scope: Scope, checking: Checking): Typed {
  const name = NAMES.find((candidate) => candidate === expr.name.text);
  if (name === undefined) {
    const remark = suggestion(expr.name, NAMES, "forms with a variable");
    checking.report.error(
      "E0405",
      expr.name.span,
      `there is no \`${expr.name.text}(x in xs: …)\``,
      remark,
    );
    return POISONED;
  }
  if (refuseReserved(checking.report, expr.parameter.text, expr.parameter.span)) return POISONED;
  const list = checking.check(expr.list, scope);
  if (list.type.kind !== "list" && !isOpen(list.type)) {
    checking.report.error("E0404", expr.list.span, `\`${name}\` needs a list`, {
      label: `this is ${describe(list.type)}`,
    });
    return POISONED;
  }
  const item: Type = list.type.kind === "list" ? list.type.item : ANY;
  const { depth } = scope;
  const variable: Binding = { kind: "variable", depth, type: item };
  const parameters = new Map([...scope.parameters, [expr.parameter.text, variable] as const]);
  const inner: Scope = { ...scope, parameters, depth: depth + 1 };
  const body =
    name === "map" ? checking.check(expr.body, inner) : checkBoolean(expr.body, inner, checking);
  if (list.type.kind === "poison" || body.type.kind === "poison") return POISONED;
  const lambda: Expr = { kind: "lambda", name, list: list.expr, depth, body: body.expr };
  return { expr: lambda, type: resultType(name, item, body.type) };
}

function resultType(name: LambdaName, item: Type, body: Type): Type {
  if (name === "map") return { kind: "list", item: body };
  return name === "filter" ? { kind: "list", item } : BOOLEAN;
}
