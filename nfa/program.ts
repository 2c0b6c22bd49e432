/**
 * A program: what the compiler makes of a `match` block. Immutable and shared by all keys of the rule.
 *
 * It is a position automaton (Glushkov, 1961) over the steps of the pattern. A partial match waits on an *edge*: a pair
 * (step that took the last event, step awaited), so that an optional or empty element is as if it were not written
 * (M-4). What the pair does not say, such as the turns of a loop so far, stands in the partial match's registers.
 *
 * Invariants
 *  G1  The edges out of a step stand in the order of preference (M-10): an edge's rank is its place among them.
 *  G2  Two edges out of one step with the same target differ in guards, so each candidate has one path.
 *  G3  Nothing here changes after `buildProgram` returned.
 */

import type { MatchPlan, StepPlan } from "../dsl/plan.ts";
import type { EventCondition, ScopeCondition } from "./expression/compiled.ts";

/** A condition on an event: a step that takes it, or a `no` that forbids it. */
export interface Leaf {
  readonly index: number;
  /** `1 << index`: the leaf's place in the bits that routing computes for an event. */
  readonly bit: number;
  /** The step; null for a `no`. */
  readonly step: StepPlan | null;
  /** For each source (index into `MatchPlan.sources`): source filter and the part of `where` that reads only the event. */
  readonly sources: readonly { readonly source: number; readonly admits: EventCondition | null }[];
  /** The part of `where` that reads more than the event; null: nothing. */
  readonly where: ScopeCondition | null;
  /** `each`, for the second and later events of the loop. */
  readonly each: ScopeCondition | null;
}

/** Reads registers; all must hold when the edge is taken up. */
export type Guard =
  | { readonly kind: "at least"; readonly register: number; readonly count: number }
  | { readonly kind: "below"; readonly register: number; readonly count: number }
  /** Bits of the register: all of `mask` are set, or none of it is. */
  | { readonly kind: "all set" | "none set"; readonly register: number; readonly mask: number };

/** Writes registers when the edge's event is taken. */
export type Update =
  | { readonly kind: "set"; readonly register: number; readonly value: number }
  | { readonly kind: "add"; readonly register: number; readonly value: number }
  | { readonly kind: "set bits" | "clear bits"; readonly register: number; readonly mask: number }
  /** The time of the event taken before this one. */
  | { readonly kind: "time before"; readonly register: number }
  /** The time of the event taken now. */
  | { readonly kind: "time now"; readonly register: number };

/** A time by which the edge's event must come: a register or the last event's time, plus `ms`, inclusive. */
export interface Bound {
  /** Null: the time of the last event taken. */
  readonly register: number | null;
  readonly ms: number;
}

/** A `no` watched while a partial match waits on the edge (M-5). */
export interface Watch {
  readonly leaf: Leaf;
  /** `next no`: only the very next input event counts. */
  readonly strict: boolean;
  /** Own bound of a trailing `no`: from the last event, else null for the match's `within`. */
  readonly withinMs: number | null;
}

/** A `no` behind the loop in which the partial match is: an event that the loop does not take counts (M-5). */
export interface LoopWatch {
  readonly leaf: Leaf;
  readonly strict: boolean;
  /** With `strict`: these hold exactly when the loop could have been left with the last event. */
  readonly leavable: readonly Guard[];
  readonly havings: readonly ScopeCondition[];
  /** Marks the `no` as violated; null: every way out needs it, so the partial match ends. */
  readonly mark: { readonly register: number; readonly mask: number } | null;
}

/** An event that a greedy loop could have taken ends the partial match that left it (M-13). */
export interface GreedyWatch {
  readonly leaf: Leaf;
  /** The loop is not full. */
  readonly open: readonly Guard[];
  /** The loop has events: its `each` is judged too. */
  readonly again: boolean;
  /** The loop could have taken only the very next input event. */
  readonly strict: boolean;
  /** Until when the loop could have taken an event. */
  readonly bounds: readonly Bound[];
  /** The `until` of the loop and of loops around it. */
  readonly untils: readonly GreedyUntil[];
}

/** An event that fits the `until` of a loop is not taken; once the loop has events, it takes none after it either. */
export interface GreedyUntil {
  readonly condition: ScopeCondition;
  /** Register that is 1 once such an event came; null: no need to remember, for the loop has no event yet. */
  readonly closed: number | null;
}

/** `until` of a loop around the awaited step (M-8). */
export interface Stop {
  readonly condition: ScopeCondition;
  /** The loop has events: an event that fits ends the partial match here. Otherwise it is merely not taken. */
  readonly inside: boolean;
}

export interface Edge {
  readonly id: number;
  /** Leaf that took the last event; null: none was taken. */
  readonly from: Leaf | null;
  /** Leaf awaited; null: the pattern is complete. */
  readonly to: Leaf | null;
  /** Place among the edges out of `from`. */
  readonly rank: number;
  readonly link: "relaxed" | "strict" | "any";
  /** A further turn of the step's own loop: `each` is judged, `prev` is the last event. */
  readonly again: boolean;
  readonly guards: readonly Guard[];
  readonly updates: readonly Update[];
  /** Conditions on loops that this edge leaves, judged when it is taken up. */
  readonly havings: readonly ScopeCondition[];
  readonly watches: readonly Watch[];
  readonly loopWatches: readonly LoopWatch[];
  readonly greedy: readonly GreedyWatch[];
  readonly stops: readonly Stop[];
  /** Beside the match's `within`. */
  readonly bounds: readonly Bound[];
  /** Bits of the events that can change a partial match waiting here; -1: every input event can. */
  readonly interest: number;
  /** A partial match that left the same loop earlier, with the same start, can no more be reported (see dominance.ts). */
  readonly dominates: boolean;
}

export interface Program {
  readonly plan: MatchPlan;
  readonly leaves: readonly Leaf[];
  readonly edges: readonly Edge[];
  /** Edges on which a match can start. */
  readonly starts: readonly Edge[];
  /** Union of the bits of the steps that can start a match. */
  readonly startBits: number;
  /** Edges out of each leaf, by leaf index; empty for a `no`. */
  readonly follow: readonly (readonly Edge[])[];
  /** A `no` before the first event looks back this far (M-5); its last event is remembered for each key. */
  readonly lookbacks: readonly { readonly leaf: Leaf; readonly withinMs: number }[];
  /** The `until` after the block; null: none. */
  readonly until: Leaf | null;
  /** Registers that count turns: under `match latest` a step is a place with its count. */
  readonly turns: readonly number[];
  /** So many of the key's last input events are remembered for `preceding(n)`. */
  readonly precedingMax: number;
  /** A start that runs out of time is reported, if it took this label (null: whatever it took); undefined: not. */
  readonly timeoutAfter: number | null | undefined;
  /** Initial registers. */
  readonly registers: readonly number[];
  /** Some edge looks at every input event: routing must not leave any out. */
  readonly seesAll: boolean;
  readonly having: ScopeCondition | null;
}
