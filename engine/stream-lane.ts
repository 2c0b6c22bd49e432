/**
 * The way of a stream's records into the engine: decoding, the checks that need no rule (limits, time, future,
 * duplicate), and their counters. What passes is an event; the rest is counted and becomes a late or dead output.
 */

import { stringifyJson } from "../base/json.ts";
import { formatTime } from "../base/time.ts";
import { isObject, type Value, type ValueObject } from "../base/value.ts";
import { canonicalText } from "../dsl/canonical.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import type { CompileOptions } from "../nfa/expression/compiled.ts";
import { textOf } from "../nfa/functions/text-of.ts";
import { brokenLimit } from "./event-limits.ts";
import { EventClock } from "./event-time.ts";
import { type Feed, FUTURE_LIMIT_MS } from "./feed.ts";
import { FeedEvent } from "./feed-event.ts";
import { compileDataField } from "./field-reader.ts";
import type { EngineLimits } from "./options.ts";
import type { OrderGroup } from "./order-group.ts";
import type { OutputQueue } from "./output-queue.ts";
import { preview } from "./preview.ts";
import { SeenIds } from "./seen-ids.ts";
import type { RejectReason, StreamStatus } from "./status.ts";
import { cutText } from "./text-size.ts";

/** So much of a dead record's text is shown. */
const DEAD_TEXT_BYTES = 1024;

const REJECT_REASONS: readonly RejectReason[] = [
  "not an object",
  "no time",
  "bad time",
  "too large",
  "too deep",
  "too many fields",
  "unreadable",
  "poison",
];

export class StreamLane {
  plan: StreamPlan;
  /** Groups whose rules read the stream. */
  groups: readonly OrderGroup[] = [];
  readonly feeds: Feed[] = [];
  seen: SeenIds | null;
  #clock: EventClock;
  #readId: ((data: ValueObject) => Value) | null;
  readonly #limits: EngineLimits;
  readonly #outputs: OutputQueue;

  #events = 0;
  #late = 0;
  #lateForRule = 0;
  #future = 0;
  #duplicates = 0;
  readonly #rejected: number[] = REJECT_REASONS.map(() => 0);

  constructor(
    plan: StreamPlan,
    limits: EngineLimits,
    outputs: OutputQueue,
    recordChanges: boolean,
    options: CompileOptions,
  ) {
    this.plan = plan;
    this.#limits = limits;
    this.#outputs = outputs;
    this.#clock = new EventClock(plan, options);
    this.#readId = plan.id === null ? null : compileDataField(plan.id.path, options);
    this.seen = plan.id === null ? null : new SeenIds(plan.id.withinMs, recordChanges);
  }

  /**
   * The stream is declared otherwise from now on; `next` is a lane made for that. Feeds and counters stay; identities
   * that were seen are forgotten where they would be others now.
   */
  become(next: StreamLane): void {
    const sameId = canonicalText(this.plan.id) === canonicalText(next.plan.id);
    this.plan = next.plan;
    this.#clock = next.#clock;
    this.#readId = next.#readId;
    if (!sameId) this.seen = next.seen;
  }

  /**
   * The event that a record is, at the time that rules are to see; null where it is none, and was counted.
   * The feed's watermark moves with it.
   */
  decode(
    feed: Feed,
    seq: number,
    index: number,
    stampMs: number | null,
    data: Value,
    bytes: number,
  ): FeedEvent | null {
    if (seq === feed.lastSeq && index === feed.lastIndex) {
      this.#duplicates++;
      return null;
    }
    feed.lastSeq = seq;
    feed.lastIndex = index;
    feed.changed = true;
    if (!isObject(data)) {
      return this.#rejectData(feed, seq, index, "not an object", "", data);
    }
    const broken =
      feed.trusted && bytes <= this.#limits.eventBytes
        ? null
        : brokenLimit(data, bytes, this.#limits);
    if (broken !== null) return this.#rejectData(feed, seq, index, broken, "", data);
    const wrong = this.#clock.read(data, stampMs);
    if (wrong !== null) {
      const reason = wrong.startsWith("no time") ? "no time" : "bad time";
      return this.#rejectData(feed, seq, index, reason, wrong, data);
    }
    return this.#admit(feed, seq, index, stampMs, data);
  }

  /** T-3, duplicates and T-2 for a record with a time. */
  #admit(
    feed: Feed,
    seq: number,
    index: number,
    stampMs: number | null,
    data: ValueObject,
  ): FeedEvent | null {
    const { ms, frac } = this.#clock;
    if (feed.broker && stampMs !== null) {
      if (stampMs > feed.brokerMs) feed.brokerMs = stampMs;
      if (ms > feed.brokerMs + FUTURE_LIMIT_MS) {
        this.#future++;
        this.#reportLate(
          feed,
          new FeedEvent(feed, seq, index, ms, frac, this.#idOf(data), data),
          "future",
          feed.brokerMs,
          null,
        );
        return null;
      }
    }
    const id = this.#idOf(data);
    if (id !== null && this.#isDuplicate(feed, id, ms, frac)) {
      this.#duplicates++;
      return null;
    }
    if (feed.isBelowWatermark(ms, frac))
      return this.#lateEvent(feed, seq, index, ms, frac, id, data);
    feed.observe(ms, frac);
    if (id !== null) this.#remember(id, ms);
    this.#events++;
    return new FeedEvent(feed, seq, index, ms, frac, id, data);
  }

  /** A late event that is taken counts as of the watermark, so one is asked for there, too. */
  #isDuplicate(feed: Feed, id: string, ms: number, frac: number): boolean {
    const { seen } = this;
    if (seen === null) return false;
    if (seen.isDuplicate(id, ms)) return true;
    const { late } = this.plan;
    return (
      late === "accept" && feed.isBelowWatermark(ms, frac) && seen.isDuplicate(id, feed.watermarkMs)
    );
  }

  /** Below its own stream's watermark (T-2): dropped, or taken at the watermark. */
  #lateEvent(
    feed: Feed,
    seq: number,
    index: number,
    ms: number,
    frac: number,
    id: string | null,
    data: ValueObject,
  ): FeedEvent | null {
    this.#late++;
    const { watermarkMs, highestFrac } = feed;
    if (this.plan.late === "drop") {
      const event = new FeedEvent(feed, seq, index, ms, frac, id, data);
      this.#reportLate(feed, event, "late", watermarkMs, null);
      return null;
    }
    if (id !== null) this.#remember(id, watermarkMs);
    return new FeedEvent(feed, seq, index, watermarkMs, highestFrac, id, data);
  }

  #idOf(data: ValueObject): string | null {
    if (this.#readId === null) return null;
    const value = this.#readId(data);
    return value === null ? null : textOf(value);
  }

  #remember(id: string, timeMs: number): void {
    const { seen } = this;
    if (seen === null) return;
    seen.add(id, timeMs);
    let leastMs = Number.POSITIVE_INFINITY;
    for (const feed of this.feeds) {
      if (feed.active && feed.watermarkMs < leastMs) leastMs = feed.watermarkMs;
    }
    if (leastMs < Number.POSITIVE_INFINITY) seen.advance(leastMs);
  }

  /** The event came too late for some groups: a wake after their time had passed it (T-2). */
  lateForGroups(feed: Feed, event: FeedEvent, groups: readonly OrderGroup[]): void {
    this.#lateForRule++;
    if (this.plan.late === "drop") {
      const passedMs = Math.max(...groups.map((group) => group.frontier.timeMs));
      this.#reportLate(feed, event, "late", passedMs, groups);
      return;
    }
    for (const group of groups) {
      const { timeMs, timeFrac } = group.currentTime();
      group.acceptLate(
        new FeedEvent(feed, event.seq, event.index, timeMs, timeFrac, event.givenId, event.data),
      );
    }
  }

  /** `passedMs`: the watermark, the time that rules have passed, or the broker's time. `groups` null: all rules. */
  #reportLate(
    feed: Feed,
    event: FeedEvent,
    reason: "late" | "future",
    passedMs: number,
    groups: readonly OrderGroup[] | null,
  ): void {
    const rules = groups
      ?.flatMap(({ runners }) =>
        runners.filter(({ hidden, drainedMs }) => !hidden && drainedMs === null),
      )
      .map(({ rule }) => rule.name)
      .sort();
    const body: Value = {
      stream: this.plan.name,
      feed: feed.name,
      reason,
      id: event.id,
      seq: event.seq,
      ...(event.index === 0 ? {} : { index: event.index }),
      time: formatTime(event.timeMs),
      latenessMs: Math.floor(passedMs) - event.timeMs,
      [reason === "late" ? "watermark" : "brokerTime"]: formatTime(passedMs),
      ...(rules === undefined ? {} : { rules }),
      data: event.data,
    };
    this.#outputs.push({
      kind: "late",
      timeMs: passedMs,
      rule: "",
      key: `${this.plan.name}/${feed.name}`,
      text: stringifyJson(body),
      stream: this.plan.name,
    });
  }

  #rejectData(
    feed: Feed,
    seq: number,
    index: number,
    reason: RejectReason,
    detail: string,
    data: Value,
  ): null {
    this.reject(feed, seq, index, reason, detail, preview(data));
    return null;
  }

  /** A record that is no event. `detail` says more than the reason; "" where there is no more to say. */
  reject(
    feed: Feed,
    seq: number,
    index: number,
    reason: RejectReason,
    detail: string,
    recordText: string,
  ): void {
    const position = REJECT_REASONS.indexOf(reason);
    this.#rejected[position] = (this.#rejected[position] ?? 0) + 1;
    const body: Value = {
      stream: this.plan.name,
      feed: feed.name,
      seq,
      ...(index === 0 ? {} : { index }),
      reason,
      ...(detail === "" ? {} : { detail }),
      text: cutText(recordText, DEAD_TEXT_BYTES),
    };
    this.#outputs.push({
      kind: "dead",
      timeMs: feed.watermarkMs,
      rule: "",
      key: `${this.plan.name}/${feed.name}`,
      text: stringifyJson(body),
      stream: this.plan.name,
    });
  }

  status(): StreamStatus {
    return {
      stream: this.plan.name,
      events: this.#events,
      late: this.#late,
      lateForRule: this.#lateForRule,
      future: this.#future,
      duplicates: this.#duplicates,
      rejected: REJECT_REASONS.map((reason, i) => ({ reason, count: this.#rejected[i] ?? 0 })),
    };
  }
}
