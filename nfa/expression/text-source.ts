/** Source of `like matches contains starts ends` and `=~` as conditions: constants on the right become plain searches. */

import { unreachable } from "../../base/assert.ts";
import type { Value } from "../../base/value.ts";
import type { Expr } from "../../dsl/expr.ts";
import { foldCase } from "../functions/case-folding.ts";
import { regexOf, subject, wildcardOf } from "../functions/text-test.ts";
import type { Wildcard } from "../functions/wildcard.ts";
import { constantOf, type Emitter, quote, type Source } from "./emit.ts";

/** True exactly when the test is `wanted`. */
export function textCondition(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "text test" | "same text" }>,
  wanted: boolean,
): Source {
  return expr.kind === "same text"
    ? sameTextCondition(emitter, expr, wanted)
    : testCondition(emitter, expr, wanted);
}

function sameTextCondition(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "same text" }>,
  wanted: boolean,
): Source {
  const text = constantOf(expr.right);
  if (typeof text !== "string") {
    const sides = `${emitter.value(expr.left)}, ${emitter.value(expr.right)}`;
    return `(sameText(${sides}) === ${wanted})`;
  }
  const value = emitter.frame.temporary();
  const folded = emitter.folded(expr.left);
  const read = `typeof (${value} = ${folded ?? emitter.raw(expr.left)}) === "string"`;
  const left = folded === null ? `foldCase(${value})` : value;
  return `(${read} && ${left} ${wanted ? "===" : "!=="} ${quote(foldCase(text))})`;
}

function testCondition(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "text test" }>,
  wanted: boolean,
): Source {
  const right = constantOf(expr.right);
  const items = typeof right === "string" ? [right] : right;
  if (!Array.isArray(items)) {
    const sides = `${emitter.value(expr.left)}, ${emitter.value(expr.right)}`;
    return `(testText(${quote(expr.test)}, ${expr.caseless}, ${sides}) === ${wanted})`;
  }
  if (items.length === 0) return String(!wanted);
  const value = emitter.frame.temporary();
  const tests: Source[] = [];
  for (const item of items as readonly Value[]) {
    const test = typeof item === "string" ? one(emitter, expr, value, item, wanted) : null;
    if (test !== null) tests.push(test);
    // What no item fits is unknown where one of them cannot be judged.
    else if (!wanted) return "false";
  }
  if (tests.length === 0) return "false";
  const folds = expr.caseless && expr.test !== "matches";
  const folded = folds ? emitter.folded(expr.left) : null;
  const read = `typeof (${value} = ${folded ?? emitter.raw(expr.left)}) === "string"`;
  const fold = folds && folded === null ? `(${value} = foldCase(${value}), true) && ` : "";
  return `(${read} && ${fold}${wanted ? "" : "!"}(${tests.join(" || ")}))`;
}

/**
 * Does the text in the variable `value`, folded already, fit the item? Where that is unknown, the answer is not the one
 * that is wanted. Null for a bad regular expression.
 */
function one(
  emitter: Emitter,
  { test, caseless }: Extract<Expr, { kind: "text test" }>,
  value: Source,
  item: string,
  wanted: boolean,
): Source | null {
  const text = quote(subject(test, caseless, item));
  switch (test) {
    case "contains":
      return `${value}.includes(${text})`;
    case "starts with":
      return `${value}.startsWith(${text})`;
    case "ends with":
      return `${value}.endsWith(${text})`;
    case "like":
      return wildcardSource(emitter, value, wildcardOf(item, caseless));
    case "matches": {
      const regex = regexOf(item, caseless);
      const decided = wanted ? "=== true" : "!== false";
      return regex === null ? null : `${emitter.constant(regex)}(${value}) ${decided}`;
    }
    default:
      return unreachable(test);
  }
}

function wildcardSource(emitter: Emitter, value: Source, wildcard: Wildcard): Source {
  const text = quote(wildcard.kind === "points" ? "" : (wildcard.pieces[0] ?? ""));
  switch (wildcard.kind) {
    case "exact":
      return `${value} === ${text}`;
    case "prefix":
      return `${value}.startsWith(${text})`;
    case "suffix":
      return `${value}.endsWith(${text})`;
    case "contains":
      return `${value}.includes(${text})`;
    case "pieces":
    case "points":
      return `matchesWildcard(${emitter.constant(wildcard)}, ${value})`;
  }
}
