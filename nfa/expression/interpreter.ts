/**
 * The plain meaning of expressions, node by node: what runs where code from strings is forbidden, and
 * what generated code is held against.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Tri, Value } from "../../base/value.ts";
import type { EventRef, Expr } from "../../dsl/expr.ts";
import { aggregateValues, isValueAggregate, rateOf } from "../functions/aggregates.ts";
import { calculate, negate } from "../functions/arithmetic.ts";
import { compareValues } from "../functions/comparison.ts";
import { junction, not } from "../functions/logic.ts";
import { inList, sameText } from "../functions/membership.ts";
import { functionOf } from "../functions/table.ts";
import { testText } from "../functions/text-test.ts";
import type { Scope } from "../history.ts";
import { readPath } from "./path.ts";
import { nthEvent, precedingEvent, stepValues } from "./references.ts";

type Node<Kind extends Expr["kind"]> = Extract<Expr, { kind: Kind }>;

/** The value of an expression. `parameters` are those of the lambdas around it, the outermost first. Never throws. */
export function interpret(expr: Expr, scope: Scope, parameters: readonly Value[]): Value {
  const value = (part: Expr): Value => interpret(part, scope, parameters);
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "field":
      return fieldOf(eventOf(expr.event, scope, parameters), expr.path);
    case "time":
      return eventOf(expr.event, scope, parameters)?.timeMs ?? null;
    case "step values":
      return stepValues(scope.history, expr.label, expr.path);
    case "member":
      return readPath(value(expr.of), expr.path);
    case "aggregate":
      return aggregate(expr, scope, parameters);
    case "key":
      return scope.keys[expr.index] ?? null;
    case "parameter":
      return parameters[expr.depth] ?? null;
    case "lambda":
      return lambda(expr, scope, parameters);
    case "call":
      return functionOf(expr.name)(...expr.args.map(value));
    case "list":
      return expr.items.map(value);
    case "and":
    case "or":
      return junction(expr.kind === "or", expr.operands, value);
    case "not":
      return not(value(expr.operand));
    case "exists":
      return value(expr.operand) !== null;
    case "compare":
      return compareValues(expr.operator, value(expr.left), value(expr.right));
    case "same text":
      return sameText(value(expr.left), value(expr.right));
    case "in":
      return inList(value(expr.item), value(expr.list), expr.caseless);
    case "in data":
      return inData(expr, value(expr.item), scope);
    case "row":
      return rowOf(expr, value(expr.key), scope);
    case "text test":
      return testText(expr.test, expr.caseless, value(expr.left), value(expr.right));
    case "coalesce":
      return firstOf(expr.operands, value);
    case "arithmetic":
      return calculate(expr.operator, value(expr.left), value(expr.right));
    case "negate":
      return negate(value(expr.operand));
    case "if":
      return value(value(expr.test) === true ? expr.then : expr.else);
  }
}

function fieldOf(event: EventRecord | null, path: Node<"field">["path"]): Value {
  return event === null ? null : readPath(event.data, path);
}

function eventOf(event: EventRef, scope: Scope, parameters: readonly Value[]): EventRecord | null {
  switch (event.kind) {
    case "at hand":
      return scope.event;
    case "step":
      return scope.history.fromFirst(event.label, 0);
    case "nth": {
      const index = event.index === null ? 0 : interpret(event.index, scope, parameters);
      return nthEvent(scope.history, event.label, event.from, index);
    }
    case "prev":
      return scope.history.previous();
    case "preceding":
      return precedingEvent(scope.history, interpret(event.index, scope, parameters));
  }
}

function firstOf(operands: readonly Expr[], value: (part: Expr) => Value): Value {
  for (const operand of operands) {
    const found = value(operand);
    if (found !== null) return found;
  }
  return null;
}

function inData(expr: Node<"in data">, item: Value, scope: Scope): Tri {
  return item === null ? null : scope.data.has(expr.data, item, expr.caseless);
}

function rowOf(expr: Node<"row">, key: Value, scope: Scope): Value {
  return key === null ? null : scope.data.row(expr.table, key);
}

function lambda(expr: Node<"lambda">, scope: Scope, parameters: readonly Value[]): Value {
  const list = interpret(expr.list, scope, parameters);
  if (!Array.isArray(list)) return null;
  const items = list as readonly Value[];
  const outer = parameters.slice(0, expr.depth);
  const body = (item: Value): Value => interpret(expr.body, scope, [...outer, item]);
  switch (expr.name) {
    case "map":
      return items.map(body);
    case "filter":
      return items.filter((item) => body(item) === true);
    case "any":
    case "all":
      return junction(expr.name === "any", items, body);
  }
}

function aggregate(expr: Node<"aggregate">, scope: Scope, parameters: readonly Value[]): Value {
  const parameter = expr.parameter === null ? null : interpret(expr.parameter, scope, parameters);
  const times: number[] = [];
  const values: Value[] = [];
  for (const input of expr.inputs) {
    for (const event of scope.history.events(input.label)) {
      // An event without a value counts for itself.
      const value =
        input.value === null ? true : interpret(input.value, { ...scope, event }, parameters);
      if (value === null) continue;
      times.push(event.timeMs);
      values.push(value);
    }
  }
  if (isValueAggregate(expr.name)) return aggregateValues(expr.name, values, parameter);
  return rateOf(times, parameter, scope.event?.timeMs ?? null);
}
