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
  const found = new AnyOf(path);
  for (const text of texts) {
    if (test === "like") addWildcard(found, path, text, caseless);
    else if (test === "matches") found.add(regexNeed(path, text, caseless));
    else if (text === "") found.add({ kind: "present", path });
    else if (!caseless && hasHalfPair(text)) return null;
    else found.addLiteral(PLACE_OF[test], foldCase(text));
  }
  return found.need();
}

const PLACE_OF = { "starts with": "starts", "ends with": "ends", contains: "contains" } as const;

/** Gathers what any of several texts needs: all literals at one place are one atom. */
class AnyOf {
  readonly #path: FieldPath;
  readonly #literals: { readonly [place in Place]: string[] } = {
    starts: [],
    ends: [],
    contains: [],
  };
  readonly #others: (Need | null)[] = [];

  constructor(path: FieldPath) {
    this.#path = path;
  }

  addLiteral(place: Place, literal: string): void {
    this.#literals[place].push(literal);
  }

  add(need: Need | null): void {
    this.#others.push(need);
  }

  need(): Need | null {
    const needs = [...this.#others];
    for (const kind of PLACES) {
      const literals = this.#literals[kind];
      if (literals.length > 0) needs.push({ kind, path: this.#path, literals });
    }
    return anyOf(needs);
  }
}

function hasHalfPair(text: string): boolean {
  return /\p{Cs}/u.test(text);
}

function addWildcard(found: AnyOf, path: FieldPath, pattern: string, caseless: boolean): void {
  const wildcard = wildcardOf(pattern, caseless);
  if (wildcard.kind === "exact") {
    found.add({ kind: "equals", path, folded: caseless, values: wildcard.pieces });
    return;
  }
  const all = literalsOf(wildcard);
  // Pieces have no half pairs, points may.
  const literals = wildcard.kind === "points" ? all.filter(({ text }) => !hasHalfPair(text)) : all;
  const [first] = literals;
  if (first === undefined) found.add({ kind: "present", path });
  else if (literals.length === 1) found.addLiteral(ATOM_OF[first.place], foldCase(first.text));
  else {
    const needs = literals.map(
      ({ place, text }): Need => ({ kind: ATOM_OF[place], path, literals: [foldCase(text)] }),
    );
    found.add(allOf(needs));
  }
}

const ATOM_OF: { readonly [place in WildcardLiteral["place"]]: Place } = {
  start: "starts",
  end: "ends",
  within: "contains",
};
