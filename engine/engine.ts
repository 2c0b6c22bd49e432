/**
 * The engine: records in, alerts out. A pure, synchronous reducer; what it does follows from the sequence of calls
 * alone, whatever the batching. The way of an event:
 *
 *   accept -> StreamLane.decode (limits, time, future, duplicate, late)
 *          -> OrderGroup.accept (held back until nothing can come before it)
 *          -> RuleIndex.offer -> RuleRunner -> Matcher -> `once` -> AlertMaker -> outputs
 *
 * Callers stop at takeOutputs and takeChanges, commit both at once, and publish after that.
 * Statements T-1 to T-5, A-1 to A-5 of the language; sections "Time" and "Exactly-once" of docs/SEMANTICS.md.
 */

import { assert } from "../base/assert.ts";
import type { Value } from "../base/value.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";
import { createMatcher } from "../nfa/create-matcher.ts";
import type { StoreChange } from "../state/store.ts";
import { assemble, type EngineParts } from "./assembly.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import type { StateReader } from "./checkpoint/state-reader.ts";
import type { Feed, FeedOptions } from "./feed.ts";
import { DEFAULT_ENGINE_LIMITS, type EngineOptions } from "./options.ts";
import type { OrderGroup } from "./order-group.ts";
import { OutputQueue } from "./output-queue.ts";
import type { Output } from "./outputs.ts";
import { RuleData } from "./rule-data.ts";
import type { EngineStatus, RejectReason } from "./status.ts";
import { statusOf } from "./status-report.ts";
import type { StreamLane } from "./stream-lane.ts";

export { CheckpointError } from "./checkpoint/restorer.ts";
export type { StateReader } from "./checkpoint/state-reader.ts";
export type { Feed, FeedOptions } from "./feed.ts";
export type { EngineLimits, EngineOptions } from "./options.ts";
export type { Alert, Evidence, Output } from "./outputs.ts";
export type { EngineStatus, RejectReason } from "./status.ts";

/**
 * An engine for a rule set. With `state` it goes on from what the store holds (an empty store: from the start), and
 * `takeChanges` tells what to store; without, it keeps no account of changes.
 * Throws CheckpointError where the store was written by another version of the engine.
 */
export function createEngine(
  plan: RuleSetPlan,
  options: EngineOptions = {},
  state: StateReader | null = null,
): Engine {
  return new Engine(plan, options, state);
}

export class Engine {
  readonly #parts: EngineParts;
  readonly #lanes: readonly (StreamLane | undefined)[];
  readonly #outputs = new OutputQueue();
  readonly #checkpoint: Checkpoint | null;

  constructor(plan: RuleSetPlan, options: EngineOptions, state: StateReader | null) {
    this.#parts = assemble(plan, {
      createMatcher: options.createMatcher ?? createMatcher,
      data: options.data ?? new RuleData(plan, new Map()),
      limits: { ...DEFAULT_ENGINE_LIMITS, ...options.limits },
      codegen: options.codegen ?? true,
      index: options.index ?? true,
      recordChanges: state !== null,
      outputs: this.#outputs,
    });
    this.#lanes = this.#parts.lanes;
    this.#checkpoint = state === null ? null : new Checkpoint(this.#parts, state);
  }

  /**
   * Claims a feed of a stream of the plan; the same names give the same feed, with its stored watermark.
   * Claim all feeds before the first record: one that is claimed and silent holds time back until it has events, is
   * idle or has ended; one that is claimed later may find that time has passed its events.
   */
  feed(stream: string, name: string, options: FeedOptions): Feed {
    const lane = this.#lanes.find((candidate) => candidate?.plan.name === stream);
    assert(lane !== undefined, "a feed belongs to a stream of the plan");
    const feed = this.#parts.feeds.get(lane.plan, name);
    feed.broker = options.broker;
    feed.trusted = options.trusted ?? false;
    if (feed.claimed) return feed;
    feed.claimed = true;
    lane.feeds.push(feed);
    for (const group of lane.groups) group.addFeed(feed);
    return feed;
  }

  #laneOf(feed: Feed): StreamLane {
    const lane = this.#lanes[feed.stream.place];
    assert(lane !== undefined && feed.claimed, "records come on claimed feeds");
    return lane;
  }

  /**
   * Takes one event of a feed. Bad and late ones are counted and become outputs; nothing is thrown for them.
   * `seq` and `index`: the position in the feed; the same twice in a row is a duplicate.
   * `stampMs`: the broker's or the envelope's time, null where there is none. `bytes`: size of the JSON text, 0 where unknown.
   */
  accept(
    feed: Feed,
    seq: number,
    index: number,
    stampMs: number | null,
    data: Value,
    bytes = 0,
  ): void {
    const lane = this.#laneOf(feed);
    if (!feed.active) this.#wake(feed);
    const event = lane.decode(feed, seq, index, stampMs, data, bytes);
    if (event === null) return;
    let lateFor: OrderGroup[] | null = null;
    for (const group of lane.groups) {
      if (group.accept(event, feed)) continue;
      lateFor ??= [];
      lateFor.push(group);
    }
    if (lateFor !== null) lane.lateForGroups(feed, event, lateFor);
  }

  /** Puts a record aside that could not be read as JSON. `text` is what it says, of which the beginning is shown. */
  reject(feed: Feed, seq: number, index: number, reason: RejectReason, text: string): void {
    const lane = this.#laneOf(feed);
    if (!feed.active) this.#wake(feed);
    lane.reject(feed, seq, index, reason, "", text);
  }

  /** The feed holds time back again; an ended one is a file that has grown. What rules have passed stays passed. */
  #wake(feed: Feed): void {
    feed.idle = false;
    feed.ended = false;
    this.#follow(feed);
  }

  /** An idle feed does not hold time back. A record on an idle or ended feed wakes it by itself. */
  feedIdle(feed: Feed, idle: boolean): void {
    if (feed.idle === idle || feed.ended) return;
    feed.idle = idle;
    this.#follow(feed);
  }

  /**
   * The feed was read to its end: its watermark moves to its last event's time, and it holds time back no more, save
   * that a further record opens it again.
   * A group whose feeds have all ended does not follow the wall clock.
   */
  endFeed(feed: Feed): void {
    if (feed.ended) return;
    feed.ended = true;
    this.#follow(feed);
  }

  #follow(feed: Feed): void {
    feed.changed = true;
    for (const group of this.#laneOf(feed).groups) group.followFeeds();
  }

  /**
   * The wall clock, for rules whose feeds are all idle (T-4). Never goes back. True where it decided something (an
   * event was released or a deadline fired): then the tick must be recorded for a replay.
   */
  tick(wallMs: number): boolean {
    let acted = false;
    for (const group of this.#parts.groups) {
      group.takeActed();
      group.tick(wallMs);
      if (group.takeActed()) acted = true;
    }
    return acted;
  }

  /** Nothing below `timeMs` comes any more on any feed: a virtual clock. */
  advance(timeMs: number): void {
    for (const feed of this.#parts.feeds.feeds()) {
      if (!feed.claimed) continue;
      feed.observe(timeMs + (feed.ended ? 0 : feed.stream.delayMs), 0);
      feed.changed = true;
    }
    for (const group of this.#parts.groups) group.advance(timeMs);
  }

  /** Lets time run on until nothing waits. */
  flush(): void {
    for (const group of this.#parts.groups) group.flush();
  }

  /** What was decided since the last call, in the order of the outbox: (time, rule, key), then as decided. */
  takeOutputs(): readonly Output[] {
    return this.#outputs.take();
  }

  /**
   * What is to be stored for a restart to go on from here, sorted by space and key. Costs what changed since the last
   * call, whose changes must have been committed. Empty for an engine without a store.
   */
  takeChanges(): readonly StoreChange[] {
    return this.#checkpoint?.takeChanges() ?? [];
  }

  status(): EngineStatus {
    return statusOf(this.#parts, this.#checkpoint?.droppedRules ?? []);
  }
}
