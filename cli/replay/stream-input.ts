/**
 * A range of a JetStream stream on its way into the engine, read as the service reads it: each message once, in order,
 * by an ephemeral consumer that is taken away at the end. Each of the rules' streams whose subjects it holds has a feed
 * of its own, called by the JetStream stream's name; so events have the places, and alerts the ids, of the live ones.
 */

import type { RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import type { Engine, Feed } from "../../engine/engine.ts";
import { DEFAULT_ENGINE_LIMITS } from "../../engine/options.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { covers } from "../../io/nats-streams.ts";
import { streamHasSubject } from "../../rules/envelope.ts";
import { decodeMessage } from "../../server/decode.ts";
import { UsageError } from "../exit-code.ts";
import { sortedFrom } from "./input-file.ts";
import { ItemBatches } from "./item-batches.ts";
import type { DecodedEvent } from "./line-decoder.ts";
import type { ProblemLog } from "./problem-log.ts";
import { rangeMessages } from "./range-messages.ts";
import { greatest, type InputItem, type ReplayInput } from "./replay-input.ts";
import type { StreamRange } from "./stream-range.ts";

export interface StreamInputOptions {
  readonly sorted: boolean;
  readonly problems: ProblemLog;
  /** Told at the end how many messages between the ends of the range the stream did not hold. */
  readonly onGaps: (count: number) => void;
}

export class StreamInput implements ReplayInput {
  readonly name: string;
  readonly #feeds = new Map<string, Feed>();
  readonly #batches: ItemBatches;

  constructor(
    broker: Broker,
    range: StreamRange,
    plan: RuleSetPlan,
    engine: Engine,
    options: StreamInputOptions,
  ) {
    this.name = range.stream;
    const streams = plan.streams.filter((stream) => isHeld(stream, range));
    if (streams.length === 0) {
      throw new UsageError(`the stream ${range.stream} holds no subject of the rules' streams`);
    }
    for (const { name } of streams) {
      this.#feeds.set(name, engine.feed(name, range.stream, { broker: true }));
    }
    const items = readRange(broker, range, streams, options);
    this.#batches = new ItemBatches(options.sorted ? sortedFrom(items, streams, 0) : items);
  }

  get watermarkMs(): number {
    return greatest(this.feeds(), (feed) => feed.watermarkMs);
  }

  get highestMs(): number {
    return greatest(this.feeds(), (feed) => feed.highestMs);
  }

  feeds(): Iterable<Feed> {
    return this.#feeds.values();
  }

  feedOf(stream: StreamPlan): Feed | undefined {
    return this.#feeds.get(stream.name);
  }

  take(): InputItem | undefined {
    return this.#batches.take();
  }

  /** Throws UsageError where the stream cannot be read any more, or is another one. */
  load(): Promise<boolean> {
    return this.#batches.load();
  }
}

/** May the JetStream stream hold events of a stream of the rules? */
function isHeld({ subjects }: StreamPlan, range: StreamRange): boolean {
  return subjects.some((subject) =>
    range.subjects.some((held) => covers(held, subject) || covers(subject, held)),
  );
}

async function* readRange(
  broker: Broker,
  range: StreamRange,
  streams: readonly StreamPlan[],
  { problems, onGaps }: StreamInputOptions,
): AsyncGenerator<readonly InputItem[]> {
  for await (const messages of rangeMessages(broker, range, onGaps)) {
    yield messages.map((message) => itemOf(message, range.stream, streams, problems));
  }
}

function itemOf(
  { seq, subject, timeMs, data }: FeedMessage,
  name: string,
  streams: readonly StreamPlan[],
  problems: ProblemLog,
): InputItem {
  const routes = streams.filter((stream) => streamHasSubject(stream, subject));
  const events: DecodedEvent[] = [];
  const decoded = routes.length === 0 ? [] : decodeMessage(data, DEFAULT_ENGINE_LIMITS.eventBytes);
  for (const [index, one] of decoded.entries()) {
    if (one.kind === "fault") {
      problems.add(name, seq, index, one.tooDeep ? "too deep" : "unreadable", "");
      continue;
    }
    const { bytes, data: value } = one;
    for (const stream of routes)
      events.push({ stream, index, stampMs: timeMs, data: value, bytes });
  }
  return { lineNumber: seq - 1, byteOffset: 0, text: "", events };
}
