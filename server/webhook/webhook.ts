/**
 * One webhook: a reader of the alert stream with a position of its own, which posts each alert that its filter takes,
 * one after the other, until the receiver has it or the attempts are spent.
 *
 * Invariants
 *  K1  The position passes an alert only when the receiver answered 2xx, the filter does not take it, or its giving up
 *      is committed as a record of the alert stream. So every alert is sent at least once or is told as undelivered.
 *  K2  Alerts are sent in the order of the alert stream; a later one never overtakes an earlier one.
 *  K3  At most two small batches wait here; the alert stream keeps the rest. Nobody waits for a webhook.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import type { Alert } from "../../engine/outputs.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { openReader, type Reader, type ReadResult } from "../../io/nats-reader.ts";
import { type PostResult, WebhookDoor } from "../../io/webhook-request.ts";
import { type AlertHead, alertMatcher, alertOf } from "../alert-feed/alert-filter.ts";
import type { Log } from "../log.ts";
import { type Cursor, CursorWriter } from "./cursor-file.ts";
import type { RetrySettings, WebhookSettings } from "./webhook-settings.ts";
import { signedHeaders } from "./webhook-signature.ts";

export interface WebhookParts {
  readonly settings: WebhookSettings;
  readonly broker: Broker;
  /** The alert stream, and the first tokens of its subjects. */
  readonly stream: string;
  readonly root: string;
  /** Where it goes on, in the alert stream that is there. */
  readonly start: Cursor;
  /** The file of its position. */
  readonly cursorPath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Records that an alert was given up; resolves once that is durable. */
  readonly giveUp: (body: { readonly [name: string]: Value }) => Promise<void>;
}

/** What a webhook tells of itself: nothing secret. */
export interface WebhookStatus {
  readonly name: string;
  /** Sequence in the alert stream of the last record that is done with. */
  readonly position: number;
  readonly delivered: number;
  readonly failedAttempts: number;
  readonly undelivered: number;
  /** Records that the alert stream no longer held when their turn came. */
  readonly removed: number;
  /** Why the alert at hand was not delivered yet; null: nothing is wrong. */
  readonly trouble: string | null;
}

/** What is read of an answer at most. */
const MAX_ANSWER_BYTES = 65_536;
const BATCH = 64;
const SAVE_EVERY_MS = 250;
const REOPEN_MS = 500;

export class Webhook {
  readonly #parts: WebhookParts;
  readonly #door: WebhookDoor;
  readonly #cursor: CursorWriter;
  readonly #takes: (alert: AlertHead) => boolean;
  readonly #stop = new AbortController();
  #reader: Reader | null = null;
  #position: number;
  #created: string;
  #delivered = 0;
  #failedAttempts = 0;
  #undelivered = 0;
  #removed = 0;
  #trouble: string | null = null;
  #diskTrouble: string | null = null;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
    const { settings, start, cursorPath } = parts;
    this.#position = start.seq;
    this.#created = start.created;
    this.#door = new WebhookDoor({ ...settings, maxAnswerBytes: MAX_ANSWER_BYTES });
    this.#takes = alertMatcher(settings.filter);
    this.#cursor = new CursorWriter(cursorPath, SAVE_EVERY_MS, (reason) => this.#onDisk(reason));
    this.#cursor.save(start);
  }

  get status(): WebhookStatus {
    return {
      name: this.#parts.settings.name,
      position: this.#position,
      delivered: this.#delivered,
      failedAttempts: this.#failedAttempts,
      undelivered: this.#undelivered,
      removed: this.#removed,
      trouble: this.#trouble,
    };
  }

  /** Reads and posts until `close`. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { broker, stream, random } = this.#parts;
      const reader = openReader(broker, { stream, afterSeq: this.#position, batch: BATCH, random });
      this.#reader = reader;
      try {
        await this.#read(reader);
      } finally {
        reader.close();
      }
      await this.#pause(REOPEN_MS);
    }
  }

  /** Reads with this reader until it is of no more use. */
  async #read(reader: Reader): Promise<void> {
    for (;;) {
      const result: ReadResult = await reader.next();
      switch (result.kind) {
        case "messages":
          this.#missed(result.skipped);
          for (const message of result.messages) {
            if (!(await this.#handle(message))) return;
            this.#pass(message.seq);
          }
          break;
        case "idle":
        case "away":
          break;
        case "rolled-back":
          this.#goBack(result.stream.created, result.stream.lastSeq, result.reason);
          return;
        case "closed":
          return;
      }
    }
  }

  /** So many records were removed before they were read. Where it begins, none is missed. */
  #missed(count: number): void {
    if (count === 0 || this.#position === 0) return;
    this.#removed += count;
    const { log, settings } = this.#parts;
    const what = "records were removed from the alert stream before they were read";
    log.warn({ webhook: settings.name, count }, `${what}: alerts among them are not delivered`);
  }

  #pass(seq: number): void {
    this.#position = seq;
    this.#cursor.save({ created: this.#created, seq });
  }

  /** The alert stream went back: what it gets in the lost places is new to us, or comes twice, with the same id. */
  #goBack(created: string, lastSeq: number, reason: string): void {
    const { log, settings } = this.#parts;
    log.warn({ webhook: settings.name }, `the alert stream went back: ${reason}`);
    const same = created === this.#created;
    this.#created = created;
    this.#pass(same ? Math.min(this.#position, lastSeq) : 0);
  }

  /** Does what is to be done for a record; false where the end came first. */
  async #handle(message: FeedMessage): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    const alert = alertOf(message.subject, message.data, this.#parts.root);
    if (alert === null || !this.#takes(alert)) return true;
    for (let attempt = 1; ; attempt++) {
      const result = await this.#post(alert, message);
      if (this.#stop.signal.aborted && result.status === null) return false;
      if (isDelivered(result)) {
        this.#delivered++;
        this.#report(null);
        return true;
      }
      this.#failedAttempts++;
      const reason = result.status === null ? result.reason : `the answer was ${result.status}`;
      this.#report(reason);
      const { retry } = this.#parts.settings;
      const ageMs = this.#parts.clock.nowMs() - message.timeMs;
      if (isHopeless(result) || attempt >= retry.attempts || ageMs >= retry.maxAgeMs) {
        return this.#giveUp(alert, message, attempt, reason);
      }
      await this.#pause(pauseMs(retry, attempt, result.retryAfterMs, this.#parts.random));
      if (this.#stop.signal.aborted) return false;
    }
  }

  #post(alert: Alert, { seq, data }: FeedMessage): Promise<PostResult> {
    const { settings, clock } = this.#parts;
    const headers = {
      ...settings.headers,
      "content-type": "application/json",
      "user-agent": "sequitur",
      "sequitur-sequence": String(seq),
      ...signedHeaders(alert.id, clock.nowMs(), data, settings.secret),
    };
    return this.#door.post(headers, data);
  }

  async #giveUp(
    alert: Alert,
    { seq }: FeedMessage,
    attempts: number,
    reason: string,
  ): Promise<boolean> {
    const { settings, log, giveUp } = this.#parts;
    const webhook = settings.name;
    const { id, rule } = alert;
    // Where the service ends before, the next one tries again, and gives up anew.
    const recorded = giveUp({ webhook, alert: id, rule, seq, attempts, reason });
    if (!(await this.#beforeEnd(recorded))) return false;
    this.#undelivered++;
    log.warn({ webhook, alert: id, attempts }, `an alert was given up: ${reason}`);
    return true;
  }

  /** False where the end comes first. */
  async #beforeEnd(task: Promise<void>): Promise<boolean> {
    const { signal } = this.#stop;
    let onAbort = (): void => undefined;
    const ended = new Promise<false>((resolve) => {
      onAbort = () => resolve(false);
      signal.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([task.then(() => true), ended]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Tells once that deliveries fail, and once that they work again. */
  #report(reason: string | null): void {
    const { log, settings } = this.#parts;
    const webhook = settings.name;
    if (this.#trouble === null && reason !== null) log.warn({ webhook }, `alerts wait: ${reason}`);
    if (this.#trouble !== null && reason === null) log.info({ webhook }, "alerts are taken again");
    this.#trouble = reason;
  }

  #onDisk(reason: string | null): void {
    if (reason === this.#diskTrouble) return;
    this.#diskTrouble = reason;
    const { log, settings } = this.#parts;
    if (reason !== null) log.warn({ webhook: settings.name }, reason);
  }

  async #pause(durationMs: number): Promise<void> {
    await sleep(durationMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Ends: a request under way is cut, and its alert is sent again by the next process. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#reader?.close();
    this.#door.close();
    await this.#cursor.close();
  }
}

function isDelivered({ status }: PostResult): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** The receiver will not take this alert, however often: it is malformed to it, or too large. */
function isHopeless({ status }: PostResult): boolean {
  return status === 400 || status === 413 || status === 422;
}

/** Doubles from attempt to attempt, spread over its upper half; the receiver may ask for more within the limit. */
function pauseMs(
  { firstMs, longestMs }: RetrySettings,
  attempt: number,
  retryAfterMs: number | null,
  random: Random,
): number {
  const doubled = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 40));
  const spread = doubled * (0.5 + random.unit() / 2);
  return Math.max(spread, Math.min(retryAfterMs ?? 0, longestMs));
}
