/** What a caller may set when it creates an engine; everything has a default. */

import type { RulePlan } from "../dsl/plan.ts";
import type { DataSource } from "../nfa/history.ts";
import type { Matcher, MatcherHost, MatcherOptions } from "../nfa/matcher.ts";
import type { RuleMeter } from "./rule-runner.ts";

/** Limits of events and alerts (delivery, "Backpressure"); those of matching are the rule's own. */
export interface EngineLimits {
  /** Size of an event's JSON text in bytes, where the caller tells it. */
  readonly eventBytes: number;
  /** Objects and lists within each other. */
  readonly eventDepth: number;
  /** Named properties, over all levels. */
  readonly eventFields: number;
  /** Size of an alert's JSON text in bytes: evidence is left out until it fits. */
  readonly alertBytes: number;
  /** Of the events of each step, so many are shown from the front, and as many from the back. */
  readonly evidencePerSide: number;
}

export const DEFAULT_ENGINE_LIMITS: EngineLimits = {
  eventBytes: 65_536,
  eventDepth: 32,
  eventFields: 512,
  alertBytes: 65_536,
  evidencePerSide: 50,
};

/** Makes the matcher of a rule. */
export type MatcherFactory = (
  rule: RulePlan,
  host: MatcherHost,
  options: MatcherOptions,
) => Matcher;

/** With fewer rules, hardly two ask for the same field of an event. */
export const MEMO_RULES = 8;

export interface EngineOptions {
  /** Default true: conditions run as generated code where the host allows it. */
  readonly codegen?: boolean;
  /** Do conditions share what they read of an event? By default where there are at least `MEMO_RULES` rules. */
  readonly memo?: boolean;
  /** Default true. False offers every event of a stream to every rule of it: the plain form, with the same results. */
  readonly index?: boolean;
  readonly limits?: Partial<EngineLimits>;
  /** Lists and tables. Default: the plan's literal lists; what stands in files is empty. */
  readonly data?: DataSource;
  /** Default: the tier that the compiler chose. */
  readonly createMatcher?: MatcherFactory;
  /**
   * Plans of old versions that may still drain (reload/), as `Engine.draining` named them. One that has finished is
   * passed over; one that is missing here is dropped with its state, and counted.
   */
  readonly draining?: readonly RulePlan[];
  /** Told how the time of each rule passes. Default: nobody asks. */
  readonly meter?: RuleMeter | null;
}
