/**
 * The messages of a range of a JetStream stream: each once, in order, by an ephemeral consumer that is taken away at the
 * end.
 */

import { Random } from "../../base/random.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { openReader, type Reader } from "../../io/nats-reader.ts";
import { nextMessage } from "../../io/nats-streams.ts";
import { UsageError } from "../exit-code.ts";
import type { StreamRange } from "./stream-range.ts";

/** How long a broker that does not answer is waited for. */
const PATIENCE_MS = 30_000;

/**
 * Batch by batch. `onGaps` is told at the end how many messages between the ends of the range the stream did not hold.
 * Throws UsageError where the stream cannot be read any more, or is another one.
 */
export async function* rangeMessages(
  broker: Broker,
  range: StreamRange,
  onGaps: (count: number) => void,
): AsyncGenerator<readonly FeedMessage[]> {
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
      yield messages;
    }
  } finally {
    reader.close();
  }
  onGaps(toSeq - fromSeq + 1 - read);
}

/** The messages of the range, as one reader gives them. */
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
