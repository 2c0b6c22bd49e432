/**
 * Partial matches ("runs") of the reference matcher, as plain data.
 *
 * Invariants
 *  R1  A node is never changed; runs that branch share the nodes taken before (no history is copied).
 *  R2  A run waits on exactly one edge and stands in that edge's list of its key, and nowhere else.
 *  R3  `start.runs` counts the runs of that start that are not dead, and its held candidate; at none it is dead.
 *  R4  `deadlineMs` of a run is the last time at which its edge's event may come, inclusive; of a run whose pattern is
 *      complete (edge.to is null) it is the bound after which it is a match.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { Edge, Leaf } from "../program.ts";

/** An event taken by a step, with those taken before it. */
export interface Node {
  readonly event: EventRecord;
  readonly leaf: Leaf;
  /** Rank of the edge on which it was taken: the choice made (M-10). */
  readonly rank: number;
  readonly before: Node | null;
  /** The last node before this one whose label differs: skips a loop in one step. */
  readonly other: Node | null;
  /** Number of events up to this one. */
  readonly length: number;
  /** Number of events of this label up to this one. */
  readonly labelCount: number;
}

/** A candidate whose pattern is complete. */
export interface Candidate {
  readonly start: Start;
  readonly last: Node;
  /** Rank of the edge to the end: the last choice made. */
  readonly endRank: number;
}

/** The event with which partial matches began, shared by all of them. */
export interface Start {
  readonly event: EventRecord;
  readonly key: KeyState;
  runs: number;
  /** A candidate of this start was a match: it cannot time out (M-17). */
  matched: boolean;
  /** Of its partial matches that ran out of time, the one to report. */
  timedOut: Candidate | null;
  /** Stands in the key's list of starts. */
  listed: boolean;
  /** The most preferred candidate so far, held back by `match longest`. */
  held: Candidate | null;
}

export interface Run {
  readonly start: Start;
  readonly edge: Edge;
  readonly node: Node;
  registers: readonly number[];
  deadlineMs: number;
  /** Input ordinal of the last event taken; compared only by edges that see every event. */
  readonly ordinal: number;
  /** Runs that left the same loop with this run's last event and are forgotten when the loop goes on (dominance). */
  exits: readonly Run[] | null;
  dead: boolean;
}

/** What is remembered for one key. */
export interface KeyState {
  readonly key: string;
  readonly values: readonly Value[];
  /** Input events seen so far; only counted by programs that see every event. Starts again when nothing waits. */
  ordinal: number;
  /** Runs by edge id, in the order they came; null: none yet. */
  readonly runs: (Run[] | null)[];
  /** Live runs. */
  runCount: number;
  /** Starts in order of their events; may hold dead ones, which are skipped. */
  starts: Start[];
  liveStarts: number;
  /** For each look-back of the program, the last event that fitted, or null. */
  readonly seen: (EventRecord | null)[];
  /** The last input events, oldest first, for `preceding(n)`; forgotten when the rule's `within` has passed. */
  recent: EventRecord[];
  /** Deadline for which the engine was asked to call `expire`; Infinity: none. */
  armedMs: number;
  changed: boolean;
  /** Does the store have a state of this key? As of the last time that it was encoded or restored. */
  stored: boolean;
}
