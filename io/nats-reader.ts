/**
 * Reading one JetStream stream in order from a position that the reader's owner keeps: an ephemeral pull consumer
 * without acknowledgements, made anew at the position behind the last message whenever anything looks wrong.
 *
 * Invariants
 *  R1  Messages are given in the order of the stream, each once, none left out that the stream still holds.
 *  R2  At most two batches wait or are under way; who does not call `next` stops the flow, the stream keeps the rest.
 *  R3  "Caught up" is the server's word: nothing pending behind the last message, or the stream's last sequence.
 *      A pull that ends empty proves nothing, for so does one on a consumer that vanished.
 *
 * Each consumer numbers its deliveries from 1; a number left out is a lost delivery.
 */

import { assert } from "../base/assert.ts";
import { crc32 } from "../base/crc32.ts";
import type { Random } from "../base/random.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Broker, Outcome } from "./nats.ts";
import { Delivery, type FeedMessage } from "./nats-delivery.ts";
import { messageAt, nextMessage, type StreamInfo, streamInfo } from "./nats-streams.ts";

export interface ReaderOptions {
  readonly stream: string;
  /** Subject patterns to read; none reads all. Below server 2.10 several are not filtered: the caller does. */
  readonly filters?: readonly string[];
  /** Reading begins behind this sequence. */
  readonly afterSeq: number;
  /** What the message there was, as far as it is known: when the broker stored it, and the checksum of its payload. */
  readonly after?: { readonly timeMs: number; readonly checksum: number };
  /** Most messages of a batch; 1000. */
  readonly batch?: number;
  /** How long `next` waits for a message, about; 1000. */
  readonly expiresMs?: number;
  /** Spreads the attempts to reopen. */
  readonly random: Random;
  /** The system's clock where left out. */
  readonly clock?: Clock;
}

export type ReadResult =
  | {
      readonly kind: "messages";
      readonly messages: readonly FeedMessage[];
      /** Did the server say that nothing was pending behind the last of them? */
      readonly caughtUp: boolean;
      /** Sequences passed over because the stream no longer holds them; 0 for a filtered reader. */
      readonly skipped: number;
    }
  /** Nothing came for about `expiresMs`. */
  | { readonly kind: "idle"; readonly caughtUp: boolean; readonly stream: StreamInfo }
  /** The stream ends before the position, or was made anew: the messages read are not those it now holds. */
  | {
      readonly kind: "rolled-back";
      readonly stream: StreamInfo;
      readonly reason: string;
      /** Was the stream made anew since this reader began? */
      readonly remade: boolean;
    }
  /** The broker cannot be asked at the moment. The reader goes on trying with each call. */
  | { readonly kind: "away"; readonly reason: string }
  | { readonly kind: "closed" };

/** Longest wait between two attempts to reopen. */
const RETRY_MAX_MS = 2000;
/** How long beyond its end a pull may stay without a sign of life. */
const GRACE_MS = 2000;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** How long a batch that is not full waits for messages that the server has announced. */
const LINGER_MS = 2;
const NS_PER_MS = 1_000_000;

/** A reader; nothing is asked of the broker before the first `next`. */
export function openReader(broker: Broker, options: ReaderOptions): Reader {
  return new Reader(broker, options);
}

export class Reader {
  readonly #broker: Broker;
  readonly #stream: string;
  readonly #filters: readonly string[];
  readonly #batch: number;
  readonly #expiresMs: number;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #offLost: () => void;
  #queue: FeedMessage[] = [];
  #skipped = 0;
  /** Sequence of the last message queued or given. */
  #position: number;
  /** Did the server say that nothing is pending behind `#position`? */
  #atEnd = false;
  /** The last message queued or given, by which the stream is known again; before it, what the owner knows. */
  #last: FeedMessage | null = null;
  readonly #after: ReaderOptions["after"];
  #delivery: Delivery | null = null;
  #created: string | null = null;
  #failures = 0;
  #idleBehind = 0;
  #reading = false;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(broker: Broker, options: ReaderOptions) {
    this.#broker = broker;
    this.#stream = options.stream;
    this.#filters = options.filters ?? [];
    this.#batch = options.batch ?? 1000;
    this.#expiresMs = options.expiresMs ?? 1000;
    this.#random = options.random;
    this.#clock = options.clock ?? systemClock;
    this.#position = options.afterSeq;
    this.#after = options.after;
    this.#offLost = broker.onLost(() => this.#drop());
  }

  /** The next messages, or why there are none. One call at a time. */
  async next(): Promise<ReadResult> {
    assert(!this.#reading, "a reader is read by one caller at a time");
    this.#reading = true;
    try {
      return await this.#next();
    } finally {
      this.#reading = false;
    }
  }

  /** Ends reading; a waiting `next` returns. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#offLost();
    const { consumer } = this.#delivery ?? {};
    if (consumer !== undefined && this.#broker.connected) {
      void this.#broker.api(`CONSUMER.DELETE.${this.#stream}.${consumer}`);
    }
    this.#drop();
  }

  async #next(): Promise<ReadResult> {
    if (this.#closed) return { kind: "closed" };
    if (this.#isReady()) return this.#take();
    if (this.#delivery === null) {
      if (this.#queue.length > 0) return this.#take();
      const problem = await this.#reopen();
      if (problem !== null) return problem;
    }
    const empty = await this.#wait();
    if (this.#closed) return { kind: "closed" };
    if (this.#queue.length > 0) return this.#take();
    if (!empty) return { kind: "away", reason: `reading ${this.#stream} was interrupted` };
    return this.#idle();
  }

  #take(): ReadResult {
    const messages =
      this.#queue.length <= this.#batch ? this.#queue : this.#queue.slice(0, this.#batch);
    this.#queue = this.#queue.slice(messages.length);
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.#idleBehind = 0;
    // The next pull is under way while the caller works on this batch.
    this.#pull();
    return {
      kind: "messages",
      messages,
      caughtUp: this.#atEnd && this.#queue.length === 0,
      skipped,
    };
  }

  /** Makes a consumer behind the position, after a pause that grows with the failures in a row. */
  async #reopen(): Promise<ReadResult | null> {
    if (this.#failures > 0) await this.#pause();
    if (this.#closed) return { kind: "closed" };
    const info = await streamInfo(this.#broker, this.#stream);
    if (info.kind !== "ok") return this.#failed(info);
    const lost = this.#rollback(info.value);
    if (lost !== null) return lost;
    const delivery = new Delivery(this.#broker, this.#stream, this.#position);
    const made = await this.#broker.api(`CONSUMER.CREATE.${this.#stream}`, this.#consumer());
    if (made.kind !== "ok" || this.#closed) {
      delivery.close();
      return made.kind === "ok" ? { kind: "closed" } : this.#failed(made);
    }
    // After the consumer was made: it does not outlive a loss of messages that comes later.
    const rewritten = await this.#rewritten(info.value);
    if (rewritten !== null || this.#closed) {
      delivery.close();
      return rewritten ?? { kind: "closed" };
    }
    delivery.begin((made.value as { name: string }).name, {
      onMessage: (message, pending) => this.#receive(message, pending),
      onEmpty: () => this.#wake(),
      onBroken: () => this.#drop(),
    });
    this.#failures = 0;
    this.#delivery = delivery;
    return null;
  }

  #consumer(): unknown {
    const filters = this.#filters;
    const several = filters.length > 1 && this.#broker.isAtLeast(2, 10);
    return {
      stream_name: this.#stream,
      config: {
        deliver_policy: "by_start_sequence",
        opt_start_seq: this.#position + 1,
        ack_policy: "none",
        replay_policy: "instant",
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: 30_000 * NS_PER_MS,
        max_ack_pending: -1,
        ...(filters.length === 1 ? { filter_subject: filters[0] } : {}),
        ...(several ? { filter_subjects: filters } : {}),
      },
    };
  }

  #failed(outcome: Exclude<Outcome<unknown>, { kind: "ok" }>): ReadResult {
    this.#failures++;
    return { kind: "away", reason: `stream ${this.#stream}: ${outcome.reason}` };
  }

  async #pause(): Promise<void> {
    const longest = Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(this.#failures, 10));
    await this.#sleep(longest * (0.5 + this.#random.unit() / 2));
  }

  /** Waits for a message or the end of an empty pull; false when the delivery broke or fell silent. */
  async #wait(): Promise<boolean> {
    this.#pull();
    const delivery = this.#delivery;
    if (delivery === null) return false;
    if (this.#queue.length === 0) await this.#sleep(this.#expiresMs + GRACE_MS);
    if (this.#queue.length > 0 && !this.#isReady()) await this.#sleep(LINGER_MS);
    if (this.#delivery !== delivery) return false;
    if (this.#queue.length > 0 || delivery.endedEmpty) return true;
    this.#drop();
    return false;
  }

  /** Waits until something happens, or as long as given. */
  async #sleep(durationMs: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(durationMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  #pull(): void {
    const delivery = this.#delivery;
    if (delivery === null) return;
    delivery.endedEmpty = false;
    if (this.#queue.length + delivery.outstanding > this.#batch) return;
    delivery.pull({
      batch: this.#batch,
      expires: this.#expiresMs * NS_PER_MS,
      max_bytes: MAX_BATCH_BYTES,
    });
  }

  #receive(message: FeedMessage, pending: number): void {
    if (this.#filters.length === 0) this.#skipped += message.seq - this.#position - 1;
    this.#queue.push(message);
    this.#position = message.seq;
    this.#last = message;
    this.#atEnd = pending === 0;
    if (this.#queue.length === 1 || this.#isReady()) this.#wake();
  }

  /** Is a batch full, or is nothing more to be expected at once? */
  #isReady(): boolean {
    const waiting = this.#queue.length;
    return waiting >= this.#batch || (waiting > 0 && this.#atEnd);
  }

  /** Ends the delivery; what is queued stays, the next one begins behind it. */
  #drop(): void {
    this.#delivery?.close();
    this.#delivery = null;
    this.#failures++;
    this.#wake();
  }

  /** After an empty pull: what does the stream itself say? */
  async #idle(): Promise<ReadResult> {
    const info = await streamInfo(this.#broker, this.#stream);
    if (info.kind !== "ok") return this.#failed(info);
    const lost = this.#rollback(info.value);
    if (lost !== null) return lost;
    const behind = await this.#isBehind(info.value);
    if (this.#queue.length > 0) return this.#take();
    if (behind.kind !== "ok") return this.#failed(behind);
    // Messages that are there and twice do not come: the consumer is not what it was.
    this.#idleBehind = behind.value ? this.#idleBehind + 1 : 0;
    if (this.#idleBehind > 1) this.#drop();
    return { kind: "idle", caughtUp: !behind.value, stream: info.value };
  }

  async #isBehind({ lastSeq }: StreamInfo): Promise<Outcome<boolean>> {
    if (lastSeq === this.#position) return { kind: "ok", value: false };
    if (this.#filters.length === 0) return { kind: "ok", value: true };
    for (const filter of this.#filters) {
      const found = await nextMessage(this.#broker, this.#stream, this.#position + 1, filter);
      if (found.kind === "ok") return { kind: "ok", value: true };
      if (found.kind !== "missing") return found;
    }
    return { kind: "ok", value: false };
  }

  /**
   * Is the message at the position still the one that came? A stream that has lost its end, and grown again since, does
   * not show it otherwise. One that was deleted proves nothing.
   */
  async #rewritten(stream: StreamInfo): Promise<ReadResult | null> {
    const last = this.#last;
    const known = last === null ? this.#after : { timeMs: last.timeMs, checksum: crc32(last.data) };
    if (known === undefined) return null;
    const seq = last?.seq ?? this.#position;
    const found = await messageAt(this.#broker, this.#stream, seq);
    if (found.kind === "missing") return null;
    if (found.kind !== "ok") return this.#failed(found);
    const { timeMs, data } = found.value;
    if (timeMs === known.timeMs && crc32(data) === known.checksum) return null;
    const reason = `its message ${seq} is not the one that was read`;
    return { kind: "rolled-back", stream, reason, remade: false };
  }

  #rollback(stream: StreamInfo): ReadResult | null {
    this.#created ??= stream.created;
    let reason: string | null = null;
    const remade = stream.created !== this.#created;
    if (remade) reason = "the stream was made anew";
    else if (stream.lastSeq < this.#position) {
      reason = `the stream ends at ${stream.lastSeq}, before the position ${this.#position}`;
    }
    return reason === null ? null : { kind: "rolled-back", stream, reason, remade };
  }
}
