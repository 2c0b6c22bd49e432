/**
 * The version of a rule: a hash of its meaning. Alerts carry it, and their ids depend on it, so it changes when
 * the rule can behave or speak otherwise, and only then: not with comments, white space, or other rules.
 */

import { sha256Hex } from "../base/hash.ts";
import { canonicalText } from "./canonical.ts";
import type { RulePlan, StreamPlan } from "./plan.ts";

/** 16 hexadecimal digits over the rule without its version, and over the streams that it reads without their places. */
export function ruleVersion(
  rule: Omit<RulePlan, "version" | "exceptions">,
  streams: readonly StreamPlan[],
): string {
  const read = streams
    .filter((stream) => rule.streams.includes(stream.name))
    .map(({ place: _, ...stream }) => stream);
  return sha256Hex(canonicalText({ rule, streams: read })).slice(0, 16);
}
