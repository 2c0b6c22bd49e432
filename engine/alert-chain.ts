/**
 * Alerts as events of other rules (D-2), within one order group. A group has all streams that its rules read, directly
 * or through the rules below them; a rule below that stands in a group of its own has a hidden copy here, which sees
 * the same events and tells nobody but the rules above it. So no rule waits for another's streams, and what a rule
 * decides depends on its own streams alone.
 *
 * An alert is an event at the millisecond at which it was decided, and comes after all events of streams in that
 * millisecond (a stream has a place before all rules, M-1); of several, those of the rules below come first, then as
 * decided. A rule that reads one rule's alerts and nothing else need not wait for the end of the millisecond: nothing
 * can come before them in its input.
 *
 * Invariants
 *  L1  All alerts that wait are of one millisecond, the group's present one; time does not go on before they were
 *      delivered.
 *  L2  Positions are counted for each rule and group; with the alert's own id they are the same on every restart.
 */

import type { ValueObject } from "../base/value.ts";
import type { RulePlan, StreamPlan } from "../dsl/plan.ts";
import type { Feed } from "./feed.ts";
import { FeedEvent } from "./feed-event.ts";
import type { FeedRegistry } from "./feed-registry.ts";
import type { HoldLog } from "./hold-log.ts";
import type { Alert } from "./outputs.ts";
import type { RuleRunner } from "./rule-runner.ts";

/** The alerts of one rule, and who reads them. */
interface Link {
  readonly stream: StreamPlan;
  /** Rules that read nothing else. */
  readonly atOnce: readonly RuleRunner[];
  readonly later: readonly RuleRunner[];
}

interface Delivery {
  readonly event: FeedEvent;
  readonly link: Link;
}

/** The stream that a rule's alerts make. `place` is behind those of all streams and of the rules below. */
export function alertStream(rule: RulePlan, place: number): StreamPlan {
  return {
    name: rule.name,
    subjects: [],
    place,
    time: null,
    delayMs: 0,
    idleMs: 0,
    id: null,
    late: "drop",
    fields: null,
  };
}

export class AlertChain {
  readonly #group: string;
  readonly #feeds: FeedRegistry;
  readonly #holds: HoldLog;
  readonly #links = new Map<string, Link>();
  readonly #now: Delivery[] = [];
  #waiting: Delivery[] = [];

  /** `group`: names the feeds of this group's alerts. */
  constructor(group: string, feeds: FeedRegistry, holds: HoldLog) {
    this.#group = group;
    this.#feeds = feeds;
    this.#holds = holds;
  }

  /** Who reads the alerts of which rule, from now on. What waits goes to those. */
  relink(
    links: readonly { readonly stream: StreamPlan; readonly readers: readonly RuleRunner[] }[],
  ): void {
    this.#links.clear();
    for (const { stream, readers } of links) {
      const atOnce = readers.filter(({ rule }) => rule.streams.length === 1);
      const later = readers.filter(({ rule }) => rule.streams.length > 1);
      this.#links.set(stream.name, { stream, atOnce, later });
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { event } of waiting) {
      const link = this.#links.get(event.stream);
      if (link === undefined || link.later.length === 0) this.#holds.release(event);
      else this.#waiting.push({ event, link });
    }
  }

  /** The rule reads nothing any more. */
  removeReader(gone: RuleRunner): void {
    const stays = (runner: RuleRunner): boolean => runner !== gone;
    this.relink(
      [...this.#links.values()].map(({ stream, atOnce, later }) => ({
        stream,
        readers: [...atOnce, ...later].filter(stays),
      })),
    );
  }

  /** There are no rules any more: nothing waits. */
  close(): void {
    this.relink([]);
  }

  get isEmpty(): boolean {
    return this.#links.size === 0;
  }

  /** The millisecond of the alerts that wait for its end; Infinity where none does. */
  get waitingMs(): number {
    return this.#waiting[0]?.event.timeMs ?? Number.POSITIVE_INFINITY;
  }

  /** A rule of the group has alerted; `line` is its name today. */
  decided(line: string, alert: Alert, timeMs: number): void {
    const link = this.#links.get(line);
    if (link === undefined) return;
    const feed = this.#feedOf(link);
    const seq = feed.lastSeq + 1;
    feed.lastSeq = seq;
    feed.changed = true;
    const event = new FeedEvent(feed, seq, 0, timeMs, 0, alert.id, dataOf(alert));
    if (link.atOnce.length > 0) this.#now.push({ event, link });
    if (link.later.length === 0) return;
    this.#waiting.push({ event, link });
    this.#holds.hold(event);
  }

  /** Made when there is something to tell: by then a restart has given stored feeds their numbers. */
  #feedOf({ stream }: Link): Feed {
    return this.#feeds.get(stream, this.#group);
  }

  /** Delivers what need not wait, and what comes of it. */
  deliverNow(): void {
    for (let next = this.#now.shift(); next !== undefined; next = this.#now.shift()) {
      for (const runner of next.link.atOnce) runner.offer(next.event);
    }
  }

  /** The millisecond is over: delivers what waited for that, and what comes of it. */
  deliverWaiting(): void {
    for (let next = this.#takeFirst(); next !== undefined; next = this.#takeFirst()) {
      this.#holds.release(next.event);
      for (const runner of next.link.later) runner.offer(next.event);
      this.deliverNow();
    }
  }

  /** The waiting alert of the least place; of one rule, the one decided first. */
  #takeFirst(): Delivery | undefined {
    let first: Delivery | undefined;
    for (const delivery of this.#waiting) {
      if (first === undefined || delivery.event.place < first.event.place) first = delivery;
    }
    this.#waiting = this.#waiting.filter((delivery) => delivery !== first);
    return first;
  }

  /** Takes back a stored event that waited here. Alerts are stored in the order of their positions. */
  restore(event: FeedEvent): void {
    const link = this.#links.get(event.stream);
    if (link === undefined || event.feed !== this.#group || link.later.length === 0) return;
    this.#waiting.push({ event, link });
    this.#holds.hold(event);
  }
}

/** The data of the alert, and `rule`, `severity`, `key`. */
function dataOf({ data, rule, severity, key }: Alert): ValueObject {
  return { ...data, rule, severity, key };
}
