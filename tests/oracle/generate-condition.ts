/** Random conditions over the fields of generated events and over the steps before. */

import type { Random } from "../../base/random.ts";
import type { Condition, Operator, Term } from "./pattern.ts";

/** A label that conditions may name; a repeated one only through first, last, count, sum. */
export interface KnownStep {
  readonly label: string;
  readonly repeated: boolean;
}

const OPERATORS: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">="];
const LOCAL_OPERATORS: readonly Operator[] = ["!=", ">=", ">=", "<=", ">", "=="];
const V: Term = { kind: "field", field: "v" };

/** About the event at hand alone. */
export function localCondition(random: Random): Condition {
  // Equality is rare on both sides: `==` lets little pass, `!=` much.
  return compareTerms(random.pick(LOCAL_OPERATORS), V, constant(random, 4));
}

/** A step's `where`: about the event at hand, perhaps with earlier steps. `own` is the step itself, where it is a loop. */
export function whereCondition(
  random: Random,
  known: readonly KnownStep[],
  own: string | null,
): Condition {
  const dice = random.unit();
  if (known.length > 0 && dice < 0.5) {
    const reference = compareTerms(random.pick(OPERATORS), V, stepTerm(random, random.pick(known)));
    if (random.chance(0.75)) return reference;
    const kind = random.chance(0.5) ? "and" : "or";
    return { kind, parts: [localCondition(random), reference] };
  }
  if (own !== null && dice < 0.6)
    return compareTerms("<", { kind: "count", step: own }, constant(random, 3, 1));
  if (dice < 0.65) return { kind: "not", part: localCondition(random) };
  return localCondition(random);
}

/** An `each`: against the loop's event before, sometimes alone. */
export function eachCondition(random: Random): Condition {
  if (random.chance(0.2)) return localCondition(random);
  return compareTerms(random.pick(OPERATORS), V, { kind: "prev", field: "v" });
}

/** A loop's `having` or, over all steps, the block's. */
export function havingCondition(random: Random, known: readonly KnownStep[]): Condition {
  const step = random.pick(known);
  const { label } = step;
  switch (random.below(4)) {
    case 0:
      return compareTerms(
        random.pick([">=", "<="]),
        { kind: "count", step: label },
        constant(random, 3, 1),
      );
    case 1:
      return compareTerms(
        random.pick(["<", ">="]),
        { kind: "sum", step: label, field: "w" },
        constant(random, 4, 1),
      );
    case 2:
      return compareTerms(
        random.pick(OPERATORS),
        stepTerm(random, step),
        stepTerm(random, random.pick(known)),
      );
    default:
      return compareTerms(random.pick(OPERATORS), stepTerm(random, step), constant(random, 4));
  }
}

function stepTerm(random: Random, { label, repeated }: KnownStep): Term {
  if (!repeated) return { kind: "step", step: label, field: "v" };
  const kind = random.pick(["first", "last"] as const);
  return { kind, step: label, field: "v" };
}

function constant(random: Random, count: number, least = 0): Term {
  return { kind: "constant", value: least + random.below(count) };
}

function compareTerms(operator: Operator, left: Term, right: Term): Condition {
  return { kind: "compare", operator, left, right };
}
