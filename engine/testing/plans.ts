/** Plans written by hand for the engine's tests: streams and rules with everything else at its default. */

import type { Expr } from "../../dsl/expr.ts";
import {
  DEFAULT_LIMITS,
  type MatchPlan,
  type RulePlan,
  type RuleSetPlan,
  type StepPlan,
  type StreamPlan,
} from "../../dsl/plan.ts";

export function streamPlan(
  name: string,
  place: number,
  changes: Partial<StreamPlan> = {},
): StreamPlan {
  return {
    name,
    subjects: [`events.${name}.>`],
    place,
    time: { path: ["at"], format: null, zone: null, unit: "ms" },
    delayMs: 0,
    idleMs: 30_000,
    id: null,
    late: "drop",
    fields: null,
    ...changes,
  };
}

const KEY: Expr = { kind: "field", event: { kind: "at hand" }, path: ["k"] };

/** A step on all sources, with a condition on the field `t` or none. */
function step(index: number, sources: number, where: Expr | null): StepPlan {
  return {
    kind: "step",
    label: index,
    index,
    sources: Array.from({ length: sources }, (_, source) => source),
    where,
    each: null,
    having: null,
    quantity: {
      min: 1,
      max: 1,
      optional: false,
      contiguity: "relaxed",
      greedy: false,
      shortest: false,
    },
    until: null,
    withinMs: null,
  };
}

export function pairBody(
  streams: readonly string[],
  withinMs: number,
  where: Expr | null = null,
): MatchPlan {
  const steps = [step(0, streams.length, where), step(1, streams.length, where)];
  return {
    kind: "match",
    mode: "match",
    withinMs,
    gapMs: null,
    sources: streams.map((stream) => ({ stream, filter: null, keys: [KEY], nullable: [false] })),
    labels: ["first", "second"],
    repeated: [false, false],
    sequence: { items: steps.map((element) => ({ link: "then", element })) },
    until: null,
    having: null,
    skip: { kind: "past last" },
  };
}

/** A rule for `PairMatcher`. */
export function rulePlan(
  name: string,
  streams: readonly string[],
  withinMs: number,
  changes: Partial<RulePlan> = {},
): RulePlan {
  return {
    name,
    title: name,
    version: "0123456789abcdef",
    severity: "low",
    mode: "live",
    metadata: [],
    was: null,
    keys: [{ name: "k", nullable: false }],
    streams,
    body: pairBody(streams, withinMs),
    alert: { title: ["pair"], data: null, to: null },
    timeout: null,
    recovered: null,
    exceptions: [],
    once: null,
    limits: DEFAULT_LIMITS,
    ...changes,
  };
}

export function planOf(streams: readonly StreamPlan[], rules: readonly RulePlan[]): RuleSetPlan {
  return { streams, rules, tests: [], lists: [], tables: [] };
}
