/**
 * The id of an alert: the same for the same rule version, key and events by step on every replay and machine.
 * For absence the deadline takes part too: a silence may have no event of its own. Positions, feeds and the order in
 * which alerts are decided do not take part.
 */

import { sha256Hex } from "../base/hash.ts";
import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan } from "../dsl/plan.ts";
import type { Match } from "../nfa/matcher.ts";

/** Changes when the text below does. */
const FORMAT = "alert/1";
const ID_DIGITS = 32;

export function alertId(rule: RulePlan, match: Match): string {
  const steps = new Map<number, Value[]>();
  for (const { step, event } of match.taken) {
    const identity: Value = [event.stream, event.id];
    const known = steps.get(step);
    if (known === undefined) steps.set(step, [identity]);
    else known.push(identity);
  }
  const bySteps: Value = [...steps.entries()].sort(([a], [b]) => a - b);
  const deadline = match.kind === "timeout" ? match.decidedMs : null;
  const parts: Value = [FORMAT, rule.name, rule.version, match.kind, match.keys, bySteps, deadline];
  return sha256Hex(stringifyJson(parts)).slice(0, ID_DIGITS);
}
