/** Fields of test events beside those that their stream declares (D-1): what is undeclared, or of another type. */

import { isObject, typeOf, type Value } from "../base/value.ts";
import type { TestObject, TestValue } from "./ast.ts";
import { suggestion } from "./declarations.ts";
import type { FieldsPlan, FieldTypePlan } from "./plan.ts";
import type { Reporter } from "./report.ts";
import type { Shape } from "./type.ts";

/**
 * Events may come otherwise than declared, and a test may want just that: these are warnings. `known`: names that the
 * stream's own options read.
 */
export function warnTestFields(
  written: TestObject,
  value: Value,
  shape: Shape,
  known: ReadonlySet<string>,
  report: Reporter,
): void {
  if (shape.fields !== null) warnFields(written, value, shape.fields, shape.owner, known, report);
}

function warnFields(
  written: TestObject,
  value: Value,
  declared: FieldsPlan,
  owner: string,
  known: ReadonlySet<string>,
  report: Reporter,
): void {
  for (const { name, value: field } of written.fields) {
    const found = declared.fields.find((candidate) => candidate.name === name.text);
    if (found !== undefined) {
      const own = isObject(value) ? (value[name.text] ?? null) : null;
      warnType(field, own, found.type, `\`${name.text}\` of ${owner}`, report);
      continue;
    }
    if (declared.open || known.has(name.text) || name.text.includes(".")) continue;
    const names = declared.fields.map((candidate) => candidate.name);
    report.warning("W0603", name.span, `${owner} has no field \`${name.text}\``, {
      label: "not declared",
      ...suggestion(name, names, "fields"),
    });
  }
}

function warnType(
  written: TestValue,
  value: Value,
  type: FieldTypePlan,
  owner: string,
  report: Reporter,
): void {
  if (value === null || fits(value, type)) {
    if (written.kind === "object" && type.kind === "object")
      warnFields(written, value, type.fields, owner, new Set(), report);
    return;
  }
  report.warning("W0603", written.span, `${owner} is declared otherwise`, {
    label: `this is ${NAMES[typeOf(value)]}`,
  });
}

const NAMES: Readonly<Record<ReturnType<typeof typeOf>, string>> = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  text: "a text",
  list: "a list",
  object: "an object",
};

function fits(value: Value, type: FieldTypePlan): boolean {
  switch (type.kind) {
    case "list":
      return (
        Array.isArray(value) &&
        (value as readonly Value[]).every((item) => item === null || fits(item, type.item))
      );
    case "object":
      return isObject(value);
    case "scalar":
      return type.type === "any" || typeOf(value) === type.type;
  }
}
