/**
 * An order group: the rules that read the same set of streams, directly or through the alerts of other rules, share one
 * order of events and deadlines (M-1, T-5).
 * It holds events back until nothing can come before them (T-1), and fires the rules' deadlines between them.
 *
 * The frontier is the place in the order before which nothing can come any more: the least of the watermarks of the
 * feeds that hold time back, with the feed's own place. An event up to the frontier goes; a deadline strictly before
 * the frontier's millisecond fires.
 *
 * Invariants
 *  G1  The frontier never goes back. What a woken feed brings from before it is late for this group (T-2).
 *  G2  Everything in the buffer is beyond the frontier between two calls.
 *  G3  Events are offered in the order of `compareEvents`; before an event at t all deadlines before t were fired.
 */

import { compareText } from "../base/value.ts";
import type { AlertChain } from "./alert-chain.ts";
import { EventBuffer } from "./event-buffer.ts";
import type { Feed } from "./feed.ts";
import type { FeedEvent } from "./feed-event.ts";
import type { HoldLog } from "./hold-log.ts";
import type { RuleIndex } from "./rule-index.ts";
import type { RuleClock, RuleRunner } from "./rule-runner.ts";
import { TimerQueue } from "./timer-queue.ts";

/** A place in the order of events: an event there or before it sorts no later. */
export interface Frontier {
  timeMs: number;
  timeFrac: number;
  place: number;
  feed: string;
}

/** Position of the last event offered: what sorts before it can no longer be taken. */
export interface Position {
  readonly timeMs: number;
  readonly timeFrac: number;
  readonly place: number;
  readonly feed: string;
  readonly seq: number;
  readonly index: number;
}

const BEFORE_ALL_FEEDS = -1;
const AFTER_ALL_FEEDS = Number.MAX_SAFE_INTEGER;

export class OrderGroup implements RuleClock {
  /** The streams' names, in the order of their places. */
  readonly streams: readonly string[];
  readonly timers = new TimerQueue();
  nowMs = Number.NEGATIVE_INFINITY;
  readonly frontier: Frontier = {
    timeMs: Number.NEGATIVE_INFINITY,
    timeFrac: 0,
    place: BEFORE_ALL_FEEDS,
    feed: "",
  };
  last: Position | null = null;
  /** Changed since it was last stored. */
  changed = true;

  #runners: readonly RuleRunner[] = [];
  /** By the stream's place. */
  #indexes: readonly (RuleIndex | undefined)[] = [];
  /** Alerts as events of other rules; null where no rule reads any. */
  #chain: AlertChain | null = null;
  readonly #feeds: Feed[] = [];
  readonly #buffer: EventBuffer;
  readonly #holds: HoldLog;
  /** Whether anything was offered or fired since `takeActed`. */
  #acted = false;
  /** Do the rules know a time? */
  #begun = false;

  /** `delayMs`: the longest delay of its streams. */
  constructor(streams: readonly string[], delayMs: number, holds: HoldLog) {
    this.streams = streams;
    this.#buffer = new EventBuffer(delayMs);
    this.#holds = holds;
  }

  /** The group's rules in ascending order of names, the rule index of each stream by its place, and their alerts. */
  setRules(
    runners: readonly RuleRunner[],
    indexes: readonly (RuleIndex | undefined)[],
    chain: AlertChain,
  ): void {
    this.#runners = runners;
    this.#indexes = indexes;
    this.#chain = chain.isEmpty ? null : chain;
  }

  get runners(): readonly RuleRunner[] {
    return this.#runners;
  }

  addFeed(feed: Feed): void {
    this.#feeds.push(feed);
  }

  /**
   * Takes the next event of a feed, whose watermark has moved already. False where it is late for this group:
   * below a time that its rules have passed, or before an event that they were offered.
   */
  accept(event: FeedEvent, feed: Feed): boolean {
    if (event.timeMs <= this.frontier.timeMs && this.#isPast(event)) return false;
    this.changed = true;
    if (this.#feeds.length === 1 && feed.stream.delayMs === 0 && this.#buffer.size === 0) {
      this.#raiseFrontier(event.timeMs, event.timeFrac, event.place, event.feed);
      this.#step(event);
      return true;
    }
    this.#moveFrontier();
    if (this.#buffer.size === 0 && this.#isReleasable(event)) this.#step(event);
    else this.#hold(event);
    this.#release();
    return true;
  }

  #isPast(event: FeedEvent): boolean {
    if (event.timeMs < this.frontier.timeMs) return true;
    return this.last !== null && comparePositions(event, this.last) <= 0;
  }

  /** The time at which a late event is taken where the stream accepts late ones: the rules' current time. */
  currentTime(): { readonly timeMs: number; readonly timeFrac: number } {
    const { timeMs, timeFrac } = this.frontier;
    const { last } = this;
    if (last === null || last.timeMs < timeMs)
      return { timeMs, timeFrac: timeFrac < 1 ? timeFrac : 0 };
    return { timeMs: last.timeMs, timeFrac: last.timeFrac };
  }

  /** Takes an event at the rules' current time, which its own time already is. */
  acceptLate(event: FeedEvent): void {
    this.changed = true;
    this.#step(event);
  }

  #hold(event: FeedEvent): void {
    this.#buffer.push(event);
    this.#holds.hold(event);
  }

  /** Puts a restored event back; it was beyond the frontier when it was stored, or it is of no use to this group. */
  restoreHeld(event: FeedEvent): void {
    if (!this.#isReleasable(event)) this.#hold(event);
  }

  /** Puts a restored alert back that waits for the end of its millisecond. */
  restoreAlert(event: FeedEvent): void {
    this.#chain?.restore(event);
  }

  #isReleasable(event: FeedEvent): boolean {
    const { timeMs, timeFrac, place, feed } = this.frontier;
    return (
      comparePlaces(
        event.timeMs,
        event.timeFrac,
        event.place,
        event.feed,
        timeMs,
        timeFrac,
        place,
        feed,
      ) <= 0
    );
  }

  /** Recomputes the frontier from the feeds that hold time back, and lets go what it has passed. */
  followFeeds(): void {
    this.changed = true;
    this.#moveFrontier();
    this.#release();
  }

  #moveFrontier(): void {
    let least: Feed | null = null;
    let ended = this.#feeds.length > 0;
    for (const feed of this.#feeds) {
      if (!feed.ended) ended = false;
      if (feed.active && (least === null || isBefore(feed, least))) least = feed;
    }
    if (least !== null) {
      const { stream, name, watermarkMs, highestFrac } = least;
      this.#raiseFrontier(watermarkMs, highestFrac, stream.place, name);
    } else if (ended) {
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const feed of this.#feeds) lastMs = Math.max(lastMs, feed.watermarkMs);
      this.#raiseFrontier(lastMs, 1, AFTER_ALL_FEEDS, "");
    }
  }

  /** T-4: with all feeds idle, time follows the wall clock less the greatest delay. Ended feeds alone do not follow it. */
  tick(wallMs: number): void {
    let delayMs = Number.NEGATIVE_INFINITY;
    for (const feed of this.#feeds) {
      if (feed.active) return;
      if (!feed.ended) delayMs = Math.max(delayMs, feed.stream.delayMs);
    }
    const timeMs = wallMs - delayMs;
    if (delayMs < 0 || timeMs <= this.frontier.timeMs) return;
    this.changed = true;
    this.#raiseFrontier(timeMs, 0, BEFORE_ALL_FEEDS, "");
    this.#release();
    this.#beginAt(timeMs);
    this.#release();
  }

  /** Lets time run on until nothing waits. */
  flush(): void {
    this.changed = true;
    for (let event = this.#buffer.peek(); event !== undefined; event = this.#buffer.peek()) {
      this.#raiseFrontier(event.timeMs, event.timeFrac, event.place, event.feed);
      this.#release();
    }
    for (let nextMs = this.#nextMs(); nextMs < Number.POSITIVE_INFINITY; nextMs = this.#nextMs()) {
      this.#raiseFrontier(nextMs + 1, 0, BEFORE_ALL_FEEDS, "");
      this.#release();
    }
  }

  /** The rules' time is at least `timeMs`, whatever the feeds say. */
  advance(timeMs: number): void {
    this.changed = true;
    this.#moveFrontier();
    this.#raiseFrontier(timeMs, 0, BEFORE_ALL_FEEDS, "");
    this.#release();
    this.#beginAt(timeMs);
    this.#release();
  }

  /**
   * The rules' time begins with their first event: that does not depend on the arrival of others. It begins with a
   * given time only where no event was before it.
   */
  #beginAt(timeMs: number): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const runner of this.#runners) if (runner.matcher.begin(timeMs)) this.#acted = true;
  }

  #raiseFrontier(timeMs: number, timeFrac: number, place: number, feed: string): void {
    const f = this.frontier;
    if (comparePlaces(timeMs, timeFrac, place, feed, f.timeMs, f.timeFrac, f.place, f.feed) <= 0)
      return;
    f.timeMs = timeMs;
    f.timeFrac = timeFrac;
    f.place = place;
    f.feed = feed;
  }

  #release(): void {
    for (;;) {
      const event = this.#buffer.peek();
      if (event === undefined || !this.#isReleasable(event)) break;
      this.#buffer.pop();
      this.#holds.release(event);
      this.#step(event);
    }
    const { timeMs, timeFrac } = this.frontier;
    if (this.#nextMs() < timeMs) this.#runUpTo(timeMs);
    // At the end of all feeds nothing more comes in the last millisecond.
    if (timeFrac >= 1 && this.#chain?.waitingMs === timeMs) this.#deliverWaiting(this.#chain);
  }

  #step(event: FeedEvent): void {
    if (!this.#begun) this.#beginAt(event.timeMs);
    if (this.#nextMs() < event.timeMs) this.#runUpTo(event.timeMs);
    this.nowMs = event.timeMs;
    this.last = event;
    this.#acted = true;
    this.#indexes[event.place]?.offer(event);
    this.#chain?.deliverNow();
  }

  /** The time of what is next beside the events of streams: a deadline, or alerts that are events. */
  #nextMs(): number {
    const { nextMs } = this.timers;
    return this.#chain === null ? nextMs : Math.min(nextMs, this.#chain.waitingMs);
  }

  /** Everything before a time: at each instant the alerts first, for they are events, then the deadlines (T-5). */
  #runUpTo(timeMs: number): void {
    while (this.#nextMs() < timeMs) {
      if (this.#chain !== null && this.#chain.waitingMs <= this.timers.nextMs)
        this.#deliverWaiting(this.#chain);
      else this.#fireNext();
    }
  }

  #deliverWaiting(chain: AlertChain): void {
    this.#acted = true;
    chain.deliverWaiting();
  }

  #fireNext(): void {
    const { deadlineMs, rule, key } = this.timers.pop();
    if (deadlineMs > this.nowMs) this.nowMs = deadlineMs;
    this.#acted = true;
    this.#runners[rule]?.expire(key, deadlineMs);
    this.#chain?.deliverNow();
  }

  /** Whether anything was offered or fired since the last call. */
  takeActed(): boolean {
    const acted = this.#acted;
    this.#acted = false;
    return acted;
  }
}

function isBefore(a: Feed, b: Feed): boolean {
  return (
    comparePlaces(
      a.watermarkMs,
      a.highestFrac,
      a.stream.place,
      a.name,
      b.watermarkMs,
      b.highestFrac,
      b.stream.place,
      b.name,
    ) < 0
  );
}

function comparePositions(a: Position, b: Position): number {
  const order = comparePlaces(
    a.timeMs,
    a.timeFrac,
    a.place,
    a.feed,
    b.timeMs,
    b.timeFrac,
    b.place,
    b.feed,
  );
  return order || a.seq - b.seq || a.index - b.index;
}

function comparePlaces(
  aMs: number,
  aFrac: number,
  aPlace: number,
  aFeed: string,
  bMs: number,
  bFrac: number,
  bPlace: number,
  bFeed: string,
): number {
  if (aMs !== bMs) return aMs < bMs ? -1 : 1;
  return aFrac - bFrac || aPlace - bPlace || (aFeed === bFeed ? 0 : compareText(aFeed, bFeed));
}
