/** Calls: functions of the catalogue, `fn`, aggregates, and the functions that speak of events. */

import { checkAggregate } from "./aggregate.ts";
import { checkArgumentValues } from "./argument.ts";
import type * as ast from "./ast.ts";
import { checkCoalesce, checkExists } from "./binary.ts";
import {
  CALLABLE_NAMES,
  type FunctionEntry,
  findAggregate,
  findFunction,
  type Parameter,
  signature,
} from "./catalogue.ts";
import { isBroken, suggestion } from "./declarations.ts";
import { checkEventCall, checkTime, eventCall } from "./event-ref.ts";
import { counted, inlineFn } from "./inline.ts";
import { type Checking, POISONED, type Scope, type Typed } from "./scope.ts";
import { ANY, describe, isOpen, type Type } from "./type.ts";

type Call = Extract<ast.Expr, { kind: "call" }>;

export function checkCall(call: Call, scope: Scope, checking: Checking): Typed {
  const name = call.name.text;
  const declared = checking.declarations.values.get(name);
  if (declared?.kind === "fn") return inlineFn(declared, call, scope, checking);
  const entry = findFunction(name);
  if (entry !== null) return checkFunction(entry, call, scope, checking);
  const aggregate = findAggregate(name);
  if (aggregate !== null) return checkAggregate(aggregate, call, scope, checking);
  if (eventCall(call) !== null) return checkEventCall(call, scope, checking);
  if (name === "time") return checkTime(call, scope, checking) ?? POISONED;
  if (isBroken(checking.declarations, name)) return POISONED;
  const names = [...CALLABLE_NAMES];
  for (const value of checking.declarations.values.values()) {
    if (value.kind === "fn") names.push(value.name.text);
  }
  const remark = suggestion(call.name, names, "functions");
  checking.report.error("E0405", call.name.span, `there is no function \`${name}\``, remark);
  return POISONED;
}

function checkFunction(entry: FunctionEntry, call: Call, scope: Scope, checking: Checking): Typed {
  if (!checkCount(entry, call, checking)) return POISONED;
  if (entry.name === "coalesce") return checkCoalesce(call.args, scope, checking);
  const [first] = call.args;
  if (entry.name === "exists" && first !== undefined) return checkExists(first, scope, checking);
  const args = call.args.map((arg) => checking.check(arg, scope));
  if (args.some((arg) => arg.type.kind === "poison")) return POISONED;
  let good = true;
  for (const [i, arg] of args.entries()) {
    const written = call.args[i];
    const parameter = parameterAt(entry, i);
    if (written === undefined || parameter === undefined) continue;
    good = checkType(entry, parameter, arg.type, written, checking) && good;
  }
  if (!good || !checkArgumentValues(entry, call, args, checking)) return POISONED;
  const expr = { kind: "call", name: entry.name, args: args.map((arg) => arg.expr) } as const;
  return { expr, type: resultType(entry, args) };
}

function parameterAt(entry: FunctionEntry, index: number): Parameter | undefined {
  const { parameters } = entry;
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.variadic ? last : undefined);
}

function checkCount(entry: FunctionEntry, call: Call, checking: Checking): boolean {
  const { parameters } = entry;
  const least = parameters.filter((parameter) => !parameter.optional).length;
  const most = parameters.at(-1)?.variadic ? Number.POSITIVE_INFINITY : parameters.length;
  const count = call.args.length;
  if (count >= least && count <= most) return true;
  const wanted =
    least === most
      ? counted(least, "argument")
      : count < least
        ? `at least ${counted(least, "argument")}`
        : `at most ${counted(most, "argument")}`;
  checking.report.error("E0406", call.span, `\`${entry.name}\` takes ${wanted}, not ${count}`, {
    label: `\`${signature(entry)}\``,
    notes: [entry.doc],
  });
  return false;
}

function checkType(
  entry: FunctionEntry,
  parameter: Parameter,
  type: Type,
  written: ast.Expr,
  checking: Checking,
): boolean {
  const { types } = parameter;
  if (isOpen(type) || types.some((wanted) => wanted === "any" || wanted === type.kind)) return true;
  const wanted = types
    .map((kind) => (kind === "any" ? "a value" : describe(named(kind))))
    .join(" or ");
  checking.report.error("E0404", written.span, `\`${entry.name}\` needs ${wanted} here`, {
    label: `this is ${describe(type)}`,
    notes: [`\`${signature(entry)}\`: ${entry.doc}`],
  });
  return false;
}

function named(kind: "text" | "number" | "boolean" | "list" | "object"): Type {
  if (kind === "list") return { kind, item: ANY };
  return kind === "object" ? { kind, shapes: [] } : { kind };
}

function resultType(entry: FunctionEntry, args: readonly Typed[]): Type {
  if (entry.result !== "list") return { kind: entry.result };
  const [first] = args;
  const item =
    first?.type.kind === "list" ? first.type.item : entry.name === "split" ? named("text") : ANY;
  return { kind: "list", item };
}
