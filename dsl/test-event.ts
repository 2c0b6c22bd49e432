/** Events of tests: written data as values, and what the filter of an `event` name says of the rest. */

import { stringifyJson } from "../base/json.ts";
import { isObject, same, type Value, type ValueObject } from "../base/value.ts";
import type { TestObject, TestValue } from "./ast.ts";
import { constant } from "./constant.ts";
import { refuseReserved } from "./declarations.ts";
import type { Expr, FieldPath } from "./expr.ts";
import { type Checking, EMPTY_SCOPE } from "./scope.ts";

/** The written data as a value; null after an error. */
export function writtenObject(object: TestObject, checking: Checking): ValueObject | null {
  const made: Record<string, Value> = {};
  let good = true;
  for (const { name, value } of object.fields) {
    if (refuseReserved(checking.report, name.text, name.span)) {
      good = false;
      continue;
    }
    if (Object.hasOwn(made, name.text)) {
      checking.report.error("E0601", name.span, `the field \`${name.text}\` is given twice`, {
        label: "given again",
      });
      good = false;
    }
    const item = writtenValue(value, checking);
    if (item === null) good = false;
    else made[name.text] = item.value;
  }
  return good ? made : null;
}

function writtenValue(value: TestValue, checking: Checking): { readonly value: Value } | null {
  switch (value.kind) {
    case "object": {
      const object = writtenObject(value, checking);
      return object === null ? null : { value: object };
    }
    case "items": {
      const items = value.items.map((item) => writtenValue(item, checking));
      const good = items.flatMap((item) => (item === null ? [] : [item.value]));
      return good.length === items.length ? { value: good } : null;
    }
    case "constant":
      return constant(value.expr, EMPTY_SCOPE, checking);
  }
}

/** A value that a filter demands of a field. */
interface Demand {
  readonly path: FieldPath;
  readonly value: Value;
}

/** What the equalities of a filter say: `==`, `=~`, and of `in` the first item. */
function demands(filter: Expr | null): readonly Demand[] {
  if (filter === null) return [];
  const parts = filter.kind === "and" ? filter.operands : [filter];
  return parts.flatMap((part) => {
    const demand = demandOf(part);
    return demand === null ? [] : [demand];
  });
}

function demandOf(part: Expr): Demand | null {
  if (part.kind === "in" && part.list.kind === "const" && Array.isArray(part.list.value)) {
    const [first] = part.list.value as readonly Value[];
    return first === undefined ? null : demand(part.item, { kind: "const", value: first });
  }
  const equality = part.kind === "same text" || (part.kind === "compare" && part.operator === "==");
  if (!equality) return null;
  return demand(part.left, part.right) ?? demand(part.right, part.left);
}

function demand(field: Expr, value: Expr): Demand | null {
  if (field.kind !== "field" || field.event.kind !== "at hand" || value.kind !== "const")
    return null;
  return { path: field.path, value: value.value };
}

/** The written data, and what the filter demands where nothing is written. */
export function filledObject(written: ValueObject, filter: Expr | null): ValueObject {
  return demands(filter).reduce((data, { path, value }) => filled(data, path, value), written);
}

function filled(data: ValueObject, path: FieldPath, value: Value): ValueObject {
  const [name, ...rest] = path;
  if (typeof name !== "string" || rest.some((segment) => typeof segment !== "string")) return data;
  // Written flat-dotted, it is written all the same.
  if (rest.length > 0 && Object.hasOwn(data, path.join("."))) return data;
  const present = Object.hasOwn(data, name) ? data[name] : undefined;
  if (rest.length === 0) return present === undefined ? { ...data, [name]: value } : data;
  if (present !== undefined && !isObject(present)) return data;
  const inner = filled(present ?? {}, rest, value);
  return { ...data, [name]: inner };
}

/**
 * Where what is written contradicts what the filter demands: the event then is none of that name. Null where nothing
 * does, as far as equalities tell.
 */
export function contradiction(data: ValueObject, filter: Expr | null): string | null {
  for (const { path, allowed } of exactDemands(filter)) {
    const value = pathValue(data, path);
    if (value === null || allowed.some((item) => same(item, value))) continue;
    const wanted = allowed.map((item) => stringifyJson(item)).join(" or ");
    return `\`${path.join(".")}\` would have to be ${wanted}`;
  }
  return null;
}

/** The values that `==` and `in` leave to a field. */
function exactDemands(
  filter: Expr | null,
): readonly { readonly path: FieldPath; readonly allowed: readonly Value[] }[] {
  if (filter === null) return [];
  const parts = filter.kind === "and" ? filter.operands : [filter];
  return parts.flatMap((part) => {
    if (part.kind === "in" && !part.caseless) {
      const { item, list } = part;
      if (item.kind !== "field" || item.event.kind !== "at hand") return [];
      if (list.kind !== "const" || !Array.isArray(list.value)) return [];
      return [{ path: item.path, allowed: list.value as readonly Value[] }];
    }
    if (part.kind !== "compare" || part.operator !== "==") return [];
    const found = demandOf(part);
    return found === null ? [] : [{ path: found.path, allowed: [found.value] }];
  });
}

/** Null where nothing is written there. */
function pathValue(data: ValueObject, path: FieldPath): Value {
  const flat = path.join(".");
  if (Object.hasOwn(data, flat)) return data[flat] ?? null;
  let value: Value = data;
  for (const segment of path) {
    if (!isObject(value) || typeof segment !== "string" || !Object.hasOwn(value, segment))
      return null;
    value = value[segment] ?? null;
  }
  return value;
}
