/**
 * Plan to program: finds for each step which steps may take the next event, under which conditions.
 *
 * A walk starts behind a step (or before the pattern) and follows the text to every step that may come next,
 * collecting on its way what an edge carries: links, `no` passed over, loops left and entered. The order of the walk
 * is the order of preference (M-10).
 */

import { assert } from "../base/assert.ts";
import type { Expr } from "../dsl/expr.ts";
import { type MatchPlan, type NoPlan, PARTS_MAX, type StepPlan } from "../dsl/plan.ts";
import { markDominance } from "./dominance.ts";
import {
  type CompileOptions,
  compileEventCondition,
  compileScopeCondition,
  precedingMax as precedingOfExpr,
  splitConjunction,
} from "./expression/compiled.ts";
import type { DataSource } from "./history.ts";
import { LoopWatches } from "./loop-watches.ts";
import type { MatcherOptions } from "./matcher.ts";
import { conditionsOf } from "./patterns.ts";
import type { Edge, Leaf, Program } from "./program.ts";
import { type ElementNode, type SequenceNode, TreeBuilder } from "./tree.ts";
import { after, makeEdge, type Target, within } from "./walk.ts";

/** Compiles a checked `match` block. Cost: quadratic in the number of optional elements in a row, else linear. */
export function buildProgram(
  plan: MatchPlan,
  timeoutAfter: number | null | undefined,
  data: DataSource,
  options: MatcherOptions,
): Program {
  const leaves: Leaf[] = [];
  const leafOf = (item: StepPlan | NoPlan): Leaf => {
    const leaf = makeLeaf(plan, item, leaves.length, data, options);
    leaves.push(leaf);
    return leaf;
  };
  const tree = new TreeBuilder(options, leafOf);
  const root = tree.build(plan);
  const until = plan.until === null ? null : leafOf({ kind: "no", withinMs: null, ...plan.until });
  assert(leaves.length <= PARTS_MAX, "a pattern has at most 31 steps and `no`s");
  const loopWatches = new LoopWatches(root, () => tree.register());
  const edges: Edge[] = [];
  const add = (from: ElementNode | null, targets: Iterable<Target>): readonly Edge[] => {
    const out: Edge[] = [];
    for (const target of targets)
      out.push(makeEdge(plan, edges.length + out.length, out.length, from, target, loopWatches));
    edges.push(...out);
    return out;
  };
  const starts = add(null, within(root, 0));
  const follow: (readonly Edge[])[] = leaves.map(() => []);
  for (const step of stepsOf(root)) follow[(step.leaf as Leaf).index] = add(step, after(step));
  const precedingMax = precedingOf(plan);
  const program: Program = {
    plan,
    leaves,
    edges,
    starts,
    startBits: starts.reduce((bits, edge) => bits | (edge.to?.bit ?? 0), 0),
    follow,
    lookbacks: lookbacksOf(starts),
    until,
    turns: tree.turns,
    precedingMax,
    timeoutAfter,
    registers: tree.registers,
    seesAll: precedingMax > 0 || edges.some((edge) => edge.interest === -1),
    having: plan.having === null ? null : compileScopeCondition(plan.having, options),
  };
  return options.dominance === false ? program : markDominance(program);
}

/** The steps of the pattern in text order. */
export function stepsOf(sequence: SequenceNode): readonly ElementNode[] {
  return sequence.items.flatMap(({ node }) => {
    if (node.kind === "no") return [];
    return node.leaf === null ? node.sequences.flatMap(stepsOf) : [node];
  });
}

function makeLeaf(
  plan: MatchPlan,
  item: StepPlan | NoPlan,
  index: number,
  data: DataSource,
  options: CompileOptions,
): Leaf {
  const { eventOnly, rest } =
    item.where === null ? { eventOnly: null, rest: null } : splitConjunction(item.where);
  const sources = item.sources.map((source) => {
    const filter = conjunction(plan.sources[source]?.filter ?? null, eventOnly);
    return {
      source,
      admits: filter === null ? null : compileEventCondition(filter, data, options),
    };
  });
  return {
    index,
    bit: 1 << index,
    step: item.kind === "step" ? item : null,
    sources,
    where: rest === null ? null : compileScopeCondition(rest, options),
    each:
      item.kind === "step" && item.each !== null ? compileScopeCondition(item.each, options) : null,
  };
}

/** Both conditions, either of which may be missing. */
export function conjunction(a: Expr | null, b: Expr | null): Expr | null {
  if (a === null || b === null) return a ?? b;
  return { kind: "and", operands: [a, b] };
}

/** The greatest n of `preceding(n)` in the pattern. */
/** How far back `preceding` looks in the pattern; 0: nowhere. */
export function precedingOf(plan: MatchPlan): number {
  const conditions = conditionsOf(plan.sequence);
  return Math.max(0, ...conditions.map(precedingOfExpr));
}

function lookbacksOf(starts: readonly Edge[]): Program["lookbacks"] {
  const found = new Map<Leaf, number>();
  for (const edge of starts)
    for (const watch of edge.watches)
      if (watch.withinMs !== null) found.set(watch.leaf, watch.withinMs);
  return [...found].map(([leaf, withinMs]) => ({ leaf, withinMs }));
}
