/**
 * Which rules ask what of one field: values by hashing, literals of texts by automata, address ranges by their
 * prefixes. The field is read once for an event, and its case folded once, however many rules ask.
 *
 * Invariants
 *  F1  All lists of positions are ascending and name a position once.
 *  F2  What stands in the tries and automata is what was added before the last `settle` that gave false.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { AccessAtom, Scalar } from "../../nfa/access.ts";
import type { EventValue } from "../../nfa/expression/compiled.ts";
import { type CanonicalKey, canonicalKey } from "../../nfa/functions/canonical.ts";
import type { Candidates } from "./candidates.ts";
import { RangeIndex } from "./range-index.ts";
import { Beginnings, Endings, type LiteralSink, TextAutomaton } from "./text-automaton.ts";

interface Finder {
  find(text: string, sink: LiteralSink): void;
}

/** Literals of one kind, with who asks for each. */
class Literals implements LiteralSink {
  readonly #make: (literals: readonly string[]) => Finder;
  readonly #numbers = new Map<string, number>();
  readonly #positions: number[][] = [];
  #finder: Finder | null = null;
  #candidates: Candidates | null = null;

  constructor(make: (literals: readonly string[]) => Finder) {
    this.#make = make;
  }

  add(literal: string, position: number): void {
    const number = this.#numbers.get(literal);
    if (number !== undefined) {
      addPosition(this.#positions[number] as number[], position);
      return;
    }
    this.#numbers.set(literal, this.#positions.length);
    this.#positions.push([position]);
    this.#finder = null;
  }

  /** Makes what finds the literals; false where there was nothing to do. */
  settle(): boolean {
    if (this.#finder !== null || this.#numbers.size === 0) return false;
    this.#finder = this.#make([...this.#numbers.keys()]);
    return true;
  }

  find(text: string, candidates: Candidates): void {
    this.#candidates = candidates;
    this.#finder?.find(text, this);
  }

  addLiteral(index: number): void {
    this.#candidates?.add(this.#positions[index] as number[]);
  }

  get isEmpty(): boolean {
    return this.#numbers.size === 0;
  }
}

export class FieldIndex {
  readonly #get: EventValue;
  readonly #getFolded: EventValue;
  /** Texts by themselves: making a canonical key of each event's text would cost more than finding it. */
  readonly #texts = new Map<string, number[]>();
  readonly #foldedTexts = new Map<string, number[]>();
  readonly #others = new Map<CanonicalKey, number[]>();
  readonly #starts = new Literals((literals) => new Beginnings(literals));
  readonly #ends = new Literals((literals) => new Endings(literals));
  readonly #contains = new Literals((literals) => new TextAutomaton(literals));
  readonly #ranges = new RangeIndex();
  #hasRanges = false;
  /** Something asks for the text without case. */
  #folds = false;
  readonly #present: number[] = [];
  readonly #absent: number[] = [];

  /** `getFolded` gives the field's text without case; what is no text is as it is. */
  constructor(get: EventValue, getFolded: EventValue) {
    this.#get = get;
    this.#getFolded = getFolded;
  }

  add(atom: AccessAtom, position: number): void {
    switch (atom.kind) {
      case "equals":
        for (const value of atom.values) this.#addValue(value, atom.folded, position);
        return;
      case "starts":
      case "ends":
      case "contains":
        this.#folds = true;
        for (const literal of atom.literals) this.#literalsOf(atom.kind).add(literal, position);
        return;
      case "cidr":
        this.#hasRanges = true;
        for (const range of atom.ranges) this.#ranges.add(range, position);
        return;
      case "present":
        addPosition(this.#present, position);
        return;
      case "absent":
        addPosition(this.#absent, position);
    }
  }

  #literalsOf(kind: "starts" | "ends" | "contains"): Literals {
    return kind === "starts" ? this.#starts : kind === "ends" ? this.#ends : this.#contains;
  }

  #addValue(value: Scalar, folded: boolean, position: number): void {
    if (typeof value !== "string") {
      addTo(this.#others, canonicalKey(value), position);
      return;
    }
    if (folded) this.#folds = true;
    addTo(folded ? this.#foldedTexts : this.#texts, value, position);
  }

  /** Makes one of the tries and automata that are not up to date; false where all are. */
  settle(): boolean {
    return this.#starts.settle() || this.#ends.settle() || this.#contains.settle();
  }

  /** Adds who may be concerned by the event. O(text of the field + what is found), whatever the number of rules. */
  find(event: EventRecord, candidates: Candidates): void {
    const value = this.#get(event);
    if (value === null) {
      if (this.#absent.length > 0) candidates.add(this.#absent);
      return;
    }
    if (this.#present.length > 0) candidates.add(this.#present);
    if (typeof value === "string") this.#findText(event, value, candidates);
    else if (typeof value !== "object") addFound(this.#others.get(canonicalKey(value)), candidates);
  }

  #findText(event: EventRecord, text: string, candidates: Candidates): void {
    if (this.#texts.size > 0) addFound(this.#texts.get(text), candidates);
    if (this.#hasRanges) this.#ranges.find(text, candidates);
    if (!this.#folds) return;
    const folded: Value = this.#getFolded(event);
    if (typeof folded !== "string") return;
    if (this.#foldedTexts.size > 0) addFound(this.#foldedTexts.get(folded), candidates);
    if (!this.#starts.isEmpty) this.#starts.find(folded, candidates);
    if (!this.#ends.isEmpty) this.#ends.find(folded, candidates);
    if (!this.#contains.isEmpty) this.#contains.find(folded, candidates);
  }
}

function addFound(positions: readonly number[] | undefined, candidates: Candidates): void {
  if (positions !== undefined) candidates.add(positions);
}

function addTo<Key>(positions: Map<Key, number[]>, key: Key, position: number): void {
  const known = positions.get(key);
  if (known === undefined) positions.set(key, [position]);
  else addPosition(known, position);
}

/** Positions come in ascending order. */
function addPosition(positions: number[], position: number): void {
  if (positions[positions.length - 1] !== position) positions.push(position);
}
