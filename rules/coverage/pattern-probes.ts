/**
 * A program that notes which places of its pattern are reached, and finds what the original finds: its conditions are
 * replaced by ones that judge the same and tell what they found. Only the coverage of tests uses it.
 *
 * The pattern's tree and its walk are made once more, for an edge no longer says which elements it passes over and
 * leaves. Both list the edges in the same order.
 *
 * A step counts as taken, and what lies on the way to it as passed, when a partial match takes an event there; the way
 * to the pattern's end when the candidate comes up for a report. A `no` counts when an event ends (or, behind a loop,
 * bars) a partial match, or when it keeps one from beginning.
 */

import { assert } from "../../base/assert.ts";
import type { ExceptionPlan, MatchPlan, NoPlan, RulePlan } from "../../dsl/plan.ts";
import { stepsOf } from "../../nfa/build.ts";
import { ChainHistory } from "../../nfa/explicit/chain.ts";
import type { Node } from "../../nfa/explicit/run.ts";
import {
  compileScopeCondition,
  isEventOnly,
  type ScopeCondition,
} from "../../nfa/expression/compiled.ts";
import type { Scope } from "../../nfa/history.ts";
import { keyText } from "../../nfa/key.ts";
import type { Edge, Leaf, Program, Watch } from "../../nfa/program.ts";
import { type ElementNode, type SequenceNode, TreeBuilder } from "../../nfa/tree.ts";
import { after, type Target, within } from "../../nfa/walk.ts";
import type { SiteKind } from "./rule-sites.ts";
import { barredFrom } from "./step-exceptions.ts";

/**
 * Tells that the site of an object of the plan was reached. `scope`: what was being judged, to be read at once; where a
 * step takes an event, the event and what was taken before it. Null where an event alone was.
 */
export type Reach = (object: object, kind: SiteKind, scope: Scope | null) => void;

const PLAIN = { codegen: false, memo: null };

export interface Probed {
  readonly program: Program;
  /** To be called when an event was offered: one that began nothing may have been kept from it. */
  settle(): void;
}

/** The program with its conditions told. `rule`: the one that it was made for. */
export function probed(program: Program, rule: RulePlan, reach: Reach): Probed {
  const probes = new Probes(program, rule, reach);
  return { program: probes.program(), settle: () => probes.settle() };
}

class Probes {
  readonly #program: Program;
  readonly #rule: RulePlan;
  readonly #reach: Reach;
  readonly #targets: readonly Target[];
  readonly #steps = new Map<Leaf, ElementNode>();
  readonly #nos = new Map<Leaf, NoPlan>();
  /** Whose `until` or `having` a condition of the tree is. */
  readonly #owners = new Map<ScopeCondition, ElementNode>();
  readonly #lookbacks: ReadonlyMap<Leaf, Leaf>;
  /** For each `no` that looks back and each key, when it last fitted. */
  readonly #seenMs = new Map<Leaf, Map<string, number>>();
  #starting: Starting | null = null;
  /** The ways to the end of the pattern that were open behind a node. */
  readonly #ends = new WeakMap<Node, Edge[]>();
  readonly #bars = new Map<Leaf, readonly Bar[]>();

  constructor(program: Program, rule: RulePlan, reach: Reach) {
    this.#program = program;
    this.#rule = rule;
    this.#reach = reach;
    let next = 0;
    const tree = new TreeBuilder(PLAIN, () => {
      const leaf = program.leaves[next++];
      assert(leaf !== undefined, "each step and `no` has a leaf");
      return leaf;
    });
    const root = tree.build(program.plan);
    this.#note(root);
    this.#targets = [...within(root, 0), ...stepsOf(root).flatMap((step) => [...after(step)])];
    assert(this.#targets.length === program.edges.length, "a walk finds the edges of a program");
    const looking = program.starts.flatMap(({ watches }) => watches.map(({ leaf }) => leaf));
    this.#lookbacks = new Map(looking.map((leaf) => [leaf, this.#lookback(leaf)]));
  }

  program(): Program {
    const { edges, starts, follow, lookbacks, until, having, plan } = this.#program;
    const isStart = new Set(starts);
    const renewed = edges.map((edge) => (isStart.has(edge) ? this.#start(edge) : this.#edge(edge)));
    const renew = (edge: Edge): Edge => renewed[edge.id] as Edge;
    return {
      ...this.#program,
      edges: renewed,
      starts: starts.map(renew),
      follow: follow.map((out) => out.map(renew)),
      lookbacks: lookbacks.map((one) => ({ ...one, leaf: this.#lookbacks.get(one.leaf) as Leaf })),
      until: until === null ? null : this.#told(until, plan, "until"),
      having: this.#having(plan, having),
    };
  }

  settle(): void {
    this.#settleStart(null);
  }

  #note(sequence: SequenceNode): void {
    for (const { node } of sequence.items) {
      if (node.kind === "no") {
        this.#nos.set(node.leaf, node.plan);
        continue;
      }
      if (node.leaf !== null) this.#steps.set(node.leaf, node);
      for (const condition of [node.until, node.having]) {
        if (condition !== null) this.#owners.set(condition, node);
      }
      for (const body of node.sequences) this.#note(body);
    }
  }

  /** An edge out of a step. */
  #edge(edge: Edge): Edge {
    const shared = this.#shared(edge);
    const { havings } = shared;
    const ends = edge.to === null;
    return {
      ...edge,
      ...shared,
      to: edge.to === null ? null : this.#awaited(edge, edge.to),
      havings: ends ? [...havings, (scope) => this.#noteEnd(edge, scope)] : havings,
      watches: edge.watches.map((watch) => ({ ...watch, leaf: this.#forbidding(watch.leaf) })),
    };
  }

  #shared(edge: Edge): Pick<Edge, "havings" | "loopWatches" | "greedy" | "stops"> {
    const { path, step } = this.#targetOf(edge);
    const around = step === null ? [] : [step, ...ancestors(step)];
    const owners = around.filter(({ until }) => until !== null);
    return {
      havings: edge.havings.map((having, i) => {
        const owner = this.#ownerOf(path.havings[i]);
        return this.#judged(owner, having);
      }),
      loopWatches: edge.loopWatches.map((watch) => ({
        ...watch,
        leaf: this.#forbidding(watch.leaf),
      })),
      greedy: edge.greedy.map((watch, i) => ({
        ...watch,
        untils: watch.untils.map((until, j) => {
          const owner = this.#ownerOf(path.greedy[i]?.untils[j]?.condition);
          return { ...until, condition: this.#true(until.condition, owner.plan, "until") };
        }),
      })),
      stops: edge.stops.map((stop, i) => {
        const owner = owners[i];
        assert(owner !== undefined, "each stop is the `until` of a loop around the step");
        return { ...stop, condition: this.#true(stop.condition, owner.plan, "until") };
      }),
    };
  }

  /**
   * An edge on which a match can begin. What stands in front of the pattern is judged between the step's condition and
   * the edge's stops: a start that gets as far as its stops was not kept from beginning.
   */
  #start(edge: Edge): Edge {
    const shared = this.#shared(edge);
    const leaf = edge.to;
    assert(leaf !== null, "a match begins with a step");
    const where: ScopeCondition = (scope) => {
      this.#settleStart(null);
      if (!this.#fits(leaf, scope)) return false;
      const { event, keys } = scope;
      assert(event !== null, "a step judges an event");
      this.#starting = { edge, key: keyText(keys), timeMs: event.timeMs, scope: { ...scope } };
      return true;
    };
    const begins: ScopeCondition = () => {
      this.#starting = null;
      return false;
    };
    const taken: ScopeCondition = (scope) => {
      this.#way(edge, scope);
      return false;
    };
    return {
      ...edge,
      ...shared,
      to: { ...leaf, where },
      stops: [
        { condition: begins, inside: false },
        ...shared.stops,
        { condition: taken, inside: false },
      ],
      watches: edge.watches.map((watch) => ({ ...watch, leaf: this.#lookbackOf(watch) })),
    };
  }

  #lookbackOf({ leaf }: Watch): Leaf {
    return this.#lookbacks.get(leaf) ?? leaf;
  }

  /** A `no` in front: asked of the event that would begin a match, and once more of each event, to be remembered. */
  #lookback(leaf: Leaf): Leaf {
    const where: ScopeCondition = (scope) => {
      if (leaf.where !== null && !leaf.where(scope)) return false;
      this.#settleStart(leaf);
      const { event, keys } = scope;
      const seen = this.#seenMs.get(leaf) ?? new Map<string, number>();
      this.#seenMs.set(leaf, seen);
      if (event !== null) seen.set(keyText(keys), event.timeMs);
      return true;
    };
    return { ...leaf, where };
  }

  /** A start that did not get as far as its stops was kept from beginning: by which `no`? `fits`: one that just fits. */
  #settleStart(fits: Leaf | null): void {
    const starting = this.#starting;
    this.#starting = null;
    if (starting === null) return;
    for (const { leaf, withinMs } of starting.edge.watches) {
      const seenMs = this.#seenMs.get(leaf)?.get(starting.key) ?? Number.NEGATIVE_INFINITY;
      if (leaf !== fits && starting.timeMs - seenMs > (withinMs ?? 0)) continue;
      this.#forbid(leaf, starting.scope);
      return;
    }
  }

  /** The step that an edge awaits: when it fits, the partial match takes the event. */
  #awaited(edge: Edge, leaf: Leaf): Leaf {
    const { each } = leaf;
    const taken = (scope: Scope): true => {
      this.#way(edge, scope);
      return true;
    };
    if (!edge.again) return { ...leaf, where: (scope) => this.#fits(leaf, scope) && taken(scope) };
    return {
      ...leaf,
      where: (scope) => this.#fits(leaf, scope),
      each: (scope) => (each === null || each(scope)) && taken(scope),
    };
  }

  /** The step's own condition; where it is not true, was it an exception that barred the event? */
  #fits(leaf: Leaf, scope: Scope): boolean {
    if (leaf.where === null || leaf.where(scope)) return true;
    for (const bar of this.#barsOf(leaf)) {
      if (bar.rest(scope) && bar.fits(scope)) this.#reach(bar.exception, "exception", scope);
    }
    return false;
  }

  /** The exceptions of a step that read more than the event; the others are judged before (event-probes.ts). */
  #barsOf(leaf: Leaf): readonly Bar[] {
    const known = this.#bars.get(leaf);
    if (known !== undefined) return known;
    const barred = leaf.step === null ? [] : barredFrom(leaf.step, this.#rule);
    const bars = barred
      .filter(({ fits }) => !isEventOnly(fits))
      .map(({ exception, fits, rest }) => ({
        exception,
        fits: compileScopeCondition(fits, PLAIN),
        rest: rest === null ? () => true : compileScopeCondition(rest, PLAIN),
      }));
    this.#bars.set(leaf, bars);
    return bars;
  }

  /** A partial match goes this way: elements passed over, alternatives gone through, the step taken. */
  #way(edge: Edge, scope: Scope): void {
    const { step, path } = this.#targetOf(edge);
    for (const { plan } of path.passed) this.#reach(plan, "passed", scope);
    const from = edge.from === null ? undefined : this.#steps.get(edge.from);
    if (from !== undefined) {
      for (const body of bodiesAround(from)) {
        if (body.owner?.plan.kind !== "either") continue;
        if (step !== null && bodiesAround(step).includes(body)) continue;
        const alternative = body.owner.plan.alternatives[body.part];
        if (alternative !== undefined) this.#reach(alternative, "alternative", scope);
      }
    }
    if (step !== null) this.#reach(step.plan, "taken", scope);
  }

  #noteEnd(edge: Edge, { history }: Scope): boolean {
    const node = nodeOf(history);
    const ends = this.#ends.get(node);
    if (ends === undefined) this.#ends.set(node, [edge]);
    else ends.push(edge);
    return true;
  }

  /** The `having` of the whole match, which every complete candidate comes to. */
  #having(plan: MatchPlan, having: ScopeCondition | null): ScopeCondition {
    return (scope) => {
      for (const edge of this.#ends.get(nodeOf(scope.history)) ?? []) this.#way(edge, scope);
      if (having === null) return true;
      const holds = having(scope);
      this.#reach(plan, holds ? "having true" : "having false", scope);
      return holds;
    };
  }

  #judged(owner: ElementNode, having: ScopeCondition): ScopeCondition {
    return (scope) => {
      const holds = having(scope);
      this.#reach(owner.plan, holds ? "having true" : "having false", scope);
      return holds;
    };
  }

  #forbidding(leaf: Leaf): Leaf {
    const where: ScopeCondition = (scope) => {
      if (leaf.where !== null && !leaf.where(scope)) return false;
      this.#forbid(leaf, scope);
      return true;
    };
    return { ...leaf, where };
  }

  #forbid(leaf: Leaf, scope: Scope): void {
    const plan = this.#nos.get(leaf);
    if (plan !== undefined) this.#reach(plan, "forbidden", scope);
  }

  #told(leaf: Leaf, object: object, kind: SiteKind): Leaf {
    return { ...leaf, where: this.#true(leaf.where ?? (() => true), object, kind) };
  }

  #true(condition: ScopeCondition, object: object, kind: SiteKind): ScopeCondition {
    return (scope) => {
      const holds = condition(scope);
      if (holds) this.#reach(object, kind, scope);
      return holds;
    };
  }

  #targetOf(edge: Edge): Target {
    return this.#targets[edge.id] as Target;
  }

  #ownerOf(condition: ScopeCondition | undefined): ElementNode {
    const owner = condition === undefined ? undefined : this.#owners.get(condition);
    assert(owner !== undefined, "a condition of a walk belongs to an element of the tree");
    return owner;
  }
}

/** A start that fits, until it is known whether a `no` before it keeps it from beginning. */
interface Starting {
  readonly edge: Edge;
  readonly key: string;
  readonly timeMs: number;
  readonly scope: Scope;
}

interface Bar {
  readonly exception: ExceptionPlan;
  readonly fits: ScopeCondition;
  readonly rest: ScopeCondition;
}

function nodeOf(history: Scope["history"]): Node {
  assert(history instanceof ChainHistory, "a pattern's conditions read a chain");
  assert(history.node !== null, "what was taken is judged behind a step");
  return history.node;
}

function ancestors(element: ElementNode): readonly ElementNode[] {
  const { owner } = element.parent;
  return owner === null ? [] : [owner, ...ancestors(owner)];
}

/** The sequences around a step, the innermost first. */
function bodiesAround(element: ElementNode): readonly SequenceNode[] {
  const { parent } = element;
  return parent.owner === null ? [parent] : [parent, ...bodiesAround(parent.owner)];
}
