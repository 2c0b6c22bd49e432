/** What the language refuses, as far as generated and shrunk patterns could run into it. */

import {
  type Condition,
  elementsOf,
  mayBeEmpty,
  mayLeave,
  type Pattern,
  type Quantity,
  sequencesOf,
  stepsOf,
  type Term,
} from "./pattern.ts";

/** What is wrong with the pattern, in words; none if the language accepts it. */
export function faultsOf(pattern: Pattern): string[] {
  const faults: string[] = [];
  if (mayBeEmpty(pattern.sequence)) faults.push("could match nothing");
  faults.push(...noFaults(pattern));
  const labels = stepsOf(pattern.sequence).map(({ label }) => label);
  if (new Set(labels).size !== labels.length) faults.push("a label twice");
  for (const element of elementsOf(pattern.sequence)) {
    if (element.withinMs !== null && element.withinMs > pattern.withinMs)
      faults.push("an element's bound above the match's");
    if (element.kind === "no") continue;
    faults.push(...quantityFaults(element.quantity));
    if (element.until !== null && element.quantity.max !== null)
      faults.push("until on a bounded loop");
    if (element.kind === "step" && element.quantity.max === 1 && (element.each ?? element.having))
      faults.push("each or having on a single event");
  }
  if (labelsNamed(pattern).some((label) => !labels.includes(label)))
    faults.push("a step that is not there");
  return faults;
}

function quantityFaults(quantity: Quantity): string[] {
  const { min, max, optional, contiguity, greedy, shortest } = quantity;
  const hasCount = min !== 1 || max !== 1;
  const faults: string[] = [];
  if (!hasCount && (contiguity !== "relaxed" || greedy)) faults.push("loop words without a count");
  if (shortest && !hasCount && !optional) faults.push("shortest without a count");
  if (greedy && shortest) faults.push("greedy and shortest");
  return faults;
}

/** A `no` that may stand at the start has a bound of its own, and none stands at the end of braces. */
function noFaults(pattern: Pattern): string[] {
  const inBraces = elementsOf(pattern.sequence).flatMap(sequencesOf);
  const isAtEdge = inBraces.some(
    (inner) => inner[0]?.element.kind === "no" || inner.at(-1)?.element.kind === "no",
  );
  const anchor = pattern.sequence.findIndex(
    ({ element }) => element.kind !== "no" && !mayLeave(element.quantity, 0),
  );
  const isUnbound = pattern.sequence
    .slice(0, anchor)
    .some(({ element }) => element.kind === "no" && element.withinMs === null);
  return [
    ...(isAtEdge ? ["a no at the edge of braces"] : []),
    ...(isUnbound ? ["a no at the start without a bound"] : []),
  ];
}

function labelsNamed(pattern: Pattern): string[] {
  const { skip } = pattern;
  const conditions = elementsOf(pattern.sequence).flatMap((element) => {
    switch (element.kind) {
      case "step":
        return [element.where, element.each, element.having, element.until];
      case "no":
        return [element.where];
      default:
        return [element.until];
    }
  });
  return [
    ...[...conditions, pattern.having].flatMap((one) => (one ? labelsIn(one) : [])),
    ...(skip && "step" in skip ? [skip.step] : []),
  ];
}

function labelsIn(condition: Condition): string[] {
  switch (condition.kind) {
    case "compare":
      return [...labelOf(condition.left), ...labelOf(condition.right)];
    case "not":
      return labelsIn(condition.part);
    default:
      return condition.parts.flatMap(labelsIn);
  }
}

function labelOf(term: Term): string[] {
  return "step" in term ? [term.step] : [];
}
