/**
 * How many steps of a rule set demand which value of a field: what many rules ask for is what many events have, as a
 * rule, so an event that has a value which few ask for says most about which rules it concerns.
 */

import { assert } from "../base/assert.ts";
import type { RulePlan } from "../dsl/plan.ts";
import { type AccessAtom, accessAtoms } from "../nfa/access.ts";

export class AccessPopularity {
  readonly #counts = new Map<string, number>();

  constructor(rules: readonly RulePlan[] = []) {
    for (const rule of rules) this.add(rule);
  }

  add({ body, streams }: RulePlan): void {
    for (const stream of streams)
      for (const atom of accessAtoms(body, stream)?.flat() ?? []) this.#add(atom);
  }

  #add(atom: AccessAtom): void {
    for (const name of namesOf(atom)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Of the equalities of one demand the least popular; of equals the first. */
  least(atoms: readonly AccessAtom[]): AccessAtom {
    const [first] = atoms;
    assert(first !== undefined, "a demand has an equality");
    return atoms.reduce((a, b) => (this.#mostOf(b) < this.#mostOf(a) ? b : a), first);
  }

  /** Of its values the most popular one's count. */
  #mostOf(atom: AccessAtom): number {
    return namesOf(atom).reduce((most, name) => Math.max(most, this.#counts.get(name) ?? 0), 0);
  }
}

/** Names the field of an equality, and how its text is compared. */
export function fieldName({ path, folded }: AccessAtom): string {
  return JSON.stringify([path, folded]);
}

function namesOf(atom: AccessAtom): readonly string[] {
  const field = fieldName(atom);
  return atom.values.map((value) => `${field}${JSON.stringify(value)}`);
}
