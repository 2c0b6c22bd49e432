/**
 * The id of an alert: the same for the same rule version, key and events by step on every replay and machine.
 * For absence the deadline takes part too, for a silence may have no event of its own; and so does the time at which a
 * window was found that has none, or more than it keeps. Positions, feeds and the order in
 * which alerts are decided do not take part.
 */

import type { EventRecord } from "../base/event.ts";
import { sha256Hex } from "../base/hash.ts";
import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan } from "../dsl/plan.ts";
import type { Match } from "../nfa/matcher.ts";
import { FeedEvent } from "./feed-event.ts";

/** Changes when the text below does. */
const FORMAT = "alert/1";
const ID_DIGITS = 32;

export function alertId(rule: RulePlan, match: Match): string {
  const steps = new Map<number, Value[]>();
  for (const { step, event } of match.taken) {
    const identity: Value = isNamed(event)
      ? [event.stream, event.id, event.timeMs]
      : [event.stream, event.id];
    const known = steps.get(step);
    if (known === undefined) steps.set(step, [identity]);
    else known.push(identity);
  }
  const bySteps: Value = [...steps.entries()].sort(([a], [b]) => a - b);
  const decidedMs = isNamedByTime(match) ? match.decidedMs : null;
  // Behind the key stand values that the matcher computed.
  const keys = match.keys.slice(0, rule.keys.length);
  const parts: Value = [FORMAT, rule.name, rule.version, match.kind, keys, bySteps, decidedMs];
  return sha256Hex(stringifyJson(parts)).slice(0, ID_DIGITS);
}

/** Has the event an id of its own? After a while the id may come again, and is another event (D-1). */
function isNamed(event: EventRecord): boolean {
  return event instanceof FeedEvent && event.givenId !== null;
}

function isNamedByTime({ kind, taken, untold }: Match): boolean {
  if (kind === "window") return taken.length === 0 || untold > 0;
  return kind === "timeout" || kind === "missing";
}
