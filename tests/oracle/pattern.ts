/**
 * Patterns as the oracle sees them: the `match` of a rule as plain data, independent of the compiler's own tree and
 * plan, so that a fault there cannot hide here. `render.ts` writes one as a rule file, `oracle.ts` says what it reports.
 *
 * Invariants
 *  P1  Each step has a label of its own, save that alternatives of one `either` may share one.
 *  P2  `step.field` names only steps that take one event at most; a repeated one is asked by first, last, count, sum.
 *  P3  A step's `element` is its place among all steps in the order of the text, from 0: its identity in a match.
 */

import type { Value } from "../../base/value.ts";

/** What a comparison compares. `step` names a label. */
export type Term =
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "field"; readonly field: string }
  | { readonly kind: "prev"; readonly field: string }
  | { readonly kind: "step"; readonly step: string; readonly field: string }
  | { readonly kind: "first" | "last" | "sum"; readonly step: string; readonly field: string }
  | { readonly kind: "count"; readonly step: string };

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

export type Condition =
  | {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly left: Term;
      readonly right: Term;
    }
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition };

/** One key field; `nullable` is the `?` of M-2. */
export interface Key {
  readonly field: string;
  readonly nullable: boolean;
}

/** `event NAME = STREAM where FILTER` (D-2). */
export interface EventDeclaration {
  readonly name: string;
  readonly stream: string;
  readonly filter: Condition | null;
}

/** The first of a sequence has no meaning (the element before, or the loop around, decides). */
export type Link = "then" | "then any" | "next";

/** M-7. `max` null: no upper bound. `optional`: nothing, or the count. */
export interface Quantity {
  readonly min: number;
  readonly max: number | null;
  readonly optional: boolean;
  readonly contiguity: "relaxed" | "consecutive" | "any";
  readonly greedy: boolean;
  readonly shortest: boolean;
}

export interface Step {
  readonly kind: "step";
  readonly element: number;
  readonly label: string;
  readonly quantity: Quantity;
  /** Names of streams and events: any of them. */
  readonly sources: readonly string[];
  /** Null: the keys of the match. */
  readonly by: Key | null;
  readonly where: Condition | null;
  readonly each: Condition | null;
  readonly having: Condition | null;
  readonly until: Condition | null;
  readonly withinMs: number | null;
}

export interface No {
  readonly kind: "no";
  readonly sources: readonly string[];
  readonly by: Key | null;
  readonly where: Condition | null;
  readonly withinMs: number | null;
}

export interface Group {
  readonly kind: "group";
  readonly quantity: Quantity;
  readonly sequence: Sequence;
  readonly until: Condition | null;
  readonly withinMs: number | null;
}

export interface Either {
  readonly kind: "either";
  readonly quantity: Quantity;
  readonly alternatives: readonly Sequence[];
  readonly until: Condition | null;
  readonly withinMs: number | null;
}

export interface AllOf {
  readonly kind: "all of";
  readonly quantity: Quantity;
  /** Between the parts. */
  readonly contiguity: "relaxed" | "consecutive" | "any";
  readonly parts: readonly Sequence[];
  readonly until: Condition | null;
  readonly withinMs: number | null;
}

/** What takes events: everything but `no`. */
export type Taker = Step | Group | Either | AllOf;
export type Element = Taker | No;

export interface Item {
  readonly link: Link;
  readonly element: Element;
}
export type Sequence = readonly Item[];

export type Skip =
  | { readonly kind: "none" | "to next" | "past last" | "past all" }
  | { readonly kind: "to first" | "to last"; readonly step: string };

export interface MatchUntil {
  readonly sources: readonly string[];
  readonly by: Key | null;
  readonly where: Condition | null;
}

export interface Pattern {
  readonly mode: "match" | "all" | "longest" | "latest";
  /** Null: `by all`. */
  readonly key: Key | null;
  readonly withinMs: number;
  readonly gapMs: number | null;
  /** In the order of the file. */
  readonly streams: readonly string[];
  readonly events: readonly EventDeclaration[];
  readonly sequence: Sequence;
  readonly until: MatchUntil | null;
  readonly having: Condition | null;
  /** Null: the default of the mode (M-11 to M-14). */
  readonly skip: Skip | null;
}

/** One event, no loop. */
export const ONCE: Quantity = {
  min: 1,
  max: 1,
  optional: false,
  contiguity: "relaxed",
  greedy: false,
  shortest: false,
};

/** A loop is a count other than 1 (M-5). */
export function isLoop(quantity: Quantity): boolean {
  return quantity.min !== 1 || quantity.max !== 1;
}

/** May the element have left with this many events or turns (M-7)? */
export function mayLeave(quantity: Quantity, count: number): boolean {
  return count === 0 ? quantity.optional || quantity.min === 0 : count >= quantity.min;
}

/** May it take one more? */
export function mayGoOn(quantity: Quantity, count: number): boolean {
  return quantity.max === null || count < quantity.max;
}

/** The sequences in an element's braces. */
export function sequencesOf(element: Element): readonly Sequence[] {
  switch (element.kind) {
    case "step":
    case "no":
      return [];
    case "group":
      return [element.sequence];
    case "either":
      return element.alternatives;
    case "all of":
      return element.parts;
  }
}

/** Every element of a sequence, those in braces included, in the order of the text. */
export function elementsOf(sequence: Sequence): Element[] {
  return sequence.flatMap(({ element }) => [
    element,
    ...sequencesOf(element).flatMap((inner) => elementsOf(inner)),
  ]);
}

/** Every step of a sequence, in the order of the text. */
export function stepsOf(sequence: Sequence): Step[] {
  return elementsOf(sequence).filter((element) => element.kind === "step");
}

/** Every `no` of a sequence. */
export function nosOf(sequence: Sequence): No[] {
  return elementsOf(sequence).filter((element) => element.kind === "no");
}

/** The same element with the sequences in its braces changed. */
export function withSequences(element: Element, change: (inner: Sequence) => Sequence): Element {
  switch (element.kind) {
    case "step":
    case "no":
      return element;
    case "group":
      return { ...element, sequence: change(element.sequence) };
    case "either":
      return { ...element, alternatives: element.alternatives.map(change) };
    case "all of":
      return { ...element, parts: element.parts.map(change) };
  }
}

/** The same sequence with each element changed, from the outside in. */
export function mapElements(sequence: Sequence, change: (element: Element) => Element): Sequence {
  return sequence.map(({ link, element }) => ({
    link,
    element: withSequences(change(element), (inner) => mapElements(inner, change)),
  }));
}

/** The same sequence with its steps numbered in the order of the text. */
export function numberSteps(sequence: Sequence): Sequence {
  let count = 0;
  return mapElements(sequence, (element) =>
    element.kind === "step" ? { ...element, element: count++ } : element,
  );
}

/** Could the sequence take no event at all? Each turn of a group has an event, so only the counts matter (M-7). */
export function mayBeEmpty(sequence: Sequence): boolean {
  return sequence.every(({ element }) => element.kind === "no" || mayLeave(element.quantity, 0));
}
