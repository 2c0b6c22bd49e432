/**
 * A source: one JetStream stream that is read once, whatever number of the rules' streams it holds. Owns the reader,
 * the batch that waits, and what is known about silence.
 *
 * Invariants
 *  S1  At most one batch waits here: who does not take it stops the flow (the reader holds two more at most).
 *  S2  `position` is the last message stepped, or passed over because no stream of the rules has its subject.
 */

import type { Random } from "../base/random.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import type { Feed } from "../engine/engine.ts";
import type { Clock } from "../io/clock.ts";
import type { Broker } from "../io/nats.ts";
import type { FeedMessage } from "../io/nats-delivery.ts";
import { openReader, type Reader } from "../io/nats-reader.ts";
import { streamHasSubject } from "../rules/envelope.ts";
import { crashPoint } from "./crash-point.ts";
import { ACCEPT_FLAG, RefusalError } from "./refusal.ts";
import type { StoredFeed } from "./stored-service.ts";

/** A stream of the rules as this source holds it. */
export interface Route {
  readonly stream: StreamPlan;
  readonly feed: Feed;
  /** Monotonic time of the last message for it. */
  lastMessageMs: number;
}

/** A moment by both clocks. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

export interface SourceEvents {
  /** Something waits, or the state of the source changed. */
  readonly onChange: () => void;
  /** Told once per change: null where the stream can be read again. */
  readonly onTrouble: (source: Source, reason: string | null) => void;
  readonly onSkipped: (source: Source, count: number) => void;
}

/** Opens a source where `stored` says that it stands. */
export function openSource(
  {
    broker,
    clock,
    random,
  }: { readonly broker: Broker; readonly clock: Clock; readonly random: Random },
  stored: StoredFeed,
  routes: readonly Route[],
  filters: readonly string[],
  events: SourceEvents,
): Source {
  const { name, position, storedMs, checksum } = stored;
  const reader = openReader(broker, {
    stream: name,
    filters,
    afterSeq: position,
    ...(storedMs === 0 ? {} : { after: { timeMs: storedMs, checksum } }),
    random,
    clock,
  });
  return new Source(stored, routes, filters, reader, clock, events);
}

/** Subjects whose routes are remembered. */
const MAX_SUBJECTS = 4096;

export class Source {
  readonly name: string;
  readonly created: string;
  readonly filters: readonly string[];
  #routes: readonly Route[];
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #events: SourceEvents;
  #position: number;
  #last: FeedMessage | null = null;
  /** What was stored of it last. */
  #stored: StoredFeed;
  /** Where the source began, until it is stored once. */
  #introduction: StoredFeed | null;
  readonly #bySubject = new Map<string, readonly Route[]>();
  #batch: readonly FeedMessage[] = [];
  #at = 0;
  #trouble: string | null = null;
  /** Did the server say that nothing was there behind the last message? For figures only. */
  #caughtUp = false;
  /** What ends here holds nothing of ours behind the position. */
  #passed = 0;
  #lastSeq: number | null = null;
  #completeAt: Moment | null = null;
  /** Silence counts from here at the earliest: the stream could not be heard before. */
  #deafUntilMs: number;
  #taken: () => void = () => undefined;
  #closed = false;

  constructor(
    stored: StoredFeed,
    routes: readonly Route[],
    filters: readonly string[],
    reader: Reader,
    clock: Clock,
    events: SourceEvents,
  ) {
    this.name = stored.name;
    this.created = stored.created;
    this.#routes = routes;
    this.filters = filters;
    this.#position = stored.position;
    this.#stored = stored;
    this.#introduction = stored;
    this.#reader = reader;
    this.#clock = clock;
    this.#events = events;
    this.#deafUntilMs = clock.monotonicMs();
  }

  get position(): number {
    return this.#position;
  }

  /**
   * Up to here it has read all that its filters let through, as far as the server was heard: the position, or behind it
   * where messages of others follow.
   */
  get passed(): number {
    return Math.max(this.#position, this.#passed);
  }

  /** Where it stands, as that would be stored. */
  standing(checksum: (data: Uint8Array) => number): StoredFeed {
    const { name, created } = this;
    return this.#last === null ? this.#stored : storedOf(name, created, this.#last, checksum);
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Does a message wait to be stepped? */
  get ready(): boolean {
    return this.#at < this.#batch.length;
  }

  /** Messages that wait behind the position, as far as the server was heard; null where it was not. */
  get lag(): number | null {
    if (this.#caughtUp && !this.ready) return 0;
    return this.#lastSeq === null ? null : Math.max(0, this.#lastSeq - this.#position);
  }

  /** The server told where the stream ended at some moment not before `asked`. */
  sawEnd(lastSeq: number, asked: Moment): void {
    this.#lastSeq = lastSeq;
    if (lastSeq <= this.#position && !this.ready && this.#trouble === null) this.#complete(asked);
  }

  /** Everything stored before this moment was stepped. */
  #complete(asked: Moment): void {
    if (this.#completeAt === null || asked.monotonicMs > this.#completeAt.monotonicMs) {
      this.#completeAt = asked;
    }
  }

  /** The latest moment before which nothing was stored that was not stepped; null where none is known. */
  get completeAt(): Moment | null {
    return this.#completeAt;
  }

  /** Reads until closed. Throws RefusalError where the stream is no longer the one that was read. */
  async run(): Promise<void> {
    while (!this.#closed) {
      const asked = momentOf(this.#clock);
      crashPoint("before-read");
      const result = await this.#reader.next();
      if (result.kind === "messages") crashPoint("after-fetch");
      switch (result.kind) {
        case "messages":
          this.#heard(result.caughtUp);
          if (result.skipped > 0) this.#events.onSkipped(this, result.skipped);
          await this.#offer(result.messages);
          break;
        case "idle":
          this.#heard(result.caughtUp);
          this.sawEnd(result.stream.lastSeq, asked);
          // A filtered stream may end with messages that are none of ours.
          if (result.caughtUp && !this.ready) {
            this.#complete(asked);
            this.#passed = result.stream.lastSeq;
          }
          this.#events.onChange();
          break;
        case "away":
          this.#deaf(result.reason);
          break;
        case "rolled-back":
          throw new RefusalError(
            3,
            `the stream ${this.name} is not what was read: ${result.reason}`,
            [
              "restore the stream, or start again: the start says what is lost",
              `${ACCEPT_FLAG} then goes on without it`,
            ],
          );
        case "closed":
          return;
      }
    }
  }

  #heard(caughtUp: boolean): void {
    this.#caughtUp = caughtUp;
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#deafUntilMs = this.#clock.monotonicMs();
    this.#events.onTrouble(this, null);
  }

  #deaf(reason: string): void {
    this.#caughtUp = false;
    this.#completeAt = null;
    const first = this.#trouble === null;
    this.#trouble = reason;
    if (first) this.#events.onTrouble(this, reason);
  }

  async #offer(messages: readonly FeedMessage[]): Promise<void> {
    this.#batch = messages;
    this.#at = 0;
    this.#events.onChange();
    if (this.ready && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#taken = resolve;
      });
    }
  }

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** Other rules read it, by the same filters. */
  reroute(routes: readonly Route[]): void {
    this.#routes = routes;
    this.#bySubject.clear();
  }

  /** The routes that a subject belongs to. */
  routesOf(subject: string): readonly Route[] {
    let routes = this.#bySubject.get(subject);
    if (routes === undefined) {
      routes = this.#routes.filter(({ stream }) => streamHasSubject(stream, subject));
      if (this.#bySubject.size >= MAX_SUBJECTS) this.#bySubject.clear();
      this.#bySubject.set(subject, routes);
    }
    return routes;
  }

  /** The next message, or null where none waits. */
  peek(): FeedMessage | null {
    return this.#batch[this.#at] ?? null;
  }

  /** The message that `peek` gave was stepped. */
  advance(message: FeedMessage): void {
    this.#at++;
    this.#position = message.seq;
    this.#last = message;
    if (this.#at < this.#batch.length) return;
    this.#batch = [];
    this.#at = 0;
    this.#taken();
  }

  /** Nothing of ours lies between the position and this one. */
  pass(seq: number): void {
    this.#position = Math.max(this.#position, seq);
  }

  /** What is to be stored of the source, or null where nothing changed since the last call. */
  takePosition(checksum: (data: Uint8Array) => number): StoredFeed | null {
    const message = this.#last;
    if (message === null) {
      const introduction = this.#introduction;
      this.#introduction = null;
      return introduction;
    }
    this.#introduction = null;
    this.#last = null;
    const { name, created } = this;
    this.#stored = storedOf(name, created, message, checksum);
    return this.#stored;
  }

  /** How long the route had been silent when the server was last asked, in milliseconds; 0 where that is not known. */
  silenceMs(route: Route): number {
    const complete = this.#completeAt;
    if (complete === null || this.ready) return 0;
    return Math.max(0, complete.monotonicMs - Math.max(route.lastMessageMs, this.#deafUntilMs));
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
    this.#taken();
  }
}

function storedOf(
  name: string,
  created: string,
  { seq: position, timeMs: storedMs, data }: FeedMessage,
  checksum: (data: Uint8Array) => number,
): StoredFeed {
  return { name, created, position, storedMs, checksum: checksum(data) };
}
