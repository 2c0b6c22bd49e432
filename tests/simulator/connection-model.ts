/**
 * The client's connection (package `nats`) to the modelled server: what the production `Broker` stands on. It keeps
 * the order of each direction, as TCP does; it is slow, it is cut, it comes again by itself. What is published while
 * it is away is lost, or, by luck, sent when it is there again, as the client does it.
 */

import type { Connection } from "../../io/nats.ts";
import type { NatsModel, Peer, WireMessage } from "./nats-model.ts";
import type { Plant } from "./plant.ts";
import type { Owner, Schedule } from "./schedule.ts";
import type { Headers } from "./stream-model.ts";

/** How the network behaves at the moment. */
export interface LinkFaults {
  /** One way, in milliseconds. */
  latencyMs(): number;
  /** Nothing passes before this moment; what was sent waits. */
  readonly stalledUntilMs: number;
}

type Callback = NonNullable<NonNullable<Parameters<Connection["subscribe"]>[1]>["callback"]>;
type ClientMessage = Parameters<Callback>[1];
type Status = ReturnType<Connection["status"]> extends AsyncIterable<infer S> ? S : never;

interface Subscription {
  readonly prefix: string;
  readonly callback: Callback;
}

interface Request {
  readonly resolve: (message: ClientMessage) => void;
  readonly cancel: () => void;
}

export interface ConnectionParts {
  readonly schedule: Schedule;
  readonly server: NatsModel;
  readonly link: LinkFaults;
  readonly plant: Plant;
  /** The process; its crash ends the connection, and throws in the middle of what it does. */
  readonly process: Owner & { effect(what: string): void };
}

export class ModelConnection implements Peer {
  readonly #parts: ConnectionParts;
  readonly #subscriptions = new Set<Subscription>();
  readonly #requests = new Map<string, Request>();
  readonly #statuses: Status[] = [];
  #onStatus: () => void = () => undefined;
  #onClosed: () => void = () => undefined;
  readonly #closing = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });
  #connected = true;
  #closed = false;
  /** Counts the connections to the server: what is under way belongs to one. */
  #generation = 0;
  /** What is on its way to the server when the connection ends still arrives until then. */
  #arrivesUntilMs = 0;
  #requestCount = 0;
  #sentUntilMs = 0;
  #receivedUntilMs = 0;
  readonly #received = new Map<string, number>();
  /** Published while the connection is being made again. */
  #kept: WireMessage[] = [];

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    parts.server.connect(this);
  }

  /** As the production door takes it. */
  client(): Connection {
    const connection = {
      info: { version: this.#parts.server.version, max_payload: 1 << 20 },
      subscribe: (subject: string, options: { callback: Callback }) =>
        this.#subscribe(subject, options.callback),
      publish: (subject: string, data: Uint8Array, options: PublishOptions = {}) =>
        this.#publish(subject, data, options),
      request: (subject: string, data: string, options: { timeout: number }) =>
        this.#request(subject, data, options.timeout),
      status: () => ({ [Symbol.asyncIterator]: () => ({ next: () => this.#nextStatus() }) }),
      closed: () => this.#closing,
      drain: () => Promise.resolve(),
      close: () => this.#close(),
    };
    return connection as unknown as Connection;
  }

  #subscribe(subject: string, callback: Callback): { unsubscribe(): void } {
    const subscription = { prefix: subject.replace(/\*$/, ""), callback };
    this.#subscriptions.add(subscription);
    return { unsubscribe: () => void this.#subscriptions.delete(subscription) };
  }

  #publish(subject: string, data: Uint8Array, { reply = "", headers }: PublishOptions): void {
    this.#parts.process.effect(`publish ${subject}`);
    if (this.#closed) throw new Error("CONNECTION_CLOSED");
    const entries: [string, string][] = [];
    for (const [name, values] of headers ?? []) {
      for (const value of values) entries.push([name, value]);
    }
    // The client encodes at once: what the caller does to the bytes later changes nothing.
    const message = { subject, reply, headers: entries, status: null, data: data.slice() };
    if (this.#connected) this.#transmit(message);
    else this.#kept.push(message);
  }

  #request(subject: string, data: string, timeoutMs: number): Promise<ClientMessage> {
    const { schedule, process } = this.#parts;
    const reply = `_REQUEST.${this.#requestCount++}`;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#requests.delete(reply);
        reject(Object.assign(new Error("TIMEOUT"), { code: "TIMEOUT" }));
      };
      const cancel = schedule.after(timeoutMs, late, process);
      this.#requests.set(reply, { resolve, cancel });
      this.#publish(subject, new TextEncoder().encode(data), { reply });
    });
  }

  /** On its way to the server. What a process has sent arrives even where the process dies meanwhile. */
  #transmit(sent: WireMessage): void {
    const { schedule, server, link, plant } = this.#parts;
    const message = plant === "forgets-end" ? withoutExpectations(sent) : sent;
    const generation = this.#generation;
    const start = Math.max(schedule.nowMs, link.stalledUntilMs);
    this.#sentUntilMs = Math.max(this.#sentUntilMs, start + link.latencyMs());
    schedule.after(this.#sentUntilMs - schedule.nowMs, () => {
      const arrives = generation === this.#generation || schedule.nowMs <= this.#arrivesUntilMs;
      if (arrives) server.receive(this, message);
    });
  }

  /** From the server. */
  send(inbox: string, message: WireMessage): void {
    if (!this.#connected) return;
    const { schedule, link, process } = this.#parts;
    const generation = this.#generation;
    const start = Math.max(schedule.nowMs, link.stalledUntilMs);
    this.#receivedUntilMs = Math.max(this.#receivedUntilMs, start + link.latencyMs());
    const arrive = (): void => {
      if (generation === this.#generation) this.#receive(inbox, message);
    };
    schedule.after(this.#receivedUntilMs - schedule.nowMs, arrive, process);
  }

  #receive(inbox: string, received: WireMessage): void {
    const message = clientMessage(this.#planted(received));
    const request = this.#requests.get(inbox);
    if (request !== undefined) {
      this.#requests.delete(inbox);
      request.cancel();
      request.resolve(message);
      return;
    }
    for (const { prefix, callback } of this.#subscriptions) {
      if (inbox.startsWith(prefix)) callback(null, message);
    }
  }

  #planted(wire: WireMessage): WireMessage {
    const { plant } = this.#parts;
    if (plant === "blind-reader") return this.#renumbered(wire);
    return plant === "forgets-end" ? withOlderEnd(wire) : wire;
  }

  /** Consumer sequences as if nothing had been lost. */
  #renumbered(wire: WireMessage): WireMessage {
    const tokens = wire.reply.split(".");
    if (tokens[1] !== "ACK") return wire;
    const consumer = tokens[3] ?? "";
    const count = (this.#received.get(consumer) ?? 0) + 1;
    this.#received.set(consumer, count);
    return { ...wire, reply: [...tokens.slice(0, 6), count, ...tokens.slice(7)].join(".") };
  }

  /** The connection breaks: what is under way in either direction is lost, and it is made again. */
  cut(why: string): void {
    if (!this.#connected || this.#parts.process.dead) return;
    this.#leave();
    this.#parts.schedule.trace(`cut: ${why}`);
    this.#push("disconnect");
    this.#dialLater();
  }

  #leave(): void {
    const { schedule, server } = this.#parts;
    this.#connected = false;
    this.#generation++;
    const longestMs = Math.max(1, this.#sentUntilMs - schedule.nowMs);
    this.#arrivesUntilMs = schedule.nowMs + schedule.random.unit() * 1.5 * longestMs;
    server.disconnect(this);
  }

  #dialLater(): void {
    const { schedule, process, server } = this.#parts;
    const dial = (): void => {
      // Each attempt begins with an empty buffer.
      this.#kept = [];
      if (this.#closed) return;
      if (!server.up) {
        this.#dialLater();
        return;
      }
      schedule.after(schedule.random.unit() * 3, () => this.#connectAgain(), process);
    };
    schedule.after(100 + schedule.random.unit() * 400, dial, process);
  }

  #connectAgain(): void {
    const { server } = this.#parts;
    if (this.#closed) return;
    if (!server.up) {
      this.#dialLater();
      return;
    }
    this.#connected = true;
    server.connect(this);
    for (const message of this.#kept) this.#transmit(message);
    this.#kept = [];
    this.#push("reconnect");
  }

  #push(type: "disconnect" | "reconnect"): void {
    this.#statuses.push({ type, data: "" } as Status);
    this.#onStatus();
  }

  async #nextStatus(): Promise<IteratorResult<Status>> {
    while (this.#statuses.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onStatus = resolve;
      });
    }
    return { done: false, value: this.#statuses.shift() as Status };
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#leave();
    this.#onClosed();
  }

  /** The process has died. Some of what it sent stays on its way. */
  abandon(): void {
    this.#closed = true;
    if (this.#connected) this.#leave();
  }
}

function withoutExpectations(message: WireMessage): WireMessage {
  const headers = message.headers.filter(([name]) => !name.startsWith("Nats-"));
  return { ...message, headers };
}

/** The state of the alert stream as it was two messages ago. */
function withOlderEnd(wire: WireMessage): WireMessage {
  const text = new TextDecoder().decode(wire.data);
  if (!text.includes('"name":"ALERTS"') || !text.includes('"last_seq"')) return wire;
  const older = text
    .replace(/"last_seq":(\d+)/, (_, seq) => `"last_seq":${Math.max(0, Number(seq) - 2)}`)
    .replace(/"messages":(\d+)/, (_, count) => `"messages":${Math.max(0, Number(count) - 2)}`);
  return { ...wire, data: new TextEncoder().encode(older) };
}

interface PublishOptions {
  readonly reply?: string;
  readonly headers?: Iterable<[string, string[]]>;
}

function clientMessage({ subject, reply, headers, status, data }: WireMessage): ClientMessage {
  const message = {
    subject,
    reply,
    data,
    headers: status === null && headers.length === 0 ? undefined : clientHeaders(headers, status),
    string: () => new TextDecoder().decode(data),
  };
  return message as unknown as ClientMessage;
}

function clientHeaders(headers: Headers, status: WireMessage["status"]) {
  return {
    code: status?.code ?? 0,
    description: status?.description ?? "",
    [Symbol.iterator]: () => headers.map(([name, value]) => [name, [value]])[Symbol.iterator](),
  };
}
