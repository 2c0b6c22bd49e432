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
 *  L1  Alerts that wait are of the group's present millisecond, or decided by a deadline for the one after it (a window
 *      that closes there); time does not go on before they were delivered, in the order of time, place and position.
 *  L2  Positions are counted for each rule and group; with the alert's own id they are the same on every restart.
 */

import type { ValueObject } from "../base/value.ts";
import type { RulePlan, StreamPlan } from "../dsl/plan.ts";
import type { Feed } from "./feed.ts";
import { FeedEvent } from "./feed-event.ts";
import type { FeedRegistry } from "./feed-registry.ts";
import { Heap } from "./heap.ts";
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

/** Of several rules below, the first in the chain comes first; of one rule, what it decided first. */
function compareDeliveries({ event: a }: Delivery, { event: b }: Delivery): number {
  return a.timeMs - b.timeMs || a.place - b.place || a.seq - b.seq;
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
  /** To deliver before anything else happens. */
  readonly #now: Delivery[] = [];
  /** Those that need not wait for the end of their millisecond, but for its beginning. Empty between two calls. */
  #ahead: Delivery[] = [];
  #waiting = new Heap<Delivery>(compareDeliveries);
  /** By name of a rule, the last position of a version of it among the group's rules. */
  readonly #positions = new Map<string, number>();

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
    const stays: Delivery[] = [];
    for (const { event } of this.#waiting.items()) {
      const link = this.#links.get(event.stream);
      if (link === undefined || link.later.length === 0) this.#holds.release(event);
      else stays.push({ event, link });
    }
    this.#waiting = new Heap(compareDeliveries, stays);
  }

  /** The group's rules have their positions. */
  follow(runners: readonly RuleRunner[]): void {
    this.#positions.clear();
    for (const { line, position } of runners) {
      this.#positions.set(line, Math.max(position, this.#positions.get(line) ?? position));
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

  /** The first millisecond of alerts that wait for its end; Infinity where none does. */
  get waitingMs(): number {
    return this.#waiting.peek()?.event.timeMs ?? Number.POSITIVE_INFINITY;
  }

  /** The position of the rule whose alert is the first that waits; there must be one. */
  get waitingPosition(): number {
    return this.#positions.get(this.#waiting.peek()?.event.stream ?? "") ?? -1;
  }

  /** The millisecond of the alerts that wait for its beginning; Infinity where none does. */
  get aheadMs(): number {
    return this.#ahead[0]?.event.timeMs ?? Number.POSITIVE_INFINITY;
  }

  /** A rule of the group has alerted; `line` is its name today, `nowMs` the group's time. */
  decided(line: string, alert: Alert, timeMs: number, nowMs: number): void {
    const link = this.#links.get(line);
    if (link === undefined) return;
    const feed = this.#feedOf(link);
    const seq = feed.lastSeq + 1;
    feed.lastSeq = seq;
    feed.changed = true;
    const event = new FeedEvent(feed, seq, 0, timeMs, 0, alert.id, dataOf(alert));
    if (link.atOnce.length > 0) {
      if (timeMs > nowMs) this.#ahead.push({ event, link });
      else this.#now.push({ event, link });
    }
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

  /** The millisecond begins that alerts were decided for: delivers those that wait for nothing else. */
  deliverAhead(): void {
    const ahead = this.#ahead;
    this.#ahead = [];
    for (const delivery of ahead) {
      this.#now.push(delivery);
      this.deliverNow();
    }
  }

  /** Nothing comes any more before the first alert that waits: delivers it, and what comes of it at once. */
  deliverNext(): void {
    const next = this.#waiting.pop();
    if (next === undefined) return;
    this.#holds.release(next.event);
    for (const runner of next.link.later) runner.offer(next.event);
    this.deliverNow();
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
