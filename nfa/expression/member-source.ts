/** Source of `item in list` as a condition: lists of constants become sets, or comparisons where they are short. */

import type { Value } from "../../base/value.ts";
import type { Expr } from "../../dsl/expr.ts";
import { canonicalNumber } from "../functions/canonical.ts";
import { foldCase } from "../functions/case-folding.ts";
import { constantOf, type Emitter, quote, type Source } from "./emit.ts";

/** A list as short as this is compared item by item. */
const INLINE_LIMIT = 4;

/** True exactly when the membership is `wanted`. */
export function memberCondition(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "in" }>,
  wanted: boolean,
): Source {
  const list = constantOf(expr.list);
  if (Array.isArray(list)) {
    const source = inConstants(emitter, expr, list as readonly Value[], wanted);
    if (source !== null) return source;
  }
  const item = emitter.value(expr.item);
  return `(inList(${item}, ${emitter.value(expr.list)}, ${expr.caseless}) === ${wanted})`;
}

/** For items that are all texts or all numbers, nulls aside; else null. */
function inConstants(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "in" }>,
  list: readonly Value[],
  wanted: boolean,
): Source | null {
  if (list.length === 0) return String(!wanted);
  const items = list.filter((item) => item !== null);
  // With a null in the list, what is not found is unknown.
  if (!wanted && items.length < list.length) return "false";
  if (items.every((item) => typeof item === "string")) {
    return inTexts(emitter, expr, items, wanted);
  }
  if (items.every((item) => typeof item === "number" || typeof item === "bigint")) {
    return inNumbers(emitter, expr, items, wanted);
  }
  return null;
}

function inTexts(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "in" }>,
  items: readonly string[],
  wanted: boolean,
): Source {
  const texts = new Set(expr.caseless ? items.map(foldCase) : items);
  const value = emitter.frame.temporary();
  const folded = expr.caseless ? emitter.folded(expr.item) : null;
  const read = `typeof (${value} = ${folded ?? emitter.raw(expr.item)}) === "string"`;
  const fold = expr.caseless && folded === null ? `(${value} = foldCase(${value}), true) && ` : "";
  if (texts.size > INLINE_LIMIT) {
    const found = `${emitter.constant(texts)}.has(${value})`;
    return `(${read} && ${fold}${wanted ? "" : "!"}${found})`;
  }
  if (texts.size === 0) return "false";
  const tests = [...texts].map((text) => `${value} ${wanted ? "===" : "!=="} ${quote(text)}`);
  return `(${read} && ${fold}(${tests.join(wanted ? " || " : " && ")}))`;
}

/** Among safe integers and fractions a float is found as it is; bigints, and floats among bigints, by their key. */
function inNumbers(
  emitter: Emitter,
  expr: Extract<Expr, { kind: "in" }>,
  items: readonly (number | bigint)[],
  wanted: boolean,
): Source {
  const numbers = new Set(items.map(canonicalNumber));
  const set = emitter.constant(numbers);
  const value = emitter.frame.temporary();
  const sign = wanted ? "" : "!";
  const plain = [...numbers].every((item) => typeof item === "number");
  const float = plain ? value : `canonicalNumber(${value})`;
  return `(typeof (${value} = ${emitter.raw(expr.item)}) === "number" ? ${sign}${set}.has(${float}) : typeof ${value} === "bigint" && ${sign}${set}.has(canonicalNumber(${value})))`;
}
