/** The subscriber's side of W9: when alerts arrive, and what the alert stream holds in the end. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Alert } from "../../engine/outputs.ts";
import type { Broker } from "../../io/nats.ts";
import { messageAt, streamInfo } from "../../io/nats-streams.ts";

const ALERT_STREAM = "ALERTS";
/** Alerts go to `alerts.SEVERITY.RULE`; other records have other second words. */
const ALERT_SUBJECT = /^alerts\.(?:info|low|medium|high|critical)\./;
const READ_AT_ONCE = 100;
/** The run has failed where nothing new comes for so long. */
const PATIENCE_MS = 30_000;

/** An alert and when a plain subscriber had it, by the monotonic clock. */
export interface Received {
  readonly alert: Alert;
  readonly atMs: number;
}

export class AlertListener {
  readonly received: Received[] = [];
  readonly #end: () => void;
  readonly #decoder = new TextDecoder();

  constructor(broker: Broker) {
    this.#end = broker.subscribe("alerts.>", ({ subject, data }) => {
      if (!ALERT_SUBJECT.test(subject)) return;
      const atMs = performance.now();
      this.received.push({ alert: JSON.parse(this.#decoder.decode(data)) as Alert, atMs });
    });
  }

  /** Waits until so many alerts came. Throws where they stay away. */
  async await(count: number): Promise<void> {
    let had = -1;
    let end = 0;
    while (this.received.length < count) {
      if (this.received.length !== had) {
        had = this.received.length;
        end = performance.now() + PATIENCE_MS;
      }
      if (performance.now() > end) throw new Error(`${count} alerts are expected, ${had} came`);
      await sleep(2);
    }
  }

  close(): void {
    this.#end();
  }
}

/** Waits until the alert stream has so many alerts, and gives them. Throws where they stay away. */
export async function awaitStored(broker: Broker, count: number): Promise<readonly Alert[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const alerts = await storedAlerts(broker);
    if (alerts.length >= count) return alerts;
    if (performance.now() > end)
      throw new Error(`${count} alerts are expected, the stream has ${alerts.length}`);
    await sleep(500);
  }
}

/** All alerts of the alert stream, in order: what counts, whatever a subscriber saw. */
async function storedAlerts(broker: Broker): Promise<readonly Alert[]> {
  const info = await streamInfo(broker, ALERT_STREAM);
  if (info.kind !== "ok") throw new Error(info.reason);
  const alerts: Alert[] = [];
  for (let from = 1; from <= info.value.lastSeq; from += READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, info.value.lastSeq - from + 1);
    const reads = Array.from({ length: count }, (_, i) =>
      messageAt(broker, ALERT_STREAM, from + i),
    );
    for (const read of await Promise.all(reads)) {
      if (read.kind !== "ok") throw new Error(read.reason);
      const { subject, data } = read.value;
      if (ALERT_SUBJECT.test(subject))
        alerts.push(JSON.parse(new TextDecoder().decode(data)) as Alert);
    }
  }
  return alerts;
}
