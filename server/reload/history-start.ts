/** Where in a JetStream stream the messages of a time begin. */

import type { Broker, Outcome } from "../../io/nats.ts";
import { nextMessage, streamInfo } from "../../io/nats-streams.ts";

/**
 * The sequence of the first message at or before `lastSeq` that was stored at `timeMs` or later; `lastSeq + 1` where
 * there is none. Stored times rise with the sequence, save around a change of leaders, so halving finds it: about 2
 * requests for each doubling of the stream.
 */
export async function firstSeqSince(
  broker: Broker,
  stream: string,
  timeMs: number,
  lastSeq: number,
): Promise<Outcome<number>> {
  const info = await streamInfo(broker, stream);
  if (info.kind !== "ok") return info;
  let low = info.value.firstSeq;
  let high = lastSeq + 1;
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    // Removed messages leave holes: the next one that is there speaks for them.
    const found = await nextMessage(broker, stream, middle, ">");
    if (found.kind === "missing") high = middle;
    else if (found.kind !== "ok") return found;
    else if (found.value.seq >= high || found.value.timeMs >= timeMs) high = middle;
    else low = found.value.seq + 1;
  }
  return { kind: "ok", value: low };
}
