/**
 * What the rule index may know of a rule: for each step, `no` and entry on a stream what an event must fulfil so that it
 * can concern it. Of what must hold together the index picks one (the "access predicate" of Esper's filter service). An
 * event that fulfils none of those picked cannot concern the rule, so the rule costs nothing for it.
 */

import type { Expr } from "../dsl/expr.ts";
import type { ElementPlan, MatchPlan, RulePlan, SequencePlan, WindowPlan } from "../dsl/plan.ts";
import { needOf } from "./access/condition-need.ts";
import type { Need } from "./access/need.ts";
import { conjunction, precedingOf } from "./build.ts";
import { bodiesOf } from "./patterns.ts";

export type { AccessAtom, Need, Scalar } from "./access/need.ts";

/**
 * What each step, `no` and entry that reads the stream needs of an event; null where the rule must be offered every
 * event of the stream.
 */
export function accessNeeds(body: RulePlan["body"], stream: string): readonly Need[] | null {
  const byStream = known.get(body) ?? new Map<string, Demands>();
  known.set(body, byStream);
  const before = byStream.get(stream);
  if (before !== undefined) return before;
  const demands = demandsOn(body, stream);
  byStream.set(stream, demands);
  return demands;
}

type Demands = readonly Need[] | null;

/** Asked anew with every reload; bodies never change. */
const known = new WeakMap<RulePlan["body"], Map<string, Demands>>();

function demandsOn(body: RulePlan["body"], stream: string): Demands {
  const needs: Need[] = [];
  for (const condition of conditionsOn(body, stream)) {
    const need = condition === null ? null : needOf(condition, true);
    if (need === null) return null;
    needs.push(need);
  }
  return needs;
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
