/**
 * Rebuilds rules from the history of their streams before they go live: a second engine, of these rules only, reads
 * from as far back as their longest `within` up to where the running engine stands, which goes on meanwhile. What it
 * would have alerted is thrown away; its partial matches, `once` memories and windows are what counts.
 *
 * Invariants
 *  H1  It never steps a message that the running engine has not stepped: both end at the same positions.
 *  H2  Live messages wait in JetStream; here at most one batch of each stream does.
 */

import type { Random } from "../../base/random.ts";
import type { RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, type Feed } from "../../engine/engine.ts";
import type { RuleData } from "../../engine/rule-data.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { openReader, type Reader } from "../../io/nats-reader.ts";
import { streamHasSubject } from "../../rules/envelope.ts";
import { decodeMessage } from "../decode.ts";
import { RefusalError } from "../refusal.ts";
import { firstSeqSince } from "./history-start.ts";

/** A stream to read, and how far: the position is asked again and again, for the running engine goes on. */
export interface HistorySource {
  readonly name: string;
  readonly streams: readonly StreamPlan[];
  readonly filters: readonly string[];
  readonly position: () => number;
  /** When the message at the position was stored; 0: not known, then now. */
  readonly storedMs: () => number;
}

export interface WarmStartParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly eventBytes: number;
  readonly alertBytes: number;
}

export interface WarmProgress {
  readonly rules: readonly string[];
  readonly messages: number;
  /** Messages between the beginnings and the live positions, as numbers of the streams tell. */
  readonly of: number;
  readonly from: readonly (readonly [stream: string, seq: number])[];
}

interface HistoryFeed {
  readonly source: HistorySource;
  readonly reader: Reader;
  readonly from: number;
  readonly feeds: readonly { readonly stream: StreamPlan; readonly feed: Feed }[];
  waiting: readonly FeedMessage[];
  at: number;
  /** Everything up to here was read, as far as the filters let it through. */
  position: number;
}

export class WarmStart {
  readonly engine: Engine;
  readonly rules: readonly string[];
  readonly #parts: WarmStartParts;
  readonly #feeds: HistoryFeed[] = [];
  #messages = 0;

  /** `plan`: the set that is to run; of it only these rules, and those that they read, are built. */
  constructor(parts: WarmStartParts, plan: RuleSetPlan, data: RuleData, rules: readonly string[]) {
    this.#parts = parts;
    this.rules = rules;
    const { eventBytes, alertBytes } = parts;
    const options = { limits: { eventBytes, alertBytes }, data };
    this.engine = createEngine(subset(plan, rules), options, null);
  }

  get progress(): WarmProgress {
    const of = this.#feeds.reduce((sum, { from, source }) => sum + source.position() - from + 1, 0);
    const from = this.#feeds.map((feed) => [feed.source.name, feed.from] as const);
    return { rules: this.rules, messages: this.#messages, of: Math.max(0, of), from };
  }

  /** Finds where the history of so many milliseconds begins. Throws RefusalError where NATS cannot tell. */
  async begin(sources: readonly HistorySource[], historyMs: number): Promise<void> {
    const { broker, clock, random } = this.#parts;
    const read = new Set(this.engine.plan.rules.flatMap(({ streams }) => streams));
    for (const source of sources) {
      const streams = source.streams.filter(({ name }) => read.has(name));
      if (streams.length === 0) continue;
      const delayMs = Math.max(...streams.map((stream) => stream.delayMs));
      const storedMs = source.storedMs();
      const sinceMs = (storedMs === 0 ? clock.nowMs() : storedMs) - historyMs - delayMs;
      const found = await firstSeqSince(broker, source.name, sinceMs, source.position());
      if (found.kind !== "ok") throw new RefusalError(3, `${source.name}: ${found.reason}`);
      const from = found.value;
      const { name, filters } = source;
      const afterSeq = from - 1;
      const options = { stream: name, filters, afterSeq, expiresMs: 200, random, clock };
      const feeds = streams.map((stream) => ({
        stream,
        feed: this.engine.feed(stream.name, name, { broker: true }),
      }));
      const reader = openReader(broker, options);
      this.#feeds.push({ source, reader, from, feeds, waiting: [], at: 0, position: afterSeq });
    }
  }

  /**
   * Reads until every stream is where the running engine stands at that moment, the streams in turn by the times of
   * their messages, so that none runs ahead of the others. Throws RefusalError where a stream cannot be read.
   */
  async catchUp(signal: AbortSignal, onBatch: () => void = () => undefined): Promise<void> {
    let steps = 0;
    for (;;) {
      signal.throwIfAborted();
      let next: HistoryFeed | null = null;
      for (const feed of this.#feeds) {
        if (!(await this.#fill(feed))) continue;
        if (next === null || timeOf(feed) < timeOf(next)) next = feed;
      }
      if (next === null) return;
      this.#step(next);
      steps++;
      if (steps % TURN_STEPS !== 0) continue;
      this.engine.takeOutputs();
      onBatch();
      await new Promise<void>((resolve) => this.#parts.clock.nextTurn(resolve));
    }
  }

  /** Is a message at hand that the running engine has stepped? */
  async #fill(feed: HistoryFeed): Promise<boolean> {
    const target = feed.source.position();
    while (feed.at >= feed.waiting.length) {
      if (feed.position >= target) return false;
      const result = await feed.reader.next();
      switch (result.kind) {
        case "messages":
          feed.waiting = result.messages;
          feed.at = 0;
          break;
        case "idle":
          // What the filters keep out lies between here and the target.
          if (result.caughtUp && result.stream.lastSeq >= target) feed.position = target;
          break;
        case "away":
        case "rolled-back":
          throw new RefusalError(3, `the history of ${feed.source.name}: ${result.reason}`);
        case "closed":
          return false;
      }
    }
    return (feed.waiting[feed.at]?.seq ?? 0) <= target;
  }

  #step(feed: HistoryFeed): void {
    const message = feed.waiting[feed.at] as FeedMessage;
    feed.at++;
    feed.position = message.seq;
    this.#messages++;
    const { seq, timeMs, subject, data } = message;
    const routes = feed.feeds.filter(({ stream }) => streamHasSubject(stream, subject));
    if (routes.length === 0) return;
    for (const [index, one] of decodeMessage(data, this.#parts.eventBytes).entries()) {
      if (one.kind !== "event") continue;
      for (const route of routes) {
        this.engine.accept(route.feed, seq, index, timeMs, one.data, one.bytes);
      }
    }
  }

  close(): void {
    for (const { reader } of this.#feeds) reader.close();
  }
}

/** Messages stepped before the loop gets its turn. */
const TURN_STEPS = 200;

function timeOf({ waiting, at }: HistoryFeed): number {
  return waiting[at]?.timeMs ?? Number.POSITIVE_INFINITY;
}

/** These rules and those whose alerts they read. */
function subset(plan: RuleSetPlan, names: readonly string[]): RuleSetPlan {
  const wanted = new Set(names);
  // A set is gone through in the order of its making, with what is added on the way.
  for (const name of wanted) {
    for (const below of plan.rules.find((rule) => rule.name === name)?.streams ?? []) {
      wanted.add(below);
    }
  }
  return { ...plan, rules: plan.rules.filter(({ name }) => wanted.has(name)), tests: [] };
}
