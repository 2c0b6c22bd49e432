/**
 * The deliveries of one pull consumer: its reply subject, the pulls under way, the check that nothing is missing.
 * Lives until the first sign of trouble; the reader then makes another one.
 *
 * Invariants
 *  D1  Consumer sequences come as 1, 2, 3 … and stream sequences rise, else the delivery is broken.
 *  D2  Messages are put to the account of the oldest open pull: the server serves pulls in the order of arrival.
 */

import type { Broker, BrokerMessage } from "./nats.ts";

/** A message of a feed. */
export interface FeedMessage {
  readonly seq: number;
  readonly subject: string;
  /** When the broker stored it, whole milliseconds. */
  readonly timeMs: number;
  readonly data: Uint8Array;
}

export interface DeliveryEvents {
  /** `pending` counts the messages that the server holds for the consumer behind this one. */
  readonly onMessage: (message: FeedMessage, pending: number) => void;
  /** The last open pull has ended before its batch was full. */
  readonly onEmpty: () => void;
  readonly onBroken: () => void;
}

export interface PullRequest {
  readonly batch: number;
  /** Nanoseconds. */
  readonly expires: number;
  readonly max_bytes: number;
}

interface Pull {
  readonly reply: string;
  remaining: number;
}

export class Delivery {
  readonly #broker: Broker;
  readonly #stream: string;
  readonly #inbox: string;
  readonly #unsubscribe: () => void;
  readonly #pulls: Pull[] = [];
  #events: DeliveryEvents | null = null;
  #consumer = "";
  #consumerSeq = 0;
  #streamSeq: number;
  #pullCount = 0;
  /** Has the last open pull ended early since this was set to false? */
  endedEmpty = false;

  constructor(broker: Broker, stream: string, afterSeq: number) {
    this.#broker = broker;
    this.#stream = stream;
    this.#streamSeq = afterSeq;
    this.#inbox = broker.newInbox();
    this.#unsubscribe = broker.subscribe(`${this.#inbox}.*`, (message) => this.#receive(message));
  }

  /** Name of the consumer, once it has one. */
  get consumer(): string {
    return this.#consumer;
  }

  /** Messages that were asked for and may still come. */
  get outstanding(): number {
    return this.#pulls.reduce((sum, pull) => sum + pull.remaining, 0);
  }

  begin(consumer: string, events: DeliveryEvents): void {
    this.#consumer = consumer;
    this.#events = events;
  }

  pull(request: PullRequest): void {
    const reply = `${this.#inbox}.${this.#pullCount++}`;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${this.#consumer}`;
    this.#pulls.push({ reply, remaining: request.batch });
    try {
      this.#broker.publish(subject, new TextEncoder().encode(JSON.stringify(request)), reply);
    } catch {
      // The connection was closed for good.
      this.#events?.onBroken();
    }
  }

  close(): void {
    this.#events = null;
    this.#unsubscribe();
  }

  #receive(message: BrokerMessage): void {
    const events = this.#events;
    if (events === null) return;
    if (message.status !== null && message.subject.startsWith(this.#inbox)) {
      this.#onStatus(message, message.status, events);
      return;
    }
    const place = placeOf(message.reply);
    if (
      place === null ||
      place.consumerSeq !== this.#consumerSeq + 1 ||
      place.streamSeq <= this.#streamSeq
    ) {
      events.onBroken();
      return;
    }
    this.#consumerSeq = place.consumerSeq;
    this.#streamSeq = place.streamSeq;
    const pull = this.#pulls[0];
    if (pull !== undefined && --pull.remaining === 0) this.#pulls.shift();
    const { subject, data } = message;
    events.onMessage({ seq: place.streamSeq, subject, timeMs: place.timeMs, data }, place.pending);
  }

  #onStatus(
    message: BrokerMessage,
    status: { readonly code: number; readonly text: string },
    events: DeliveryEvents,
  ): void {
    if (status.code === 100) return;
    if (!endsPull(status.code, status.text)) {
      events.onBroken();
      return;
    }
    const at = this.#pulls.findIndex((pull) => pull.reply === message.subject);
    if (at >= 0) this.#pulls.splice(at, 1);
    if (this.#pulls.length > 0) return;
    this.endedEmpty = true;
    events.onEmpty();
  }
}

/**
 * Statuses that end a pull and leave the consumer: nothing came in time, or the batch is full of bytes. All others,
 * such as "consumer deleted", "no responders" or "leadership change", ask for a new consumer.
 */
function endsPull(code: number, text: string): boolean {
  if (code === 404 || code === 408) return true;
  return code === 409 && /maxbytes|batch completed|exceeds max/i.test(text);
}

interface Place {
  readonly streamSeq: number;
  readonly consumerSeq: number;
  readonly timeMs: number;
  readonly pending: number;
}

/**
 * Where a delivery stands, from its reply subject:
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time in ns>.<pending>`, on later servers with
 * domain and account hash before the stream and a random token at the end.
 */
function placeOf(reply: string): Place | null {
  const tokens = reply.split(".");
  if (tokens.length < 9 || tokens[1] !== "ACK") return null;
  const at = tokens.length === 9 ? 5 : 7;
  return {
    streamSeq: Number(tokens[at]),
    consumerSeq: Number(tokens[at + 1]),
    timeMs: Number(tokens[at + 2]?.slice(0, -6)),
    pending: Number(tokens[at + 3]),
  };
}
