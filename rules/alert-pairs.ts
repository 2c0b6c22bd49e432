/**
 * Which alerts of two rules speak of the same thing: a rule that is live, and its next version in the shadow beside it.
 *
 * An alert has at most one partner. Partners are of one sort (something found, a timeout, a recovery) and have the same
 * key, as far as both rules have key parts of the same names. Among those, an alert's partner is
 *   1. the one that names the most events that it names too, by their places in the streams, or else, of what is left,
 *   2. one that overlaps with it in time: from its first event to its decision.
 * Of equals, it is the one decided nearest in time, then the first. The later list chooses, in its order.
 */

import { stringifyJson } from "../base/json.ts";
import { property } from "../base/value.ts";
import type { Alert } from "../engine/outputs.ts";

export interface AlertPair {
  readonly before: Alert;
  readonly after: Alert;
  /** Events that both name; 0 where only their times overlap. */
  readonly common: number;
}

/** Each list in the order given. */
export interface PairedAlerts {
  readonly pairs: readonly AlertPair[];
  readonly onlyBefore: readonly Alert[];
  readonly onlyAfter: readonly Alert[];
}

/** Pairs alerts of one rule with those of another. Cost: the events that they name, and how many alerts name each. */
export function pairAlerts(before: readonly Alert[], after: readonly Alert[]): PairedAlerts {
  const shared = sharedKeys(before, after);
  const pool = new Pool(before, shared);
  const partners = new Map<Alert, AlertPair>();
  for (const alert of after) {
    const found = pool.byEvents(alert);
    if (found !== null) partners.set(alert, found);
  }
  for (const alert of after) {
    const found = partners.has(alert) ? null : pool.byTime(alert);
    if (found !== null) partners.set(alert, found);
  }
  return {
    pairs: after.flatMap((alert) => partners.get(alert) ?? []),
    onlyBefore: before.filter((alert) => pool.isFree(alert)),
    onlyAfter: after.filter((alert) => !partners.has(alert)),
  };
}

/** Names of key parts that both rules have, in the order of the first. */
function sharedKeys(before: readonly Alert[], after: readonly Alert[]): readonly string[] {
  const others = new Set(after.flatMap(({ key }) => Object.keys(key)));
  const own = new Set(before.flatMap(({ key }) => Object.keys(key)));
  return [...own].filter((name) => others.has(name));
}

/** Alerts that have no partner yet. */
class Pool {
  readonly #shared: readonly string[];
  readonly #free: Set<Alert>;
  /** In the order of their decisions. */
  readonly #bySubject = new Map<string, Alert[]>();
  readonly #byEvent = new Map<string, Alert[]>();

  constructor(alerts: readonly Alert[], shared: readonly string[]) {
    this.#shared = shared;
    this.#free = new Set(alerts);
    for (const alert of alerts) {
      const subject = this.#subjectOf(alert);
      addTo(this.#bySubject, subject, alert);
      for (const place of placesOf(alert)) addTo(this.#byEvent, `${subject} ${place}`, alert);
    }
  }

  isFree(alert: Alert): boolean {
    return this.#free.has(alert);
  }

  byEvents(alert: Alert): AlertPair | null {
    const counts = new Map<Alert, number>();
    const subject = this.#subjectOf(alert);
    for (const place of placesOf(alert)) {
      for (const other of this.#byEvent.get(`${subject} ${place}`) ?? []) {
        if (this.#free.has(other)) counts.set(other, (counts.get(other) ?? 0) + 1);
      }
    }
    return this.#take(alert, counts);
  }

  byTime(alert: Alert): AlertPair | null {
    const counts = new Map<Alert, number>();
    for (const other of this.#bySubject.get(this.#subjectOf(alert)) ?? []) {
      if (this.#free.has(other) && overlap(alert, other)) counts.set(other, 0);
    }
    return this.#take(alert, counts);
  }

  #take(alert: Alert, candidates: ReadonlyMap<Alert, number>): AlertPair | null {
    let best: AlertPair | null = null;
    for (const [before, common] of candidates) {
      const pair: AlertPair = { before, after: alert, common };
      if (best === null || isBetter(pair, best)) best = pair;
    }
    if (best !== null) this.#free.delete(best.before);
    return best;
  }

  #subjectOf({ kind, key }: Alert): string {
    const sort = kind === "timeout" || kind === "recovered" ? kind : "found";
    return stringifyJson([sort, ...this.#shared.map((name) => property(key, name))]);
  }
}

function isBetter(a: AlertPair, b: AlertPair): boolean {
  if (a.common !== b.common) return a.common > b.common;
  return distanceMs(a) < distanceMs(b);
}

function distanceMs({ before, after }: AlertPair): number {
  return Math.abs(Date.parse(after.time) - Date.parse(before.time));
}

function overlap(a: Alert, b: Alert): boolean {
  return Date.parse(a.start) <= Date.parse(b.time) && Date.parse(b.start) <= Date.parse(a.time);
}

/** The events that an alert names, each once. */
function placesOf({ events }: Alert): ReadonlySet<string> {
  const places = new Set<string>();
  for (const shown of Object.values(events)) {
    for (const { stream, seq, index = 0 } of shown) places.add(`${stream} ${seq} ${index}`);
  }
  return places;
}

function addTo(lists: Map<string, Alert[]>, name: string, alert: Alert): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [alert]);
  else list.push(alert);
}
