/**
 * What an event must fulfil so that a condition can be true: a tree of tests that an index answers for thousands of
 * rules at once. It is necessary and not sufficient: whoever fulfils it is judged by the whole condition.
 *
 * Invariants
 *  N1  Where the condition is true (not unknown, X-2) of an event, its need holds.
 *  N2  Literals of texts are folded (`foldCase`), also those of tests that tell case apart: folding works code point by
 *      code point, so what a text holds, its folding holds folded. A literal with half a surrogate pair could fold
 *      otherwise beside its other half; of tests that tell case apart it is no need.
 */

import type { FieldPath } from "../../dsl/expr.ts";

export type Need =
  /** At least one part is known. */
  | { readonly kind: "all"; readonly needs: readonly Need[] }
  /** Without parts it can never hold. */
  | { readonly kind: "any"; readonly needs: readonly Need[] }
  | AccessAtom;

/** A test of one field of the event at hand. Of several values any one will do. */
export type AccessAtom =
  /** Without case (`folded`) the values' texts are folded, and the field's text must be before it is compared. */
  | {
      readonly kind: "equals";
      readonly path: FieldPath;
      readonly folded: boolean;
      readonly values: readonly Scalar[];
    }
  /** The field's folded text has one of the literals at its start, at its end or anywhere. None is empty. */
  | {
      readonly kind: "starts" | "ends" | "contains";
      readonly path: FieldPath;
      readonly literals: readonly string[];
    }
  /** The field's text is an address in one of the ranges. */
  | { readonly kind: "cidr"; readonly path: FieldPath; readonly ranges: readonly string[] }
  /** The field is not null; it is null. */
  | { readonly kind: "present" | "absent"; readonly path: FieldPath };

export type Scalar = string | number | bigint | boolean;

/** All of them, of which those that are not known say nothing. */
export function allOf(needs: readonly (Need | null)[]): Need | null {
  const known = needs.filter((need) => need !== null);
  const [first] = known;
  if (first === undefined) return null;
  return known.length === 1 ? first : { kind: "all", needs: known };
}

/** Any of them, which is only known where each is. */
export function anyOf(needs: readonly (Need | null)[]): Need | null {
  const known = needs.filter((need) => need !== null);
  if (known.length < needs.length) return null;
  const [first] = known;
  return first !== undefined && known.length === 1 ? first : { kind: "any", needs: known };
}
