/**
 * The rule index of one stream in one order group: which rules an event can concern at all. A rule of which every step
 * on the stream demands an equality is found by the event's value at that path; the others see every event. Of several
 * equalities of a step that one is used which fewest steps of the rule set share: it tells most.
 * See SEMANTICS M-1; the access predicate of Fabret et al., "Filtering algorithms for fast publish/subscribe", 2001.
 *
 * Invariants
 *  R1  An event is offered to each candidate once, in ascending order of rules.
 *  R2  A rule that is not a candidate would have ignored the event.
 */

import type { Value } from "../base/value.ts";
import type { AccessAtom } from "../nfa/access.ts";
import type { CompileOptions, EventValue } from "../nfa/expression/compiled.ts";
import { type CanonicalKey, canonicalKey } from "../nfa/functions/canonical.ts";
import { foldCase } from "../nfa/functions/case-folding.ts";
import { type AccessPopularity, fieldName } from "./access-popularity.ts";
import type { FeedEvent } from "./feed-event.ts";
import { compileField } from "./field-reader.ts";
import type { RuleRunner } from "./rule-runner.ts";

/** A rule's demands on the events of a stream: all equalities of one of these must hold; null: it sees every event. */
export type Access = readonly (readonly AccessAtom[])[] | null;

/** Which rules demand which value at one path: positions in `#runners`, ascending. */
interface FieldIndex {
  readonly get: EventValue;
  /** Texts are found without case. */
  readonly folded: boolean;
  /** Texts by themselves: making a canonical key of each event's text would cost more than finding it. */
  readonly texts: Map<string, number[]>;
  readonly others: Map<CanonicalKey, number[]>;
}

function positionsOf(field: FieldIndex, value: Value): number[] | undefined {
  if (value === null) return undefined;
  if (typeof value !== "string") return field.others.get(canonicalKey(value));
  return field.texts.get(field.folded ? foldCase(value) : value);
}

function addPosition(field: FieldIndex, value: Value, position: number): void {
  const positions = positionsOf(field, value);
  if (positions !== undefined) {
    if (positions[positions.length - 1] !== position) positions.push(position);
  } else if (typeof value === "string") field.texts.set(value, [position]);
  else field.others.set(canonicalKey(value), [position]);
}

/** Beyond so many, sorting by insertion is no longer the fastest. */
const FEW = 24;

/** Sorts the first `count`. */
function sortFirst(values: Int32Array, count: number): void {
  if (count > FEW) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--)
      values[at] = values[at - 1] as number;
    values[at] = value;
  }
}

export class RuleIndex {
  /** In ascending order of rules. */
  readonly #runners: (RuleRunner | undefined)[] = [];
  readonly #always: number[] = [];
  readonly #fields: FieldIndex[] = [];
  readonly #fieldsByName = new Map<string, FieldIndex>();
  readonly #popularity: AccessPopularity;
  readonly #options: CompileOptions;
  #stamps = new Int32Array(0);
  #stamp = 0;
  /** Positions of the candidates of the event at hand. */
  #found = new Int32Array(0);

  constructor(
    rules: readonly { readonly runner: RuleRunner; readonly access: Access }[],
    popularity: AccessPopularity,
    options: CompileOptions,
  ) {
    this.#popularity = popularity;
    this.#options = options;
    for (const { runner, access } of rules) this.add(runner, access);
  }

  /** Adds a rule behind the others. Amortised, it costs its own equalities. */
  add(runner: RuleRunner, access: Access): void {
    const position = this.#runners.push(runner) - 1;
    if (position >= this.#stamps.length) {
      this.#stamps = new Int32Array(2 * position + 8);
      this.#found = new Int32Array(2 * position + 8);
    }
    if (access === null) this.#always.push(position);
    for (const atoms of access ?? []) this.#addAtom(position, this.#popularity.least(atoms));
  }

  #addAtom(position: number, atom: AccessAtom): void {
    const name = fieldName(atom);
    let field = this.#fieldsByName.get(name);
    if (field === undefined) {
      const get = compileField(atom.path, this.#options);
      field = { get, folded: atom.folded, texts: new Map(), others: new Map() };
      this.#fieldsByName.set(name, field);
      this.#fields.push(field);
    }
    for (const value of atom.values) addPosition(field, value, position);
  }

  /** Is it an index of exactly these rules, in this order? */
  serves(runners: readonly RuleRunner[]): boolean {
    return (
      runners.length === this.#runners.length &&
      runners.every((runner, position) => runner === this.#runners[position])
    );
  }

  /** The rule is offered nothing any more. Its entries stay until the index is made anew. */
  remove(runner: RuleRunner): void {
    const position = this.#runners.indexOf(runner);
    if (position >= 0) this.#runners[position] = undefined;
  }

  /** Offers the event to its candidates. O(indexed paths + candidates). */
  offer(event: FeedEvent): void {
    if (this.#fields.length === 0) {
      for (const position of this.#always) this.#runners[position]?.offer(event);
      return;
    }
    const count = this.#findCandidates(event);
    for (let i = 0; i < count; i++) this.#runners[this.#found[i] as number]?.offer(event);
  }

  /** Puts the event's candidates into `#found`, and says how many they are. */
  #findCandidates(event: FeedEvent): number {
    const found = this.#found;
    let count = 0;
    for (const position of this.#always) found[count++] = position;
    let lists = count > 0 ? 1 : 0;
    this.#stamp = (this.#stamp + 1) | 0;
    for (const field of this.#fields) {
      const positions = positionsOf(field, field.get(event));
      if (positions === undefined) continue;
      lists++;
      for (const position of positions) {
        if (this.#stamps[position] === this.#stamp) continue;
        this.#stamps[position] = this.#stamp;
        found[count++] = position;
      }
    }
    if (lists > 1) sortFirst(found, count);
    return count;
  }
}
