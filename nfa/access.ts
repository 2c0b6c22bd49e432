/**
 * What the rule index may know of a rule: for each step, `no` and entry on a stream one equality that every event it
 * concerns must fulfil (the "access predicate" of Esper's filter service). An event that fulfils none of them cannot
 * concern the rule, so the rule costs nothing for it.
 */

import type { Value } from "../base/value.ts";
import type { Expr, FieldPath } from "../dsl/expr.ts";
import type { ElementPlan, MatchPlan, RulePlan, SequencePlan, WindowPlan } from "../dsl/plan.ts";
import { conjunction } from "./build.ts";
import { bodiesOf } from "./patterns.ts";

/** The field at `path` equals one of `values`: texts, booleans and numbers that a float holds exactly. */
export interface AccessAtom {
  readonly path: FieldPath;
  readonly values: readonly Value[];
}

/** One atom for each step, `no` and entry that reads the stream; null where the rule must be offered every event of it. */
export function accessAtoms(body: RulePlan["body"], stream: string): readonly AccessAtom[] | null {
  const atoms: AccessAtom[] = [];
  for (const condition of conditionsOn(body, stream)) {
    const atom = atomOf(condition);
    if (atom === null) return null;
    atoms.push(atom);
  }
  return atoms;
}

/** What each step, `no` or entry of the body demands of the stream's events. */
function conditionsOn(body: RulePlan["body"], stream: string): readonly (Expr | null)[] {
  if (body.kind === "expect") {
    const { source, where } = body;
    return source.stream === stream ? [conjunction(source.filter, where)] : [];
  }
  const wholeInput = body.kind === "match" ? seesAll(body) : body.shape.kind === "sliding";
  const leaves = body.kind === "match" ? leavesOf(body) : body.over.map(entryLeaf);
  return leaves.flatMap(({ sources, where }) =>
    sources.flatMap((index) => {
      const source = body.sources[index];
      if (source?.stream !== stream) return [];
      return [wholeInput ? source.filter : conjunction(source.filter, where)];
    }),
  );
}

interface AccessLeaf {
  readonly sources: readonly number[];
  readonly where: Expr | null;
}

function entryLeaf({ source, where }: WindowPlan["over"][number]): AccessLeaf {
  return { sources: [source], where };
}

/** Does some construct judge every event of the input, and not only those that fit a step? */
export function seesAll(plan: MatchPlan): boolean {
  const inSequence = (sequence: SequencePlan): boolean =>
    sequence.items.some(({ link, element }) => link === "next" || inElement(element));
  const inElement = (element: ElementPlan): boolean => {
    if (element.kind === "no") return false;
    if (element.until !== null || element.quantity.contiguity === "strict") return true;
    if (element.kind === "all of" && element.contiguity === "strict") return true;
    return bodiesOf(element).some(inSequence);
  };
  return inSequence(plan.sequence);
}

function leavesOf(plan: MatchPlan): readonly AccessLeaf[] {
  const inSequence = (sequence: SequencePlan): AccessLeaf[] =>
    sequence.items.flatMap(({ element }) =>
      element.kind === "no" || element.kind === "step"
        ? [element]
        : bodiesOf(element).flatMap(inSequence),
    );
  return plan.until === null
    ? inSequence(plan.sequence)
    : [...inSequence(plan.sequence), plan.until];
}

/** The first usable equality that the condition demands. */
function atomOf(condition: Expr | null): AccessAtom | null {
  if (condition === null) return null;
  if (condition.kind === "and") {
    for (const operand of condition.operands) {
      const atom = atomOf(operand);
      if (atom !== null) return atom;
    }
    return null;
  }
  if (condition.kind === "compare" && condition.operator === "==")
    return equality(condition.left, condition.right) ?? equality(condition.right, condition.left);
  if (condition.kind === "in" && !condition.caseless)
    return equality(condition.item, condition.list);
  return null;
}

function equality(field: Expr, wanted: Expr): AccessAtom | null {
  if (field.kind !== "field" || field.event.kind !== "at hand" || wanted.kind !== "const")
    return null;
  const values: readonly Value[] = Array.isArray(wanted.value)
    ? (wanted.value as readonly Value[])
    : [wanted.value];
  return values.every(isPlain) ? { path: field.path, values } : null;
}

function isPlain(value: Value): boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value === "string" || typeof value === "boolean";
}
