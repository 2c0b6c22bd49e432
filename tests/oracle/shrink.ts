/** Makes a failing case small: fewer events, fewer clauses, fewer elements, as long as it still fails. */

import { faultsOf } from "./accepted.ts";
import type { Case } from "./generate.ts";
import {
  type Element,
  elementsOf,
  mapElements,
  numberSteps,
  ONCE,
  type Pattern,
  type Sequence,
  sequencesOf,
  withSequences,
} from "./pattern.ts";

/** The smallest case found for which `fails` is true; the case itself must fail. */
export function shrinkCase(failing: Case, fails: (one: Case) => boolean): Case {
  let smallest = failing;
  for (;;) {
    const smaller = smallerCases(smallest).find(
      (one) => faultsOf(one.pattern).length === 0 && fails(one),
    );
    if (smaller === undefined) return smallest;
    smallest = smaller;
  }
}

function smallerCases({ pattern, events }: Case): Case[] {
  return [
    ...events.map((_, i) => ({ pattern, events: events.filter((__, other) => other !== i) })),
    ...smallerPatterns(pattern).map((smaller) => ({ pattern: smaller, events })),
  ];
}

function smallerPatterns(pattern: Pattern): Pattern[] {
  const smaller: Pattern[] = [];
  if (pattern.skip) smaller.push({ ...pattern, skip: null });
  if (pattern.having) smaller.push({ ...pattern, having: null });
  if (pattern.until) smaller.push({ ...pattern, until: null });
  if (pattern.gapMs !== null) smaller.push({ ...pattern, gapMs: null });
  for (const sequence of smallerSequences(pattern.sequence))
    smaller.push({ ...pattern, sequence: numberSteps(sequence) });
  return smaller;
}

function smallerSequences(sequence: Sequence): Sequence[] {
  const simpler = elementsOf(sequence).flatMap((old) =>
    simplerElements(old).map((changed) =>
      mapElements(sequence, (element) => (element === old ? changed : element)),
    ),
  );
  return [...shorterSequences(sequence), ...simpler];
}

/** One element less, or one pair of braces less, here or in the braces of an element. */
function shorterSequences(sequence: Sequence): Sequence[] {
  return sequence.flatMap(({ link, element }, i) => {
    const inners = sequencesOf(element);
    const shorterElements = inners.flatMap((old) =>
      shorterSequences(old)
        .filter((inner) => inner.length > 0)
        .map((shorter) => withSequences(element, (inner) => (inner === old ? shorter : inner))),
    );
    return [
      sequence.toSpliced(i, 1),
      ...inners.map((inner) => sequence.toSpliced(i, 1, ...inner)),
      ...shorterElements.map((shorter) => sequence.with(i, { link, element: shorter })),
    ];
  });
}

function simplerElements(element: Element): Element[] {
  const simpler: Element[] = [];
  if (element.withinMs !== null) simpler.push({ ...element, withinMs: null });
  if (element.kind === "step" || element.kind === "no") {
    if (element.where) simpler.push({ ...element, where: null });
    if (element.by) simpler.push({ ...element, by: null });
  }
  if (element.kind === "step") {
    if (element.each) simpler.push({ ...element, each: null });
    if (element.having) simpler.push({ ...element, having: null });
  }
  if (element.kind !== "no") {
    const { quantity } = element;
    if (element.until) simpler.push({ ...element, until: null });
    if (quantity.greedy) simpler.push({ ...element, quantity: { ...quantity, greedy: false } });
    if (quantity.shortest) simpler.push({ ...element, quantity: { ...quantity, shortest: false } });
    if (quantity.min !== 1 || quantity.max !== 1 || quantity.optional)
      simpler.push({ ...element, quantity: ONCE });
  }
  return simpler;
}
