/** The publisher's side of W9: events into the source stream, as a backlog or in time. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "../../io/nats.ts";
import { ensureStream, streamInfo } from "../../io/nats-streams.ts";
import type { W9Lines } from "./lines.ts";
import { SOURCE_STREAM } from "./offline.ts";

/** Messages under way without acknowledgement while a backlog is made. */
const WINDOW = 2000;
/** How long a pause of the open loop is; what came due meanwhile goes at once. */
const PAUSE_MS = 1;
const PATIENCE_MS = 60_000;

export async function makeSource(broker: Broker): Promise<void> {
  const made = await ensureStream(broker, { name: SOURCE_STREAM, subjects: ["sec.>"] });
  if (made.kind !== "ok") throw new Error(`the stream was not made: ${made.reason}`);
}

/** Publishes all events and waits until the last one is stored. */
export async function publishBacklog(broker: Broker, lines: W9Lines): Promise<void> {
  const inbox = broker.newInbox();
  let acked = 0;
  let wake = (): void => undefined;
  const end = broker.subscribe(inbox, () => {
    acked++;
    wake();
  });
  const { payloads, subjects } = lines;
  for (const [i, payload] of payloads.entries()) {
    broker.publish(subjects[i] as string, payload, inbox);
    while (i + 1 - acked >= WINDOW) await pause();
  }
  while (acked < payloads.length) await pause();
  end();

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }
}

/** Publishes in an open loop: event i at `startMs` + i / rate, or as soon after as this process comes to it. */
export async function publishInTime(
  broker: Broker,
  lines: W9Lines,
  perSecond: number,
  startMs: number,
): Promise<void> {
  const { payloads, subjects } = lines;
  let sent = 0;
  while (sent < payloads.length) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond) + 1;
    for (; sent < Math.min(due, payloads.length); sent++) {
      broker.publish(subjects[sent] as string, payloads[sent] as Uint8Array);
    }
    await sleep(PAUSE_MS);
  }
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const info = await streamInfo(broker, SOURCE_STREAM);
    if (info.kind === "ok" && info.value.lastSeq === payloads.length) return;
    if (performance.now() > end) throw new Error("the stream did not take all events");
    await sleep(50);
  }
}
