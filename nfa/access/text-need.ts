/** What tests of texts need of a field: literals at its start, at its end or anywhere in it. */

import type { Expr, FieldPath } from "../../dsl/expr.ts";
import { foldCase } from "../functions/case-folding.ts";
import { wildcardOf } from "../functions/text-test.ts";
import { literalsOf, type WildcardLiteral } from "../functions/wildcard.ts";
import { allOf, anyOf, type Need } from "./need.ts";
import { regexNeed } from "./regex-need.ts";

type TextTestExpr = Extract<Expr, { kind: "text test" }>;
type Place = "starts" | "ends" | "contains";

const PLACES: readonly Place[] = ["starts", "ends", "contains"];

/** The need of `path TEST texts`, any of which may fit. Null: one of them may fit anything that is a text or null. */
export function textNeed(
  { test, caseless }: TextTestExpr,
  path: FieldPath,
  texts: readonly string[],
): Need | null {
  const found = new Gathered(path);
  for (const text of texts) {
    switch (test) {
      case "like":
        found.addAll(wildcardNeed(path, text, caseless));
        break;
      case "matches":
        found.addAll(regexNeed(path, text, caseless));
        break;
      default:
        found.addAll(literalNeed(path, PLACE_OF[test], text, caseless));
    }
  }
  return found.need();
}

const PLACE_OF = { "starts with": "starts", "ends with": "ends", contains: "contains" } as const;

/** The needs of several texts: what is of one kind becomes one atom. */
class Gathered {
  readonly #path: FieldPath;
  readonly #literals = new Map<Place, string[]>();
  readonly #others: (Need | null)[] = [];

  constructor(path: FieldPath) {
    this.#path = path;
  }

  addAll(need: Need | null): void {
    const place = PLACES.find((one) => one === need?.kind);
    if (place === undefined || need === null || !("literals" in need)) {
      this.#others.push(need);
      return;
    }
    const known = this.#literals.get(place);
    if (known === undefined) this.#literals.set(place, [...need.literals]);
    else known.push(...need.literals);
  }

  need(): Need | null {
    const atoms = PLACES.flatMap((kind): Need[] => {
      const literals = this.#literals.get(kind);
      return literals === undefined ? [] : [{ kind, path: this.#path, literals }];
    });
    return anyOf([...atoms, ...this.#others]);
  }
}

/** A literal that the field's text must have. Of an empty one only that there is a text. */
export function literalNeed(
  path: FieldPath,
  place: Place,
  literal: string,
  caseless: boolean,
): Need | null {
  if (literal === "") return { kind: "present", path };
  if (!caseless && hasHalfPair(literal)) return null;
  return { kind: place, path, literals: [foldCase(literal)] };
}

function hasHalfPair(text: string): boolean {
  return /\p{Cs}/u.test(text);
}

function wildcardNeed(path: FieldPath, pattern: string, caseless: boolean): Need | null {
  const wildcard = wildcardOf(pattern, caseless);
  if (wildcard.kind === "exact") {
    return { kind: "equals", path, folded: caseless, values: wildcard.pieces };
  }
  const literals = literalsOf(wildcard).filter(({ text }) => !hasHalfPair(text));
  if (literals.length === 0) return { kind: "present", path };
  return allOf(
    literals.map(({ place, text }) => literalNeed(path, ATOM_OF[place], text, caseless)),
  );
}

const ATOM_OF: { readonly [place in WildcardLiteral["place"]]: Place } = {
  start: "starts",
  end: "ends",
  within: "contains",
};
