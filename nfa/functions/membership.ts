/** `item in list`, as SQL has it: the disjunction of `item == x` over the list, so it may be unknown. */

import { equals, type Tri, type Value } from "../../base/value.ts";
import { foldCase } from "./case-folding.ts";
import { junction } from "./logic.ts";

/** Equality of texts without case; unknown where one is no text. */
export function sameText(a: Value, b: Value): Tri {
  if (typeof a !== "string" || typeof b !== "string") return null;
  return foldCase(a) === foldCase(b);
}

/** Unknown for what is no list; false for the empty list. Without case only texts differ from `==`. */
export function inList(item: Value, list: Value, caseless: boolean): Tri {
  if (!Array.isArray(list)) return null;
  const wanted = caseless && typeof item === "string" ? foldCase(item) : item;
  return junction(true, list as readonly Value[], (candidate) => {
    const folded = caseless && typeof candidate === "string" ? foldCase(candidate) : candidate;
    return equals(wanted, folded);
  });
}
