/**
 * Sends the outbox to the alert stream, in order, for as long as the service runs. Whatever goes wrong, it reads what
 * the stream has last and goes on behind that.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../base/random.ts";
import type { Clock } from "../io/clock.ts";
import type { Broker, Outcome } from "../io/nats.ts";
import { Publisher } from "../io/nats-publisher.ts";
import { messageAt, streamInfo } from "../io/nats-streams.ts";
import { align, type FoundEnd } from "./alert-log.ts";
import { crashAfterTurn, crashPoint } from "./crash-point.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { headersOf, type NumberedRecord } from "./outbox-record.ts";
import { RefusalError } from "./refusal.ts";

export interface AlertSenderParts {
  readonly broker: Broker;
  readonly stream: string;
  readonly outbox: Outbox;
  /** The alert stream's identity and base: record n has the sequence base + n. */
  readonly alerts: { readonly created: string; readonly base: number };
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: Random;
}

/** Records of one call: acknowledged together as far as they came. */
const BATCH = 512;
const TIMEOUT_MS = 2000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

export class AlertSender {
  readonly #parts: AlertSenderParts;
  readonly #publisher: Publisher;
  readonly #stop = new AbortController();
  #trouble: string | null = null;
  #wake: () => void = () => undefined;
  #onProgress: () => void = () => undefined;

  constructor(parts: AlertSenderParts) {
    this.#parts = parts;
    const { broker, stream } = parts;
    this.#publisher = new Publisher(broker, { stream, timeoutMs: TIMEOUT_MS });
  }

  /** Why records do not leave at the moment; null where they do. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Something was committed. */
  wake(): void {
    this.#wake();
  }

  /** Resolves at the next acknowledgement, or after so many milliseconds. */
  async progress(longestMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longestMs);
      this.#onProgress = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Sends until `close`. Throws RefusalError where the stream holds what it must not. */
  async run(): Promise<void> {
    const { outbox } = this.#parts;
    while (!this.#stop.signal.aborted) {
      if (outbox.entries > 0) await this.#send();
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async #send(): Promise<void> {
    const { outbox, clock, metrics, alerts } = this.#parts;
    const records: NumberedRecord[] = [];
    for (let n = outbox.acked + 1; records.length < BATCH; n++) {
      const record = outbox.waiting(n);
      if (record === undefined) break;
      records.push(record);
    }
    crashPoint("before-publish");
    const startMs = clock.monotonicMs();
    const publishing = this.#publisher.publishInOrder(
      records.map((record) => ({
        subject: record.subject,
        headers: headersOf(record),
        data: record.payload,
      })),
      alerts.base + outbox.acked,
    );
    crashAfterTurn("mid-publish");
    const { published, stopped } = await publishing;
    crashPoint("before-ack");
    outbox.acknowledge(outbox.acked + published, clock.monotonicMs());
    crashPoint("after-ack");
    if (published > 0) {
      metrics.published(published, (clock.monotonicMs() - startMs) / 1000);
      this.#report(null);
      this.#onProgress();
    }
    if (stopped !== null && !this.#stop.signal.aborted) {
      metrics.publishRetried();
      await this.#realign(stopped.reason);
    }
  }

  /** Reads what the stream has last, and goes on behind it. */
  async #realign(reason: string): Promise<void> {
    const { broker, stream, outbox, alerts, clock, random } = this.#parts;
    for (let retryMs = FIRST_RETRY_MS; !this.#stop.signal.aborted; ) {
      const end = await findEnd(broker, stream);
      if (end.kind === "ok") {
        const { next, firstStored } = outbox;
        const stored = { ...alerts, next };
        const found = align(
          stored,
          { firstStored, next, stored: (n) => outbox.stored(n) },
          end.value,
        );
        if (found.kind === "refused" || found.base !== alerts.base) {
          const what = found.kind === "refused" ? found.reason : "it was made anew";
          throw new RefusalError(3, `the alert stream ${stream} is not what was written: ${what}`);
        }
        outbox.reload(found.acked, clock.monotonicMs());
        return;
      }
      this.#report(
        end.kind === "unreachable" ? reason : `the alert stream ${stream}: ${end.reason}`,
      );
      const pauseMs = retryMs * (0.5 + random.unit() / 2);
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }

  #report(reason: string | null): void {
    if ((this.#trouble === null) === (reason === null)) return;
    this.#trouble = reason;
    if (reason === null) this.#parts.log.info("alerts leave again");
    else this.#parts.log.warn(`alerts wait: ${reason}`);
  }

  /** Waits until everything committed is acknowledged, at most so long. */
  async drain(longestMs: number): Promise<void> {
    const { outbox, clock } = this.#parts;
    const end = clock.monotonicMs() + longestMs;
    while (outbox.entries > 0 && clock.monotonicMs() < end) {
      this.#wake();
      await this.progress(Math.min(100, Math.max(1, end - clock.monotonicMs())));
    }
  }

  /** Ends `run`. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#publisher.close();
    this.#wake();
  }
}

/** Where the alert stream ends. */
export async function findEnd(broker: Broker, stream: string): Promise<Outcome<FoundEnd>> {
  const info = await streamInfo(broker, stream);
  if (info.kind !== "ok") return info;
  const { created, lastSeq, messages } = info.value;
  if (messages === 0) return { kind: "ok", value: { created, lastSeq, message: null } };
  const found = await messageAt(broker, stream, lastSeq);
  if (found.kind === "missing") return { kind: "ok", value: { created, lastSeq, message: null } };
  return found.kind === "ok"
    ? { kind: "ok", value: { created, lastSeq, message: found.value } }
    : found;
}
