/**
 * Which partial matches can be forgotten because another one will be reported instead.
 *
 * Under `match` (M-11) with its default skip, a start reports its most preferred candidate. Two partial matches of one
 * start that left the same loop at different turns, and wait on the same edge, have the same future where nothing
 * ahead reads the loop's events: whatever completes one completes the other, and the longer loop is preferred. So only
 * the one that left last is kept, and a burst of n events costs O(n) partial matches instead of O(n²).
 *
 * Only for patterns without braces; the cases that would break the argument are tested one by one below.
 */

import type { Expr } from "../dsl/expr.ts";
import type { MatchPlan, NoPlan, StepPlan } from "../dsl/plan.ts";
import { readsLabels } from "./expression/compiled.ts";
import type { Edge, Program } from "./program.ts";

/** The program with `dominates` set on the edges for which the argument holds. */
export function markDominance(program: Program): Program {
  const { plan } = program;
  const flat = flatItems(plan);
  if (
    flat === null ||
    plan.mode !== "match" ||
    plan.skip.kind !== "past last" ||
    plan.having !== null
  )
    return program;
  const edges = program.edges.map((edge) =>
    dominates(edge, flat) ? { ...edge, dominates: true } : edge,
  );
  const renew = (edge: Edge): Edge => edges[edge.id] as Edge;
  return {
    ...program,
    edges,
    starts: program.starts.map(renew),
    follow: program.follow.map((out) => out.map(renew)),
  };
}

function flatItems(plan: MatchPlan): readonly (StepPlan | NoPlan)[] | null {
  const items = plan.sequence.items.map((item) => item.element);
  const flat = items.filter((item) => item.kind === "step" || item.kind === "no");
  return flat.length === items.length ? flat : null;
}

function dominates(edge: Edge, items: readonly (StepPlan | NoPlan)[]): boolean {
  const loop = edge.from?.step;
  if (loop === undefined || loop === null || edge.again) return false;
  const { max, contiguity, shortest } = loop.quantity;
  if (max === 1 || contiguity === "any" || shortest) return false;
  if (edge.link === "strict" || edge.havings.length > 0) return false;
  if (edge.watches.some((w) => w.strict || (edge.to === null && w.withinMs !== null))) return false;
  const ahead = items.slice(items.indexOf(loop) + 1);
  return ahead.every((item) =>
    conditionsOf(item).every((expr) => !readsLabels(expr).has(loop.label)),
  );
}

function conditionsOf(item: StepPlan | NoPlan): readonly Expr[] {
  const all = item.kind === "no" ? [item.where] : [item.where, item.each, item.having, item.until];
  return all.filter((expr) => expr !== null);
}
