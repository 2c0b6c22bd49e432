/**
 * A nats-server with JetStream, as far as the engine talks to it: streams, single messages, pull consumers without
 * acknowledgements. It answers in the server's own JSON, headers and statuses, so that the production client runs on
 * it. Faults are asked for at each step from `ServerFaults`.
 *
 * Not modelled: several servers (a change of leader is what the clients see of it), permissions, push consumers.
 */

import { assert } from "../../base/assert.ts";
import { subjectMatches } from "../../base/subject.ts";
import { covers } from "../../io/nats-streams.ts";
import type { Schedule } from "./schedule.ts";
import {
  type Headers,
  type ModelMessage,
  type ModelStreamConfig,
  StreamModel,
} from "./stream-model.ts";

/** A message on the wire. `status` is the first line of its headers, where it has one. */
export interface WireMessage {
  readonly subject: string;
  readonly reply: string;
  readonly headers: Headers;
  readonly status: { readonly code: number; readonly description: string } | null;
  readonly data: Uint8Array;
}

/** The end of a connection that the server sees. `inbox` is the subject by which the client finds its subscription. */
export interface Peer {
  send(inbox: string, message: WireMessage): void;
  /** The server or the network ended it. */
  cut(why: string): void;
}

export type PublishFault =
  | "none"
  | "ignored"
  | "ack-lost"
  | "wrong-sequence"
  | "in-flight"
  | "unavailable";
export type DeliveryFault = "none" | "lost" | "doubled" | "late";

/** What goes wrong inside of the server, asked at each occasion. */
export interface ServerFaults {
  onPublish(stream: string): PublishFault;
  onDelivery(stream: string): DeliveryFault;
  /** Is the pull served? One that is not ends empty. */
  onPull(stream: string): boolean;
  /** Is the request answered? */
  onRequest(path: string): "answered" | "lost" | "unavailable";
}

export const NO_FAULTS: ServerFaults = {
  onPublish: () => "none",
  onDelivery: () => "none",
  onPull: () => true,
  onRequest: () => "answered",
};

interface Pull {
  readonly peer: Peer;
  readonly reply: string;
  readonly served: boolean;
  remaining: number;
}

interface Consumer {
  readonly name: string;
  readonly stream: string;
  readonly filters: readonly string[];
  nextSeq: number;
  delivered: number;
  readonly pulls: Pull[];
  /** Behind the next message in the order of delivery, out of order. */
  held: (() => void) | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = new Uint8Array();

interface Failure {
  readonly code: number;
  readonly errCode: number;
  readonly description: string;
}

const NO_STREAM: Failure = { code: 404, errCode: 10059, description: "stream not found" };
const NO_MESSAGE: Failure = { code: 404, errCode: 10037, description: "no message found" };
const UNAVAILABLE: Failure = {
  code: 503,
  errCode: 10008,
  description: "JetStream system temporarily unavailable",
};

export class NatsModel {
  readonly version = "2.9.10";
  readonly #schedule: Schedule;
  readonly #faults: ServerFaults;
  readonly #streams = new Map<string, StreamModel>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #peers = new Set<Peer>();
  /** Hears of each message that is stored, and of each that leaves for a consumer. */
  readonly onStored: (stream: string, message: ModelMessage) => void;
  readonly onDelivered: (peer: Peer, stream: string, message: ModelMessage) => void;
  #names = 0;
  #up = true;
  /** Nothing is stored any more, and publishers hear nothing, until a restart. */
  diskFull = false;
  /** What the server's wall clock is ahead of the simulation's. */
  wallAheadMs = 0;

  constructor(
    schedule: Schedule,
    faults: ServerFaults,
    hooks: Partial<Pick<NatsModel, "onStored" | "onDelivered">> = {},
  ) {
    this.#schedule = schedule;
    this.#faults = faults;
    this.onStored = hooks.onStored ?? (() => undefined);
    this.onDelivered = hooks.onDelivered ?? (() => undefined);
  }

  get up(): boolean {
    return this.#up;
  }

  get wallMs(): number {
    return WALL_START_MS + Math.floor(this.#schedule.nowMs) + this.wallAheadMs;
  }

  connect(peer: Peer): void {
    this.#peers.add(peer);
  }

  /** A client has closed its end, or died: what was asked for it goes nowhere. */
  disconnect(peer: Peer): void {
    this.#peers.delete(peer);
  }

  stream(name: string): StreamModel {
    const stream = this.#streams.get(name);
    assert(stream !== undefined, `there is a stream ${name}`);
    return stream;
  }

  has(name: string): boolean {
    return this.#streams.has(name);
  }

  makeStream(config: ModelStreamConfig): StreamModel {
    // A stream that is made anew is another one, however fast.
    const created = new Date(this.wallMs).toISOString().replace("Z", `${1000 + this.#names++}Z`);
    const stream = new StreamModel(config, created);
    this.#streams.set(config.name, stream);
    return stream;
  }

  /** A message of a producer that has a way of its own to the server; false where it is not stored. */
  produce(stream: string, subject: string, data: Uint8Array, headers: Headers = []): boolean {
    if (!this.#up || this.diskFull) return false;
    this.#store(stream, subject, headers, data);
    return true;
  }

  #store(name: string, subject: string, headers: Headers, data: Uint8Array) {
    const stream = this.stream(name);
    const answer = stream.publish(subject, headers, data, this.wallMs);
    if (answer.kind === "stored" && !answer.duplicate) {
      this.onStored(name, stream.at(answer.seq) as ModelMessage);
      for (const consumer of this.#consumers.values()) {
        if (consumer.stream === name) this.#serve(consumer);
      }
    }
    return answer;
  }

  /** The process is killed: connections end, consumers in memory are gone, what was acknowledged stays. */
  stop(): void {
    this.#up = false;
    this.#consumers.clear();
    for (const peer of [...this.#peers]) peer.cut("the server went away");
    this.#peers.clear();
  }

  start(): void {
    this.#up = true;
    this.diskFull = false;
    for (const stream of this.#streams.values()) stream.restart(this.wallMs);
  }

  /** Consumers are gone; connections stay. With `told`, those who wait hear of it. */
  dropConsumers(told: boolean): void {
    for (const { pulls } of this.#consumers.values()) {
      for (const pull of pulls) if (told) this.#status(pull, 409, "Leadership Change");
    }
    this.#consumers.clear();
  }

  /** The subscriptions of clients are found by their inboxes: the model routes replies and deliveries alone. */
  receive(peer: Peer, message: WireMessage): void {
    if (!this.#up) return;
    const { subject } = message;
    if (subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.")) this.#onPull(peer, message);
    else if (subject.startsWith("$JS.API.")) this.#onRequest(peer, message);
    else this.#onPublish(peer, message);
  }

  #onPublish(peer: Peer, { subject, reply, headers, data }: WireMessage): void {
    const stream = [...this.#streams.values()].find(({ config }) =>
      config.subjects.some((pattern) => subjectMatches(pattern, subject)),
    );
    if (stream === undefined) {
      const status = { code: 503, description: "" };
      peer.send(reply, { subject: reply, reply: "", headers: [], status, data: NOTHING });
      return;
    }
    const { name } = stream.config;
    const fault = this.diskFull ? "ignored" : this.#faults.onPublish(name);
    if (fault === "ignored") return;
    const refusal = REFUSALS.get(fault);
    if (refusal !== undefined) {
      this.#answer(peer, reply, { stream: name, seq: 0, error: errorOf(refusal(stream)) });
      return;
    }
    const answer = this.#store(name, subject, headers, data);
    if (fault === "ack-lost") return;
    this.#answer(
      peer,
      reply,
      answer.kind === "stored"
        ? { stream: name, seq: answer.seq, ...(answer.duplicate ? { duplicate: true } : {}) }
        : { stream: name, seq: 0, error: errorOf(answer) },
    );
  }

  #answer(peer: Peer, reply: string, body: unknown): void {
    if (reply === "") return;
    const data = encoder.encode(JSON.stringify(body));
    peer.send(reply, { subject: reply, reply: "", headers: [], status: null, data });
  }

  #onRequest(peer: Peer, { subject, reply, data }: WireMessage): void {
    const path = subject.slice("$JS.API.".length);
    const fault = this.#faults.onRequest(path);
    if (fault === "lost") return;
    const body =
      data.length === 0 ? {} : (JSON.parse(decoder.decode(data)) as Record<string, unknown>);
    const answer = fault === "unavailable" ? UNAVAILABLE : this.#api(path, body);
    this.#answer(peer, reply, "errCode" in answer ? { error: errorOf(answer as Failure) } : answer);
  }

  #api(path: string, body: Record<string, unknown>): object | Failure {
    const [area, verb, third = "", fourth = ""] = path.split(".");
    const call = `${area}.${verb}`;
    if (call === "STREAM.NAMES") return this.#namesOf(body["subject"] as string);
    if (call === "STREAM.CREATE") return this.#create(body as unknown as ModelStreamConfig);
    const name = call === "STREAM.MSG" ? fourth : third;
    const stream = this.#streams.get(name);
    if (stream === undefined) return NO_STREAM;
    if (call === "STREAM.INFO") return infoOf(stream);
    if (call === "STREAM.MSG" && third === "GET") return messageOf(stream, body);
    if (call === "CONSUMER.CREATE") return this.#makeConsumer(stream, body);
    if (call === "CONSUMER.DELETE") {
      this.#consumers.delete(fourth);
      return { success: true };
    }
    throw new Error(`the model of nats-server does not know the request ${path}`);
  }

  #namesOf(subject: string): object {
    const streams = [...this.#streams.values()]
      .filter(({ config }) =>
        config.subjects.some((held) => covers(held, subject) || covers(subject, held)),
      )
      .map(({ config }) => config.name);
    return {
      total: streams.length,
      offset: 0,
      limit: 1024,
      streams: streams.length > 0 ? streams : null,
    };
  }

  #create(config: ModelStreamConfig): object {
    return infoOf(this.#streams.get(config.name) ?? this.makeStream(config));
  }

  #makeConsumer(stream: StreamModel, body: Record<string, unknown>): object {
    const config = body["config"] as {
      readonly opt_start_seq: number;
      readonly filter_subject?: string;
      readonly filter_subjects?: readonly string[];
    };
    const { filter_subject: one, filter_subjects: several = [] } = config;
    const name = `c${this.#names++}`;
    this.#consumers.set(name, {
      name,
      stream: stream.config.name,
      filters: one === undefined ? several : [one],
      nextSeq: Math.max(config.opt_start_seq, stream.firstSeq),
      delivered: 0,
      pulls: [],
      held: null,
    });
    return { stream_name: stream.config.name, name, config };
  }

  #onPull(peer: Peer, { subject, reply, data }: WireMessage): void {
    const [, , , , , stream = "", name = ""] = subject.split(".");
    const consumer = this.#consumers.get(name);
    // Nobody listens for a consumer that is gone, and the requester is not told (2.9.10).
    if (consumer === undefined || consumer.stream !== stream) return;
    const request = JSON.parse(decoder.decode(data)) as { batch: number; expires: number };
    const served = this.#faults.onPull(stream);
    const pull: Pull = { peer, reply, served, remaining: request.batch };
    consumer.pulls.push(pull);
    this.#schedule.after(request.expires / 1_000_000, () => this.#expire(consumer, pull));
    this.#serve(consumer);
  }

  #expire(consumer: Consumer, pull: Pull): void {
    const at = consumer.pulls.indexOf(pull);
    if (at < 0 || this.#consumers.get(consumer.name) !== consumer) return;
    consumer.pulls.splice(at, 1);
    this.#status(pull, 408, "Request Timeout");
    this.#serve(consumer);
  }

  #status({ peer, reply }: Pull, code: number, description: string): void {
    const status = { code, description };
    peer.send(reply, { subject: reply, reply: "", headers: [], status, data: NOTHING });
  }

  #serve(consumer: Consumer): void {
    const stream = this.stream(consumer.stream);
    for (;;) {
      const pull = consumer.pulls[0];
      if (pull === undefined || !pull.served) return;
      const message = nextOf(stream, consumer);
      if (message === null) return;
      consumer.nextSeq = message.seq + 1;
      consumer.delivered++;
      pull.remaining--;
      if (pull.remaining === 0) consumer.pulls.shift();
      this.#deliver(stream, consumer, pull, message);
    }
  }

  #deliver(stream: StreamModel, consumer: Consumer, pull: Pull, message: ModelMessage): void {
    const { seq, timeMs } = message;
    const pending = pendingOf(stream, consumer);
    const place = `${seq}.${consumer.delivered}.${timeMs}000000.${pending}`;
    const reply = `$JS.ACK.${consumer.stream}.${consumer.name}.1.${place}`;
    const { subject, headers, data } = message;
    const send = (): void => {
      this.onDelivered(pull.peer, consumer.stream, message);
      pull.peer.send(pull.reply, { subject, reply, headers, status: null, data });
    };
    const held = consumer.held;
    consumer.held = null;
    const fault = this.#faults.onDelivery(consumer.stream);
    if (fault === "late" && held === null) consumer.held = send;
    else if (fault !== "lost") send();
    if (fault === "doubled") send();
    held?.();
  }
}

/** Where the simulation's wall clocks begin. */
export const WALL_START_MS = Date.parse("2026-03-01T00:00:00Z");

const REFUSALS: ReadonlyMap<PublishFault, (stream: StreamModel) => Failure> = new Map([
  [
    "wrong-sequence",
    ({ lastSeq }: StreamModel) => ({
      code: 400,
      errCode: 10071,
      description: `wrong last sequence: ${lastSeq}`,
    }),
  ],
  ["in-flight", () => ({ code: 400, errCode: 10164, description: "wrong last sequence" })],
  ["unavailable", () => UNAVAILABLE],
]);

function errorOf({ code, errCode, description }: Failure): object {
  return { code, err_code: errCode, description };
}

function infoOf(stream: StreamModel): object {
  const { config, created, count, firstSeq, lastSeq } = stream;
  const state = { messages: count, first_seq: firstSeq, last_seq: lastSeq };
  return { config: { retention: "limits", ...config }, created, state };
}

function messageOf(stream: StreamModel, body: Record<string, unknown>): object | Failure {
  const filter = body["next_by_subj"] as string | undefined;
  let seq = body["seq"] as number;
  if (filter !== undefined) {
    seq = Math.max(seq, stream.firstSeq);
    while (seq <= stream.lastSeq && !isHeld(stream, seq, filter)) seq++;
  }
  const message = stream.at(seq);
  if (message === null) return NO_MESSAGE;
  const { subject, timeMs, data, headers } = message;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return {
    message: {
      subject,
      seq,
      time: new Date(timeMs).toISOString(),
      data: Buffer.from(data).toString("base64"),
      ...(headers.length > 0
        ? { hdrs: Buffer.from(`NATS/1.0\r\n${lines}\r\n`).toString("base64") }
        : {}),
    },
  };
}

function isHeld(stream: StreamModel, seq: number, filter: string): boolean {
  const message = stream.at(seq);
  return message !== null && subjectMatches(filter, message.subject);
}

function concerns({ filters }: Consumer, message: ModelMessage): boolean {
  return filters.length === 0 || filters.some((one) => subjectMatches(one, message.subject));
}

function nextOf(stream: StreamModel, consumer: Consumer): ModelMessage | null {
  for (let seq = consumer.nextSeq; seq <= stream.lastSeq; seq++) {
    const message = stream.at(seq);
    if (message !== null && concerns(consumer, message)) return message;
  }
  return null;
}

function pendingOf(stream: StreamModel, consumer: Consumer): number {
  let pending = 0;
  for (let seq = consumer.nextSeq; seq <= stream.lastSeq; seq++) {
    const message = stream.at(seq);
    if (message !== null && concerns(consumer, message)) pending++;
  }
  return pending;
}
