/**
 * Which of a rule's needs the index goes by. What many rules ask for is what many events have, as a rule; so of what
 * must hold together the one that fewest steps of the rule set share tells most about which rules an event concerns.
 * What says little by its kind counts as if many asked for it: short literals, wide ranges, truth values, nulls.
 */

import type { RulePlan } from "../../dsl/plan.ts";
import { type AccessAtom, accessNeeds, type Need } from "../../nfa/access.ts";
import { type CanonicalKey, canonicalKey } from "../../nfa/functions/canonical.ts";

/** What picks an atom stands for. The lower the weight, the more it tells. */
interface Choice {
  readonly weight: number;
  readonly atoms: readonly AccessAtom[];
}

/** Literals as long as this are taken at their count; each unit less makes them so many times as common. */
const TELLING_LENGTH = 4;
const PER_UNIT = 4;
const TRUTH_VALUE = 64;
const ABSENT = 256;
const PRESENT = 1024;

export class AccessChoice {
  /** By what an atom asks (`questionOf`), then by the value: how many atoms ask it. */
  readonly #counts = new Map<string, Map<CanonicalKey, number>>();

  constructor(rules: readonly RulePlan[] = []) {
    for (const rule of rules) this.add(rule);
  }

  add({ body, streams }: RulePlan): void {
    for (const stream of streams)
      for (const need of accessNeeds(body, stream) ?? []) this.#count(need);
  }

  #count(need: Need): void {
    if (need.kind === "all" || need.kind === "any") {
      for (const part of need.needs) this.#count(part);
      return;
    }
    const question = questionOf(need);
    const counts = this.#counts.get(question) ?? new Map<CanonicalKey, number>();
    this.#counts.set(question, counts);
    for (const value of valuesOf(need)) {
      const key = keyOf(value);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }

  /** Atoms of which at least one holds where the need does: of what is equally telling what stands first. */
  atomsOf(need: Need): readonly AccessAtom[] {
    return this.#choice(need).atoms;
  }

  #choice(need: Need): Choice {
    if (need.kind !== "all" && need.kind !== "any")
      return { weight: this.#weight(need), atoms: [need] };
    const choices = need.needs.map((part) => this.#choice(part));
    if (need.kind === "all") return choices.reduce((a, b) => (b.weight < a.weight ? b : a));
    return {
      weight: choices.reduce((most, { weight }) => Math.max(most, weight), 0),
      atoms: choices.flatMap(({ atoms }) => atoms),
    };
  }

  /** That of its least telling value. */
  #weight(atom: AccessAtom): number {
    const counts = this.#counts.get(questionOf(atom));
    let most = 0;
    for (const value of valuesOf(atom)) {
      const count = counts?.get(keyOf(value)) ?? 0;
      most = Math.max(most, count * commonness(atom, value));
    }
    return most;
  }
}

function questionOf(atom: AccessAtom): string {
  return JSON.stringify([atom.kind, atom.path, atom.kind === "equals" && atom.folded]);
}

type AtomValue = string | number | bigint | boolean;

/** A text is its own key: lists and objects, whose keys are texts, do not occur. */
function keyOf(value: AtomValue): CanonicalKey {
  return typeof value === "string" ? value : canonicalKey(value);
}

function valuesOf(atom: AccessAtom): readonly AtomValue[] {
  switch (atom.kind) {
    case "equals":
      return atom.values;
    case "cidr":
      return atom.ranges;
    case "present":
    case "absent":
      return [true];
    default:
      return atom.literals;
  }
}

/** How many times as common as an equality with something that as many ask for. */
function commonness(atom: AccessAtom, value: AtomValue): number {
  switch (atom.kind) {
    case "equals":
      return typeof value === "boolean" ? TRUTH_VALUE : 1;
    case "cidr":
      return PER_UNIT ** Math.max(0, TELLING_LENGTH - bytesOf(String(value)));
    case "present":
      return PRESENT;
    case "absent":
      return ABSENT;
    default:
      return PER_UNIT ** Math.max(0, TELLING_LENGTH - String(value).length);
  }
}

/** Whole bytes of a range's prefix. */
function bytesOf(range: string): number {
  const [, bits] = range.split("/");
  return bits === undefined ? TELLING_LENGTH : Math.floor(Number(bits) / 8);
}
