/**
 * What the rule index may know of a rule: for each step, `no` and entry on a stream the equalities that every event it
 * concerns must fulfil, of which the index picks one (the "access predicate" of Esper's filter service). An event that
 * fulfils none of those picked cannot concern the rule, so the rule costs nothing for it.
 */

import type { Value } from "../base/value.ts";
import type { Expr, FieldPath } from "../dsl/expr.ts";
import type { ElementPlan, MatchPlan, RulePlan, SequencePlan, WindowPlan } from "../dsl/plan.ts";
import { conjunction, precedingOf } from "./build.ts";
import { foldCase } from "./functions/case-folding.ts";
import { bodiesOf } from "./patterns.ts";

/** The field at `path` equals one of `values`: texts, booleans and numbers that a float holds exactly. */
export interface AccessAtom {
  readonly path: FieldPath;
  /** Without case: the values are folded texts, and the field's text must be before it is compared. */
  readonly folded: boolean;
  readonly values: readonly Value[];
}

/**
 * For each step, `no` and entry that reads the stream the equalities that it demands, at least one; null where the rule
 * must be offered every event of the stream.
 */
export function accessAtoms(
  body: RulePlan["body"],
  stream: string,
): readonly (readonly AccessAtom[])[] | null {
  const byStream = known.get(body) ?? new Map<string, Demands>();
  known.set(body, byStream);
  const before = byStream.get(stream);
  if (before !== undefined) return before;
  const demands = demandsOn(body, stream);
  byStream.set(stream, demands);
  return demands;
}

type Demands = readonly (readonly AccessAtom[])[] | null;

/** Asked anew with every reload; bodies never change. */
const known = new WeakMap<RulePlan["body"], Map<string, Demands>>();

function demandsOn(body: RulePlan["body"], stream: string): Demands {
  const demands = conditionsOn(body, stream).map(atomsOf);
  return demands.every((atoms) => atoms.length > 0) ? demands : null;
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
  return inSequence(plan.sequence) || precedingOf(plan) > 0;
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

/** The usable equalities of which the condition demands each. */
function atomsOf(condition: Expr | null): readonly AccessAtom[] {
  switch (condition?.kind) {
    case "and":
      return condition.operands.flatMap(atomsOf);
    case "compare":
      if (condition.operator !== "==") return [];
      return eitherWay(condition.left, condition.right, false);
    case "same text":
      return eitherWay(condition.left, condition.right, true);
    case "in":
      return equality(condition.item, condition.list, condition.caseless);
    default:
      return [];
  }
}

function eitherWay(left: Expr, right: Expr, folded: boolean): readonly AccessAtom[] {
  return [...equality(left, right, folded), ...equality(right, left, folded)];
}

function equality(field: Expr, wanted: Expr, folded: boolean): readonly AccessAtom[] {
  if (field.kind !== "field" || field.event.kind !== "at hand" || wanted.kind !== "const")
    return [];
  const { path } = field;
  const values = Array.isArray(wanted.value) ? (wanted.value as readonly Value[]) : [wanted.value];
  if (!folded) return values.every(isPlain) ? [{ path, folded, values }] : [];
  const texts = values.filter((value) => typeof value === "string");
  return texts.length === values.length ? [{ path, folded, values: texts.map(foldCase) }] : [];
}

function isPlain(value: Value): boolean {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value === "string" || typeof value === "boolean";
}
