/**
 * A range of a JetStream stream on its way into the engine, read as the service reads it: each message once, in order,
 * by an ephemeral consumer that is taken away at the end. Each of the rules' streams whose subjects it holds has a feed
 * of its own, called by the JetStream stream's name; so events have the places, and alerts the ids, of the live ones.
 */

import { Random } from "../../base/random.ts";
import type { RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import type { Engine, Feed } from "../../engine/engine.ts";
import { DEFAULT_ENGINE_LIMITS } from "../../engine/options.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { openReader, type Reader } from "../../io/nats-reader.ts";
import { covers, nextMessage } from "../../io/nats-streams.ts";
import { streamHasSubject } from "../../rules/envelope.ts";
import { decodeMessage } from "../../server/decode.ts";
import { UsageError } from "../exit-code.ts";
import { sortedFrom } from "./input-file.ts";
import type { DecodedEvent } from "./line-decoder.ts";
import type { ProblemLog } from "./problem-log.ts";
import { greatest, type InputItem, type ReplayInput } from "./replay-input.ts";
import type { StreamRange } from "./stream-range.ts";

/** How long a broker that does not answer is waited for. */
const PATIENCE_MS = 30_000;

export interface StreamInputOptions {
  readonly sorted: boolean;
  readonly problems: ProblemLog;
  /** Told at the end how many messages between the ends of the range the stream did not hold. */
  readonly onGaps: (count: number) => void;
}

export class StreamInput implements ReplayInput {
  readonly name: string;
  readonly #feeds = new Map<string, Feed>();
  readonly #batches: AsyncIterator<readonly InputItem[]>;
  #batch: readonly InputItem[] = [];
  #at = 0;

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
    this.#batches = options.sorted ? sortedFrom(items, streams, 0) : items;
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
    return this.#batch[this.#at++];
  }

  /** Throws UsageError where the stream cannot be read any more, or is another one. */
  async load(): Promise<boolean> {
    const next = await this.#batches.next();
    if (next.done === true) return false;
    this.#batch = next.value;
    this.#at = 0;
    return true;
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
  const { stream, fromSeq, toSeq } = range;
  if (fromSeq > toSeq) return;
  const reader = openReader(broker, {
    stream,
    afterSeq: fromSeq - 1,
    random: new Random(process.pid),
  });
  let read = 0;
  try {
    for await (const messages of messagesOf(broker, reader, range)) {
      read += messages.length;
      yield messages.map((message) => itemOf(message, stream, streams, problems));
    }
  } finally {
    reader.close();
  }
  onGaps(toSeq - fromSeq + 1 - read);
}

/** The messages of the range, batch by batch. */
async function* messagesOf(
  broker: Broker,
  reader: Reader,
  { stream, created, fromSeq, toSeq }: StreamRange,
): AsyncGenerator<readonly FeedMessage[]> {
  let position = fromSeq - 1;
  let awayMs: number | null = null;
  for (;;) {
    const result = await reader.next();
    switch (result.kind) {
      case "messages": {
        awayMs = null;
        const within = result.messages.filter(({ seq }) => seq <= toSeq);
        if (within.length > 0) yield within;
        position = result.messages.at(-1)?.seq ?? position;
        if (position >= toSeq) return;
        break;
      }
      case "idle":
        if (result.stream.created !== created) throw new UsageError(madeAnew(stream));
        // What is left of the range may not be there any more.
        if (result.caughtUp || (await isOver(broker, stream, position, toSeq))) return;
        break;
      case "rolled-back":
        throw new UsageError(`the stream ${stream} went back while it was read: ${result.reason}`);
      case "away": {
        const nowMs = performance.now();
        awayMs ??= nowMs;
        if (nowMs - awayMs > PATIENCE_MS) throw new UsageError(result.reason);
        break;
      }
      case "closed":
        return;
    }
  }
}

/** Does the stream hold nothing of the range behind this position? */
async function isOver(
  broker: Broker,
  stream: string,
  position: number,
  toSeq: number,
): Promise<boolean> {
  const next = await nextMessage(broker, stream, position + 1, ">");
  return next.kind === "missing" || (next.kind === "ok" && next.value.seq > toSeq);
}

function madeAnew(stream: string): string {
  return `the stream ${stream} was made anew while it was read`;
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
