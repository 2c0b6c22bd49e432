/**
 * The rule index of one stream in one order group: which rules an event can concern at all. A rule of which every step
 * on the stream needs something that can be looked up (nfa/access.ts) is found by one such need of each step; the others
 * see every event. An event costs one read for each path that needs name, and the rules that it finds.
 * See SEMANTICS M-1; the access predicate of Fabret et al., "Filtering algorithms for fast publish/subscribe", 2001.
 *
 * Invariants
 *  R1  An event is offered to each candidate once, in ascending order of rules.
 *  R2  A rule that is not a candidate would have ignored the event.
 */

import type { AccessAtom, Need } from "../../nfa/access.ts";
import type { CompileOptions } from "../../nfa/expression/compiled.ts";
import type { FeedEvent } from "../feed-event.ts";
import { compileField, compileFoldedField } from "../field-reader.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { AccessChoice } from "./access-choice.ts";
import { Candidates } from "./candidates.ts";
import { FieldIndex } from "./field-index.ts";

/** A rule's needs of the events of a stream: one of these must hold; null: it sees every event. */
export type Access = readonly Need[] | null;

export class RuleIndex {
  /** In ascending order of rules. */
  readonly #runners: (RuleRunner | undefined)[] = [];
  readonly #always: number[] = [];
  readonly #fields: FieldIndex[] = [];
  readonly #fieldsByName = new Map<string, FieldIndex>();
  readonly #choice: AccessChoice;
  readonly #options: CompileOptions;
  readonly #candidates = new Candidates();
  #settled = true;

  constructor(
    rules: readonly { readonly runner: RuleRunner; readonly access: Access }[],
    choice: AccessChoice,
    options: CompileOptions,
  ) {
    this.#choice = choice;
    this.#options = options;
    for (const { runner, access } of rules) this.add(runner, access);
  }

  /** Adds a rule behind the others. It costs its own needs, and what they are found by is made anew (`settle`). */
  add(runner: RuleRunner, access: Access): void {
    const position = this.#runners.push(runner) - 1;
    this.#candidates.reserve(position + 1);
    if (access === null) this.#always.push(position);
    for (const need of access ?? [])
      for (const atom of this.#choice.atomsOf(need)) this.#fieldOf(atom).add(atom, position);
    this.#settled = false;
  }

  #fieldOf({ path }: AccessAtom): FieldIndex {
    const name = JSON.stringify(path);
    const known = this.#fieldsByName.get(name);
    if (known !== undefined) return known;
    const get = compileField(path, this.#options);
    const field = new FieldIndex(get, compileFoldedField(path, this.#options));
    this.#fieldsByName.set(name, field);
    this.#fields.push(field);
    return field;
  }

  /** Does a part of what makes it ready for events; false where it is. The first event does what was not done. */
  settle(): boolean {
    if (this.#settled) return false;
    this.#settled = !this.#fields.some((field) => field.settle());
    return !this.#settled;
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

  /** Offers the event to its candidates. O(indexed fields with their texts + candidates). */
  offer(event: FeedEvent): void {
    if (this.#fields.length === 0) {
      for (const position of this.#always) this.#runners[position]?.offer(event);
      return;
    }
    while (!this.#settled) this.settle();
    const candidates = this.#candidates;
    candidates.clear();
    if (this.#always.length > 0) candidates.add(this.#always);
    for (const field of this.#fields) field.find(event, candidates);
    const count = candidates.sort();
    for (let i = 0; i < count; i++) this.#runners[candidates.at(i)]?.offer(event);
  }
}
