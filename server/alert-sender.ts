/**
 * Sends the outbox to the alert stream, in order, for as long as the service runs. Whatever goes wrong, it reads what
 * the stream has last and goes on behind that.
 */

import type { Random } from "../base/random.ts";
import { type Clock, pause } from "../io/clock.ts";
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
  /** Attempts in a row in which the stream took nothing. */
  #stalls = 0;
  /** May the stream have lost what it had acknowledged? */
  #doubtful = false;
  readonly #offLost: () => void;
  #wake: () => void = () => undefined;
  #onProgress: () => void = () => undefined;

  constructor(parts: AlertSenderParts) {
    this.#parts = parts;
    const { broker, stream, clock } = parts;
    this.#offLost = broker.onLost(() => this.#doubt());
    this.#publisher = new Publisher(broker, { stream, timeoutMs: TIMEOUT_MS, clock });
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
      const cancel = this.#parts.clock.after(longestMs, resolve);
      this.#onProgress = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Sends until `close`. Throws RefusalError where the stream holds what it must not. */
  async run(): Promise<void> {
    const { outbox } = this.#parts;
    while (!this.#stop.signal.aborted) {
      if (this.#doubtful) {
        this.#doubtful = false;
        await this.#realign("the connection to NATS was lost");
      } else if (outbox.entries > 0) await this.#send();
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** The server may have lost power: what it acknowledged is compared with what it has, though nothing waits. */
  #doubt(): void {
    this.#doubtful = true;
    this.#wake();
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
    if (stopped === null || this.#stop.signal.aborted) return;
    metrics.publishRetried();
    await this.#realign(stopped.reason);
    this.#stalls = published > 0 ? 0 : this.#stalls + 1;
    // One stop is an acknowledgement that got lost; a stream that takes nothing again and again is full, or stopped.
    if (this.#stalls > 1) await this.#stall(stopped.reason);
  }

  /** The stream is there and takes nothing. */
  async #stall(reason: string): Promise<void> {
    const { stream, clock, random } = this.#parts;
    this.#report(`the alert stream ${stream} takes nothing (${reason})`);
    const retryMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, this.#stalls));
    await pause(clock, retryMs * (0.5 + random.unit() / 2), this.#stop.signal).catch(
      () => undefined,
    );
  }

  /** Reads what the stream has last, and goes on behind it. */
  async #realign(reason: string): Promise<void> {
    const { broker, stream, outbox, alerts, clock, random } = this.#parts;
    for (let retryMs = FIRST_RETRY_MS; !this.#stop.signal.aborted; ) {
      const end = await findEnd(broker, stream);
      if (end.kind === "ok") {
        const { next, firstStored } = outbox;
        const found = align(
          alerts,
          { firstStored, next, stored: (n) => outbox.stored(n) },
          end.value,
        );
        // A stream that was made anew is taken at a start only, where its identity is stored before anything is sent.
        if (found.kind !== "aligned" || end.value.created !== alerts.created) {
          const what = found.kind === "aligned" ? "it was made anew" : found.reason;
          throw new RefusalError(3, `the alert stream ${stream} is not what was written: ${what}`, [
            "the next start compares it with the outbox, and says what it can do about it",
            "where another service writes to it, give each an alert stream of its own",
          ]);
        }
        outbox.reload(found.acked, clock.monotonicMs());
        return;
      }
      this.#report(
        end.kind === "unreachable" ? reason : `the alert stream ${stream}: ${end.reason}`,
      );
      const pauseMs = retryMs * (0.5 + random.unit() / 2);
      await pause(clock, pauseMs, this.#stop.signal).catch(() => undefined);
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
    this.#offLost();
    this.#publisher.close();
    this.#wake();
  }
}

/** Where the alert stream ends. */
export async function findEnd(broker: Broker, stream: string): Promise<Outcome<FoundEnd>> {
  const info = await streamInfo(broker, stream);
  if (info.kind !== "ok") return info;
  const { created, firstSeq, lastSeq, messages } = info.value;
  const end = { created, firstSeq, lastSeq };
  if (messages === 0) return { kind: "ok", value: { ...end, message: null } };
  const found = await messageAt(broker, stream, lastSeq);
  if (found.kind === "missing") return { kind: "ok", value: { ...end, message: null } };
  return found.kind === "ok" ? { kind: "ok", value: { ...end, message: found.value } } : found;
}
