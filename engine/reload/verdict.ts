/** What a reload does to each rule, as data: made before it takes place, shown, and then carried out as it stands. */

import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";

/**
 * same     nothing changed
 * keep     partial matches go on under the new version
 * drain    the old version finishes what it began and begins nothing, the new one starts afresh
 * reset    the state is dropped, the new version starts afresh
 * replay   the state is dropped, and the new version is given one that was rebuilt from history
 * new      there was no such rule, or it was off
 * removed  there is no such rule any more, or it is off
 */
export type Verdict = "same" | "keep" | "drain" | "reset" | "replay" | "new" | "removed";

/** What an author or operator may ask for. One that is weaker than what is safe is refused. */
export type Choice = "keep" | "drain" | "reset" | "replay";

export interface RuleVerdict {
  /** The name in the next set; of a rule that is removed, in the current one. */
  readonly rule: string;
  /** Its name in the current set, where that is another one. */
  readonly was: string | null;
  /** Versions in the current and in the next set; null where it does not run there. */
  readonly before: string | null;
  readonly after: string | null;
  readonly verdict: Verdict;
  /** Clauses in plain words. */
  readonly reasons: readonly string[];
  /** How much history a warm start takes, in ms of event time; Infinity: all there is. Null where none is of use. */
  readonly historyMs: number | null;
}

/** A version that finishes what it began. */
export interface DrainingVersion {
  readonly plan: RulePlan;
  /** The rule's name today. */
  readonly rule: string;
  readonly version: string;
  /** The rule's time at the reload that ended it. */
  readonly sinceMs: number;
  /** Starts, windows or keys that are still open, over all its copies. */
  readonly open: number;
  /** Streams of its order groups. */
  readonly streams: readonly string[];
}

export interface ReloadPlan {
  readonly current: RuleSetPlan;
  readonly next: RuleSetPlan;
  /** By name, removed rules among them. */
  readonly rules: readonly RuleVerdict[];
  /** Choices that are weaker than what is safe; the verdict stands as it is. */
  readonly refused: readonly {
    readonly rule: string;
    readonly choice: Choice;
    readonly reason: string;
  }[];
  /** Versions that drain already and end with this reload. */
  readonly ended: readonly {
    readonly rule: string;
    readonly version: string;
    readonly reason: string;
  }[];
}
