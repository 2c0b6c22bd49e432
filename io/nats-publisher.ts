/**
 * Publishing records to one JetStream stream in an order that nothing can disturb: each carries the sequence that the
 * one before it must have, so that a hole, a doubled record or a second writer is refused by the server.
 *
 * Sequences alone do not suffice with several records under way: a foreign record that takes the place of record k has
 * it refused, and by that very place record k + 1 is accepted, a hole. So each record that has a successor in its call
 * also has a message id, and the successor names it as the last one expected. Ids are never used twice, so that the
 * server's search for duplicates finds none; across calls nothing is under way, and the sequence suffices.
 *
 * Invariants
 *  P1  Record i of a call is stored at `expectedLastSeq + 1 + i` behind record i - 1, or not at all.
 *  P2  At most `window` records are under way without their acknowledgement.
 *
 * Acknowledgements are counted on a reply subject of our own: `js.publish` of the client costs ten times as much.
 */

import { assert } from "../base/assert.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Broker, BrokerMessage } from "./nats.ts";

export interface OutRecord {
  readonly subject: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly data: Uint8Array;
}

/** Why publishing ended before the last record. */
export interface PublishStop {
  /**
   * conflict     the stream does not end where it should: another writer, or an acknowledgement that got lost
   * unreachable  no acknowledgement in time; records may have been stored all the same
   * refused      the server will not take the record, however often
   */
  readonly kind: "conflict" | "unreachable" | "refused";
  readonly reason: string;
}

export interface PublishResult {
  /** Records acknowledged, counted from the first; those behind may be stored or not. */
  readonly published: number;
  /** Sequence of the last one acknowledged. */
  readonly lastSeq: number;
  readonly stopped: PublishStop | null;
}

export interface PublishOptions {
  readonly stream: string;
  /** Most records under way; 256. */
  readonly window?: number;
  /** How long to wait for the next acknowledgement; 5000. */
  readonly timeoutMs?: number;
  /** The system's clock where left out. */
  readonly clock?: Clock;
}

/** The stream does not end with what was expected (errors.json of nats-server). */
const CONFLICTS = [
  10070, // wrong last message id
  10071, // wrong last sequence
  10164, // wrong last sequence, from 2.11 where another write is in flight
];

interface Call {
  readonly records: readonly OutRecord[];
  readonly expectedLastSeq: number;
  /** Number of the first record's reply subject. */
  readonly firstNumber: number;
  readonly finish: (stopped: PublishStop | null) => void;
  sent: number;
  acked: number;
  lastProgressMs: number;
}

/** Publishes to one stream. Owns one reply subscription. */
export class Publisher {
  readonly #broker: Broker;
  readonly #stream: string;
  readonly #window: number;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #inbox: string;
  readonly #unsubscribe: () => void;
  #nextNumber = 0;
  #call: Call | null = null;

  constructor(broker: Broker, options: PublishOptions) {
    this.#broker = broker;
    this.#stream = options.stream;
    this.#window = options.window ?? 256;
    this.#timeoutMs = options.timeoutMs ?? 5000;
    this.#clock = options.clock ?? systemClock;
    this.#inbox = broker.newInbox();
    this.#unsubscribe = broker.subscribe(`${this.#inbox}.*`, (message) => this.#onAck(message));
  }

  /** Publishes the records behind `expectedLastSeq`. One call at a time. Never throws for what the world does. */
  async publishInOrder(
    records: readonly OutRecord[],
    expectedLastSeq: number,
  ): Promise<PublishResult> {
    assert(this.#call === null, "records are published by one call at a time");
    if (records.length === 0) return { published: 0, lastSeq: expectedLastSeq, stopped: null };
    let ending = (): void => undefined;
    const result = await new Promise<PublishResult>((resolve) => {
      const call: Call = {
        records,
        expectedLastSeq,
        firstNumber: this.#nextNumber,
        sent: 0,
        acked: 0,
        lastProgressMs: this.#clock.monotonicMs(),
        finish: (stopped) => {
          const published = call.acked;
          resolve({ published, lastSeq: expectedLastSeq + published, stopped });
          this.#call = null;
        },
      };
      this.#call = call;
      this.#nextNumber += records.length;
      ending = this.#watch(call);
      this.#send(call);
    });
    ending();
    return result;
  }

  close(): void {
    this.#call?.finish({ kind: "unreachable", reason: "publishing was ended" });
    this.#unsubscribe();
  }

  /** Ends the call when the connection is lost or no acknowledgement comes; gives the function that stops watching. */
  #watch(call: Call): () => void {
    let cancel = (): void => undefined;
    const look = (): void => {
      if (this.#clock.monotonicMs() - call.lastProgressMs < this.#timeoutMs) {
        cancel = this.#clock.after(this.#timeoutMs / 4, look);
        return;
      }
      const reason = `no acknowledgement from NATS within ${this.#timeoutMs} ms`;
      this.#stop(call, { kind: "unreachable", reason });
    };
    cancel = this.#clock.after(this.#timeoutMs / 4, look);
    const off = this.#broker.onLost(() => {
      this.#stop(call, { kind: "unreachable", reason: "the connection to NATS is lost" });
    });
    return () => {
      cancel();
      off();
    };
  }

  #stop(call: Call, stopped: PublishStop | null): void {
    if (this.#call === call) call.finish(stopped);
  }

  #send(call: Call): void {
    const end = Math.min(call.records.length, call.acked + this.#window);
    for (; call.sent < end; call.sent++) {
      const { subject, data } = call.records[call.sent] as OutRecord;
      const reply = `${this.#inbox}.${call.firstNumber + call.sent}`;
      try {
        this.#broker.publish(subject, data, reply, this.#headers(call, call.sent));
      } catch (error) {
        const reason = (error as Error).message;
        this.#stop(call, {
          kind: this.#broker.connected ? "refused" : "unreachable",
          reason: `the record for ${subject} cannot be sent: ${reason}`,
        });
        return;
      }
    }
  }

  /** The record's own headers and those that chain it to the one before. The inbox is unique, so are the ids. */
  #headers(call: Call, index: number): OutRecord["headers"] {
    const { headers } = call.records[index] as OutRecord;
    const chained: (readonly [string, string])[] = [
      ...headers,
      ["Nats-Expected-Stream", this.#stream],
      ["Nats-Expected-Last-Sequence", String(call.expectedLastSeq + index)],
    ];
    const number = call.firstNumber + index;
    if (index > 0) chained.push(["Nats-Expected-Last-Msg-Id", `${this.#inbox}.${number - 1}`]);
    if (index < call.records.length - 1) chained.push(["Nats-Msg-Id", `${this.#inbox}.${number}`]);
    return chained;
  }

  #onAck(message: BrokerMessage): void {
    const call = this.#call;
    const number = Number(message.subject.slice(this.#inbox.length + 1));
    // Acknowledgements of an earlier call that was stopped come late.
    if (call === null || number < call.firstNumber) return;
    const stopped = problemOf(message, call.expectedLastSeq + 1 + number - call.firstNumber);
    if (stopped !== null) {
      this.#stop(call, stopped);
      return;
    }
    // By the chain a record that is stored tells that all before it are, should acknowledgements overtake each other.
    call.acked = Math.max(call.acked, number - call.firstNumber + 1);
    call.lastProgressMs = this.#clock.monotonicMs();
    if (call.acked === call.records.length) this.#stop(call, null);
    else this.#send(call);
  }
}

interface PubAck {
  readonly seq?: number;
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description?: string;
  };
}

/** What an acknowledgement says against the record at `seq`, or null. */
function problemOf(message: BrokerMessage, seq: number): PublishStop | null {
  if (message.status !== null) {
    const reason = `JetStream does not answer (${message.status.code} ${message.status.text})`;
    return { kind: "unreachable", reason };
  }
  const ack = JSON.parse(new TextDecoder().decode(message.data)) as PubAck;
  if (ack.error === undefined) {
    if (ack.seq === seq) return null;
    return { kind: "conflict", reason: `stored at ${ack.seq} instead of ${seq}` };
  }
  const { code, err_code: errorCode, description } = ack.error;
  const reason = `${description ?? "refused"} (${errorCode ?? code})`;
  if (CONFLICTS.includes(errorCode ?? 0)) return { kind: "conflict", reason };
  return { kind: code >= 500 ? "unreachable" : "refused", reason };
}
