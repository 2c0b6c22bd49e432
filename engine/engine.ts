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
import type { RulePlan, RuleSetPlan } from "../dsl/plan.ts";
import { createMatcher } from "../nfa/create-matcher.ts";
import { FieldMemo } from "../nfa/expression/compiled.ts";
import type { DataSource } from "../nfa/history.ts";
import type { StoreChange } from "../state/store.ts";
import { type AssemblySettings, assemble, type EngineParts } from "./assembly.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { readDraining } from "./checkpoint/draining.ts";
import type { StateReader } from "./checkpoint/state-reader.ts";
import type { Feed, FeedOptions } from "./feed.ts";
import { LiveData } from "./live-data.ts";
import { DEFAULT_ENGINE_LIMITS, type EngineOptions, MEMO_RULES } from "./options.ts";
import type { OrderGroup } from "./order-group.ts";
import { OutputQueue } from "./output-queue.ts";
import type { Output } from "./outputs.ts";
import { switchSets } from "./reload/activation.ts";
import { adoptRules } from "./reload/adoption.ts";
import { drainingVersions, removeDrained } from "./reload/draining.ts";
import { planReload } from "./reload/plan-reload.ts";
import { Preparation } from "./reload/preparation.ts";
import type { Choice, DrainingVersion, ReloadPlan } from "./reload/verdict.ts";
import { RuleData } from "./rule-data.ts";
import type { EngineStatus, RejectReason } from "./status.ts";
import { statusOf } from "./status-report.ts";
import type { StreamLane } from "./stream-lane.ts";

export { CheckpointError } from "./checkpoint/restorer.ts";
export type { StateReader } from "./checkpoint/state-reader.ts";
export type { Feed, FeedOptions } from "./feed.ts";
export type { EngineLimits, EngineOptions } from "./options.ts";
export type { Alert, Evidence, Output } from "./outputs.ts";
export { planReload, planReloadInSteps } from "./reload/plan-reload.ts";
export { Preparation } from "./reload/preparation.ts";
export type {
  Choice,
  DrainingVersion,
  ReloadPlan,
  RuleVerdict,
  Verdict,
} from "./reload/verdict.ts";
export type { RuleMeter } from "./rule-runner.ts";
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
  readonly #outputs = new OutputQueue();
  readonly #checkpoint: Checkpoint | null;
  readonly #data: LiveData;
  readonly #settings: AssemblySettings;
  /** Grows when order groups go: what was prepared with them is of no use then. */
  #groupsGone = 0;

  constructor(plan: RuleSetPlan, options: EngineOptions, state: StateReader | null) {
    this.#data = new LiveData(options.data ?? new RuleData(plan, new Map()));
    this.#settings = {
      createMatcher: options.createMatcher ?? createMatcher,
      data: this.#data,
      limits: { ...DEFAULT_ENGINE_LIMITS, ...options.limits },
      codegen: options.codegen ?? true,
      memo: (options.memo ?? plan.rules.length >= MEMO_RULES) ? new FieldMemo() : null,
      index: options.index ?? true,
      recordChanges: state !== null,
      outputs: this.#outputs,
      meter: options.meter ?? null,
    };
    const stored = state === null ? [] : readDraining(state, plan, options.draining ?? []);
    const { parts, draining } = assemble(plan, this.#settings, stored);
    this.#parts = parts;
    this.#checkpoint = state === null ? null : new Checkpoint(parts, state, draining);
  }

  /** The rule set in force. */
  get plan(): RuleSetPlan {
    return this.#parts.plan;
  }

  /**
   * Claims a feed of a stream of the plan; the same names give the same feed, with its stored watermark.
   * Claim all feeds before the first record: one that is claimed and silent holds time back until it has events, is
   * idle or has ended; one that is claimed later may find that time has passed its events.
   */
  feed(stream: string, name: string, options: FeedOptions): Feed {
    const lane = this.#parts.lanes.find((candidate) => candidate?.plan.name === stream);
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
    const lane = this.#parts.lanes[feed.stream.place];
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

  /**
   * Brings about so many entries of the stored state back into memory; false where all of it is there. What is decided
   * is the same whenever it is called, and if it never is: a key comes back when it is needed.
   */
  loadSlice(entries: number): boolean {
    const stored = this.#checkpoint?.stored;
    if (stored === undefined || stored.isDone) return false;
    const left = stored.load(entries);
    for (const group of this.#parts.groups) group.expireOverdue();
    return left;
  }

  /** Lets time run on until nothing waits. */
  flush(): void {
    this.#checkpoint?.stored.loadAll();
    for (const group of this.#parts.groups) group.flush();
  }

  /** What was decided since the last call, in the order of the outbox: (time, rule, key), then as decided. */
  takeOutputs(): readonly Output[] {
    this.#removeDrained();
    return this.#outputs.take();
  }

  /**
   * What is to be stored for a restart to go on from here, sorted by space and key. Costs what changed since the last
   * call, whose changes must have been committed. Empty for an engine without a store.
   */
  takeChanges(): readonly StoreChange[] {
    this.#removeDrained();
    return this.#checkpoint?.takeChanges() ?? [];
  }

  /** Old versions that still finish what they began. */
  draining(): readonly DrainingVersion[] {
    return drainingVersions(this.#parts);
  }

  /** What a reload to this rule set would do to each rule. `choices`: by the rule's name in that set. */
  planReload(next: RuleSetPlan, choices: ReadonlyMap<string, Choice>): ReloadPlan {
    return planReload(this.plan, next, choices, this.draining());
  }

  /**
   * Begins to prepare a reload: `Preparation.step` compiles what changed, one rule after the other, while events come.
   * `data`: the lists and tables of the next rule set, and those that draining versions read beside them.
   */
  prepare(data: DataSource, reload: ReloadPlan): Preparation {
    return new Preparation(this.#parts, this.#settings, data, reload, this.#groupsGone);
  }

  /**
   * Switches to the next rule set, between two events; see reload/activation.ts. Finishes the preparation where it is
   * not finished. What is to be stored comes with the next `takeChanges`. Feeds of new streams are to be claimed
   * before their first record; those of streams that are gone are of no use any more.
   */
  activate(prepared: Preparation): void;
  activate(data: DataSource, reload: ReloadPlan): void;
  activate(what: Preparation | DataSource, reload?: ReloadPlan): void {
    let prepared = what instanceof Preparation ? what : null;
    if (prepared === null) {
      assert(reload !== undefined, "a reload is planned before it takes place");
      prepared = this.prepare(what as DataSource, reload);
    }
    assert(prepared.reload.current === this.plan, "a reload starts from the rule set in force");
    if (prepared.groupsGone !== this.#groupsGone)
      prepared = this.prepare(prepared.data, prepared.reload);
    while (prepared.step());
    switchSets(this.#parts, prepared);
    this.#data.use(prepared.data);
    this.#checkpoint?.follow();
    this.#removeDrained();
  }

  /** Versions that drain and have nothing open any more go, and with them order groups that have no other rule. */
  #removeDrained(): void {
    const { drained, closed } = removeDrained(this.#parts);
    this.#groupsGone += closed;
    if (drained > 0) this.#checkpoint?.follow();
  }

  /**
   * Rules go on with what another engine knows of them, which was fed the history up to exactly the positions of this
   * one and is of no use afterwards; see reload/adoption.ts. To be called directly after `activate`, for rules whose
   * verdict is "replay" or "new".
   */
  adopt(warm: Engine, rules: readonly string[]): void {
    adoptRules(this.#parts, warm.#parts, rules);
  }

  /** The rule runs in another mode from now on, whatever its text says; its version stays. */
  setMode(rule: string, mode: RulePlan["mode"]): void {
    const { plan } = this;
    const rules = plan.rules.map((one) => (one.name === rule ? { ...one, mode } : one));
    this.activate(this.#data.current, this.planReload({ ...plan, rules }, new Map()));
  }

  status(): EngineStatus {
    return statusOf(this.#parts, this.#checkpoint?.droppedRules ?? []);
  }
}
