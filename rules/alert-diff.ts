/**
 * What another version of the rules does to the alerts over the same events: which are added, which are gone, and which
 * say something else. An alert's `id` cannot tell, for it holds the rule's version.
 *
 * Two alerts are the same where rule, kind, key, instant and everything they say are equal, evidence by position
 * included. Of what is left, an alert has changed where one of the same rule, kind and key has the same evidence, or else
 * was decided at the same instant; the rest was added or removed. A rule that was renamed (`was`) is compared under its
 * new name.
 */

import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan } from "../dsl/plan.ts";
import type { Alert } from "../engine/outputs.ts";

/** What can differ between two alerts of one rule, kind and key. */
const ASPECTS = [
  "time",
  "severity",
  "mode",
  "title",
  "data",
  "start",
  "end",
  "suppressed",
  "events",
] as const;
export type AlertAspect = (typeof ASPECTS)[number];

export interface ChangedAlert {
  readonly before: Alert;
  readonly after: Alert;
  /** What differs, never empty. */
  readonly aspects: readonly AlertAspect[];
}

/** Each list in the order of the alerts that it speaks of. */
export interface AlertDiff {
  readonly same: number;
  readonly added: readonly Alert[];
  readonly removed: readonly Alert[];
  readonly changed: readonly ChangedAlert[];
}

/** Compares the alerts of two rule sets over the same events. Costs what sorting them into groups costs. */
export function diffAlerts(
  before: readonly Alert[],
  after: readonly Alert[],
  rules: readonly Pick<RulePlan, "name" | "was">[],
): AlertDiff {
  const renamed = new Map(rules.flatMap(({ name, was }) => (was === null ? [] : [[was, name]])));
  const subject = ({ rule, kind, key }: Alert): string =>
    stringifyJson([renamed.get(rule) ?? rule, kind, key]);
  const exact = pair(before, after, (alert) =>
    [subject(alert), ...ASPECTS.map((aspect) => aspectText(alert, aspect))].join("\n"),
  );
  const sameEvidence = pair(
    exact.left,
    exact.right,
    (alert) => `${subject(alert)}\n${aspectText(alert, "events")}`,
  );
  const sameInstant = pair(
    sameEvidence.left,
    sameEvidence.right,
    (alert) => `${subject(alert)}\n${alert.time}`,
  );
  const changed = [...sameEvidence.pairs, ...sameInstant.pairs];
  const place = new Map(after.map((alert, index) => [alert, index]));
  const placeOf = ([, alert]: readonly [Alert, Alert]): number => place.get(alert) ?? 0;
  return {
    same: exact.pairs.length,
    added: sameInstant.right,
    removed: sameInstant.left,
    changed: changed
      .sort((a, b) => placeOf(a) - placeOf(b))
      .map(([one, other]) => ({
        before: one,
        after: other,
        aspects: ASPECTS.filter((aspect) => aspectText(one, aspect) !== aspectText(other, aspect)),
      })),
  };
}

function aspectText(alert: Alert, aspect: AlertAspect): string {
  if (aspect !== "events") return stringifyJson(alert[aspect]);
  const places = Object.entries(alert.events).map(
    ([step, events]): Value => [
      step,
      ...events.map(({ stream, seq, index = 0 }): Value => [stream, seq, index]),
    ],
  );
  return stringifyJson([...places, alert.truncated]);
}

interface Pairing {
  readonly pairs: readonly (readonly [Alert, Alert])[];
  readonly left: readonly Alert[];
  readonly right: readonly Alert[];
}

/** Pairs alerts of equal identity in their order; gives the pairs in the order of the right side, and what is left. */
function pair(
  left: readonly Alert[],
  right: readonly Alert[],
  nameOf: (alert: Alert) => string,
): Pairing {
  const waiting = new Map<string, Alert[]>();
  for (const alert of left) {
    const name = nameOf(alert);
    const others = waiting.get(name);
    if (others === undefined) waiting.set(name, [alert]);
    else others.push(alert);
  }
  const pairs: (readonly [Alert, Alert])[] = [];
  const rest: Alert[] = [];
  const taken = new Set<Alert>();
  for (const alert of right) {
    const partner = waiting.get(nameOf(alert))?.shift();
    if (partner === undefined) rest.push(alert);
    else {
      pairs.push([partner, alert]);
      taken.add(partner);
    }
  }
  return { pairs, left: left.filter((alert) => !taken.has(alert)), right: rest };
}
