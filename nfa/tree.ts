/**
 * The pattern as a tree with parents and registers: what build.ts walks to find the edges of a program.
 * Registers are handed out here: turns of a loop, parts of an `all of`, the time from which a bound counts.
 */

import type {
  AllOfPlan,
  EitherPlan,
  GroupPlan,
  MatchPlan,
  NoPlan,
  SequencePlan,
  StepPlan,
} from "../dsl/plan.ts";
import type { ScopeCondition } from "./expression/compiled.ts";
import { type CompileOptions, compileScopeCondition } from "./expression/compiled.ts";
import { bodiesOf } from "./patterns.ts";
import type { Leaf } from "./program.ts";

export interface SequenceNode {
  readonly items: readonly {
    readonly link: "then" | "then any" | "next";
    readonly node: ElementNode | NoNode;
  }[];
  /** The element around it; null for the whole pattern. */
  readonly owner: ElementNode | null;
  /** Which alternative or part of the owner it is. */
  readonly part: number;
}

export interface NoNode {
  readonly kind: "no";
  readonly plan: NoPlan;
  readonly leaf: Leaf;
}

export interface ElementNode {
  readonly kind: "element";
  readonly plan: StepPlan | GroupPlan | EitherPlan | AllOfPlan;
  readonly parent: SequenceNode;
  readonly position: number;
  /** Of a step; else null. */
  readonly leaf: Leaf | null;
  /** Bodies of a group, either, all of. */
  readonly sequences: SequenceNode[];
  /** Register of the turns taken; null where no guard needs them. */
  readonly turns: number | null;
  /** Register of the parts of an `all of` entered so far. */
  readonly parts: number | null;
  /** Register of the time from which the element's `within` counts. */
  readonly base: number | null;
  /** Register that says that `until` has ended this loop, where it or one inside is greedy. */
  readonly closed: number | null;
  readonly until: ScopeCondition | null;
  readonly having: ScopeCondition | null;
}

/** May the element take more than one turn? */
export function loops(node: ElementNode): boolean {
  return node.plan.quantity.max > 1;
}

/** May the element be passed without an event? */
export function skippable(node: ElementNode): boolean {
  return node.plan.quantity.optional || node.plan.quantity.min === 0;
}

/** Could the sequence be passed without an event? */
export function emptyable(sequence: SequenceNode): boolean {
  return sequence.items.every(({ node }) => node.kind === "no" || skippable(node));
}

/** Is the element a greedy loop, or one inside it? */
function isGreedyWithin(plan: ElementNode["plan"]): boolean {
  return (
    plan.quantity.greedy ||
    bodiesOf(plan).some(({ items }) =>
      items.some(({ element }) => element.kind !== "no" && isGreedyWithin(element)),
    )
  );
}

/** Makes the tree; `leafOf` gives each step and `no` its leaf, in text order. */
export class TreeBuilder {
  readonly registers: number[] = [];
  /** Those that count turns. */
  readonly turns: number[] = [];
  readonly #options: CompileOptions;
  readonly #leafOf: (plan: StepPlan | NoPlan) => Leaf;

  constructor(options: CompileOptions, leafOf: (plan: StepPlan | NoPlan) => Leaf) {
    this.#options = options;
    this.#leafOf = leafOf;
  }

  build(plan: MatchPlan): SequenceNode {
    return this.#sequence(plan.sequence, null, 0);
  }

  /** A new register, starting at 0. */
  register(): number {
    return this.registers.push(0) - 1;
  }

  #turns(): number {
    const register = this.register();
    this.turns.push(register);
    return register;
  }

  #sequence(plan: SequencePlan, owner: ElementNode | null, part: number): SequenceNode {
    const items: { link: "then" | "then any" | "next"; node: ElementNode | NoNode }[] = [];
    const sequence: SequenceNode = { items, owner, part };
    for (const { link, element } of plan.items) {
      const node =
        element.kind === "no"
          ? ({ kind: "no", plan: element, leaf: this.#leafOf(element) } as const)
          : this.#element(element, sequence, items.length);
      items.push({ link, node });
    }
    return sequence;
  }

  #element(plan: ElementNode["plan"], parent: SequenceNode, position: number): ElementNode {
    const { min, max } = plan.quantity;
    const counted = max > 1 && (min > 1 || max !== Number.POSITIVE_INFINITY);
    const node: ElementNode = {
      kind: "element",
      plan,
      parent,
      position,
      leaf: plan.kind === "step" ? this.#leafOf(plan) : null,
      sequences: [],
      turns: counted ? this.#turns() : null,
      parts: plan.kind === "all of" ? this.register() : null,
      base: plan.withinMs === null ? null : this.register(),
      closed: plan.until !== null && isGreedyWithin(plan) ? this.register() : null,
      until: this.#condition(plan.until),
      having: plan.kind === "step" ? this.#condition(plan.having) : null,
    };
    for (const [part, body] of bodiesOf(plan).entries())
      node.sequences.push(this.#sequence(body, node, part));
    return node;
  }

  #condition(expr: StepPlan["having"]): ScopeCondition | null {
    return expr === null ? null : compileScopeCondition(expr, this.#options);
  }
}
