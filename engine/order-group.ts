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
 *  G4  Between two events its rules, their index and the places of streams may be replaced (reload/). Its time and what
 *      waits here stay.
 */

import { assert } from "../base/assert.ts";
import type { EventRecord } from "../base/event.ts";
import { AlertChain } from "./alert-chain.ts";
import { EventBuffer } from "./event-buffer.ts";
import type { Feed } from "./feed.ts";
import type { FeedEvent } from "./feed-event.ts";
import type { FeedRegistry } from "./feed-registry.ts";
import type { HoldLog } from "./hold-log.ts";
import { comparePlaces, comparePositions, isBefore, type Position } from "./place-order.ts";
import type { RuleIndex } from "./rule-index/rule-index.ts";
import type { RuleClock, RuleRunner } from "./rule-runner.ts";
import { TimerQueue } from "./timer-queue.ts";

/** A place in the order of events: an event there or before it sorts no later. */
export interface Frontier {
  timeMs: number;
  timeFrac: number;
  place: number;
  feed: string;
}

/** Keys in the store whose deadlines may report something, and which are restored before time passes those. */
export interface StoredDeadlines {
  /** Restores all keys that may wait for a deadline up to this one; gives the next that others may wait for. */
  restoreUpTo(deadlineMs: number): number;
}

const BEFORE_ALL_FEEDS = -1;
const AFTER_ALL_FEEDS = Number.MAX_SAFE_INTEGER;

export class OrderGroup implements RuleClock {
  /** The streams' names, sorted as texts. */
  readonly streams: readonly string[];
  /** Stands for the group wherever it is named. */
  readonly name: string;
  /** The alerts of its rules as events of others of them. */
  readonly chain: AlertChain;
  readonly timers = new TimerQueue<RuleRunner>();
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
  #drains = false;
  /** By the stream's place. */
  #indexes: readonly (RuleIndex | undefined)[] = [];
  /** Null where no rule reads the alerts of another. */
  #chain: AlertChain | null = null;
  readonly #feeds: Feed[] = [];
  readonly #delayMs: number;
  #buffer: EventBuffer;
  readonly #holds: HoldLog;
  /** Whether anything was offered, or a deadline fired that decides something, since `takeActed`. */
  #acted = false;
  /** Do the rules know a time? */
  #begun = false;

  /** Null: all keys are restored. */
  #stored: StoredDeadlines | null = null;

  /** `delayMs`: the longest delay of its streams. */
  constructor(streams: readonly string[], delayMs: number, holds: HoldLog, feeds: FeedRegistry) {
    this.streams = streams;
    this.name = streams.join("\n");
    this.chain = new AlertChain(this.name, feeds, holds);
    this.#delayMs = delayMs;
    this.#buffer = new EventBuffer(delayMs);
    this.#holds = holds;
  }

  /**
   * The group's rules in the order of their chain (GroupPlan), and the rule index of each stream by its place. The
   * links of its chain were set before. Deadlines of rules that are no more go with them.
   */
  setRules(runners: readonly RuleRunner[], indexes: readonly (RuleIndex | undefined)[]): void {
    const present = new Set(runners);
    let settled = this.#runners.every((runner) => present.has(runner) || !runner.hasTimers);
    let before = -1;
    const known = new Set(this.#runners);
    for (const [position, runner] of runners.entries()) {
      if (known.has(runner)) {
        if (runner.position < before) settled = false;
        before = runner.position;
      }
      runner.position = position;
    }
    this.#runners = runners;
    this.#drains = runners.some(({ drainedMs }) => drainedMs !== null);
    this.#indexes = indexes;
    this.#chain = this.chain.isEmpty ? null : this.chain;
    this.chain.follow(runners);
    this.#begun = false;
    if (!settled) this.timers.settle((runner) => present.has(runner));
  }

  /** The rule has nothing to do any more. */
  removeRule(gone: RuleRunner): void {
    for (const index of this.#indexes) index?.remove(gone);
    this.chain.removeReader(gone);
    this.#runners = this.#runners.filter((runner) => runner !== gone);
    this.#drains = this.#runners.some(({ drainedMs }) => drainedMs !== null);
    if (gone.hasTimers) this.timers.settle((runner) => runner !== gone);
  }

  /** Streams have other places: `placeOf` gives the new one, or null where the stream is none of the group's. */
  movePlaces(placeOf: (place: number) => number | null): void {
    const { frontier, last } = this;
    this.changed = true;
    if (frontier.place !== BEFORE_ALL_FEEDS && frontier.place !== AFTER_ALL_FEEDS)
      frontier.place = placeOf(frontier.place) ?? BEFORE_ALL_FEEDS;
    if (last !== null) {
      const { timeMs, timeFrac, feed, seq, index } = last;
      const place = placeOf(last.place) ?? BEFORE_ALL_FEEDS;
      this.last = { timeMs, timeFrac, place, feed, seq, index };
    }
    const waiting = this.#buffer.all();
    if (waiting.length === 0) return;
    this.#buffer = new EventBuffer(this.#delayMs);
    for (const event of waiting) this.#buffer.push(event);
  }

  /** Events that wait here, in no stated order. */
  waiting(): readonly FeedEvent[] {
    return this.#buffer.all();
  }

  /** A new group: its time is that of its feeds, and of what waits elsewhere it takes what its time has not passed. */
  startWith(waiting: Iterable<FeedEvent>): void {
    this.#moveFrontier();
    for (const event of waiting) this.restoreHeld(event);
  }

  /** Comes as far as another engine's group of the same streams has come. `placeOf`: from its places to ours. */
  catchUp({ frontier }: OrderGroup, placeOf: (place: number) => number | null): void {
    this.#moveFrontier();
    const special = frontier.place === BEFORE_ALL_FEEDS || frontier.place === AFTER_ALL_FEEDS;
    const place = special ? frontier.place : (placeOf(frontier.place) ?? BEFORE_ALL_FEEDS);
    this.#raiseFrontier(frontier.timeMs, frontier.timeFrac, place, frontier.feed);
    assert(this.frontier.timeMs === frontier.timeMs, "a warm engine is not ahead of the live one");
    this.#release();
  }

  /** Takes what waits in the group of a warm engine and not here; a group without a time of its own takes that, too. */
  takeWaiting(warm: OrderGroup, move: (event: EventRecord) => void): void {
    const known = new Set(this.waiting().map(positionText));
    for (const event of warm.waiting()) {
      if (known.has(positionText(event))) continue;
      move(event);
      event.waits = 0;
      this.restoreHeld(event);
    }
    if (this.last !== null || warm.last === null) return;
    this.nowMs = Math.max(this.nowMs, warm.nowMs);
    this.changed = true;
  }

  /** Lets go all that waits: it is judged now. Time does not run on beyond. */
  releaseAll(): void {
    for (let event = this.#buffer.peek(); event !== undefined; event = this.#buffer.peek()) {
      this.#raiseFrontier(event.timeMs, event.timeFrac, event.place, event.feed);
      this.#release();
    }
  }

  /** The group has no rules any more: nothing waits here. */
  close(): void {
    for (const event of this.#buffer.all()) this.#holds.release(event);
    this.#buffer = new EventBuffer(this.#delayMs);
    this.chain.close();
  }

  /** From now on the keys of `stored` come back in time, the first of them before `deadlineMs` fires. */
  setStored(stored: StoredDeadlines, deadlineMs: number): void {
    this.#stored = stored;
    this.#wakeStored(deadlineMs);
  }

  #wakeStored(deadlineMs: number): void {
    if (deadlineMs === Number.POSITIVE_INFINITY) this.#stored = null;
    else this.timers.push({ deadlineMs, owner: null, key: "" });
  }

  /** Does some rule only finish what it began? */
  get drains(): boolean {
    return this.#drains;
  }

  /** The rule index of the stream at the place. */
  indexOf(place: number): RuleIndex | undefined {
    return this.#indexes[place];
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
    this.releaseAll();
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
    if (timeFrac < 1 || this.#chain === null) return;
    while (this.#chain.waitingMs === timeMs) this.#deliverNext(this.#chain);
  }

  /** Keys were restored of which time has passed some deadlines already; those only forget. */
  expireOverdue(): void {
    if (this.timers.nextMs < this.frontier.timeMs) this.#release();
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
    return this.#chain === null
      ? nextMs
      : Math.min(nextMs, this.#chain.waitingMs, this.#chain.aheadMs);
  }

  /**
   * Everything before a time. At each instant a rule hears all alerts of the rules that it reads, for they are events,
   * before its own deadlines fire (T-5); and those come in the order of the chain, also where deadlines decide them.
   */
  #runUpTo(timeMs: number): void {
    const chain = this.#chain;
    while (this.#nextMs() < timeMs) {
      if (chain === null) this.#fireNext();
      else if (chain.aheadMs <= Math.min(this.timers.nextMs, chain.waitingMs))
        this.#deliverAhead(chain);
      else if (this.#isAlertNext(chain)) this.#deliverNext(chain);
      else this.#fireNext();
    }
    // Decided ahead by the deadlines that fired last, of which none before `timeMs` is left.
    while (chain !== null && chain.aheadMs <= timeMs) this.#deliverAhead(chain);
  }

  /** Is a waiting alert before the next deadline? Not while its rule, or one before that, may still alert there. */
  #isAlertNext(chain: AlertChain): boolean {
    const { nextMs, nextPosition } = this.timers;
    if (chain.waitingMs !== nextMs) return chain.waitingMs < nextMs;
    return chain.waitingPosition < nextPosition;
  }

  #deliverNext(chain: AlertChain): void {
    this.#acted = true;
    if (chain.waitingMs > this.nowMs) this.nowMs = chain.waitingMs;
    chain.deliverNext();
  }

  #deliverAhead(chain: AlertChain): void {
    this.#acted = true;
    if (chain.aheadMs > this.nowMs) this.nowMs = chain.aheadMs;
    chain.deliverAhead();
  }

  #fireNext(): void {
    const { deadlineMs, owner: runner, key } = this.timers.pop();
    if (runner === null) {
      this.#wakeStored(this.#stored?.restoreUpTo(deadlineMs) ?? Number.POSITIVE_INFINITY);
      return;
    }
    if (deadlineMs > this.nowMs) this.nowMs = deadlineMs;
    if (runner.decidesAt(key)) this.#acted = true;
    runner.expire(key, deadlineMs);
    this.#chain?.deliverNow();
  }

  /** Whether anything was offered or fired since the last call. */
  takeActed(): boolean {
    const acted = this.#acted;
    this.#acted = false;
    return acted;
  }
}

function positionText({ stream, feed, seq, index }: FeedEvent): string {
  return `${stream}\n${feed}\n${seq}\n${index}`;
}
