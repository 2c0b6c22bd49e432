/**
 * The running loop: messages in, the engine's step, one commit, and what was committed goes out. Crash-only: whatever
 * throws here ends the process, and the next one goes on from the last commit.
 *
 *   Source.run (pull)  ->  Service.run: step  ->  Committer.commit  ->  AlertSender.run (publish)
 *
 * Invariants
 *  V1  The engine steps nothing while a commit is under way or refused, or while the outbox is full.
 *  V2  A message's events are stepped together: a commit ends between messages.
 */

import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../io/clock.ts";
import type { FeedMessage } from "../io/nats-delivery.ts";
import type { AlertSender } from "./alert-sender.ts";
import type { Committer } from "./committer.ts";
import { crashPoint, poisonPoint } from "./crash-point.ts";
import { type Decoded, decodeMessage } from "./decode.ts";
import type { IdleWatch } from "./idle-watch.ts";
import type { MemoryGuard } from "./memory-guard.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { isSame } from "./poison.ts";
import { RefusalError } from "./refusal.ts";
import type { Route, Source } from "./source.ts";
import type { StepMark, SteppingFile } from "./stepping-file.ts";
import { cannot } from "./unbuildable.ts";

export interface ServiceParts {
  readonly engine: Engine;
  readonly sources: readonly Source[];
  readonly committer: Committer;
  readonly sender: AlertSender;
  readonly outbox: Outbox;
  readonly idleWatch: IdleWatch;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly commit: { readonly events: number; readonly everyMs: number };
  readonly eventBytes: number;
  /** Where the message under way is written down; nowhere where it is left out. */
  readonly stepping?: SteppingFile;
  /** Memory is not watched where it is left out. */
  readonly memory?: MemoryGuard;
}

/** Bytes of a message put aside that its dead record is made of. */
const SHOWN_BYTES = 8192;
/** How long stored state is read back at a time, and how many entries of it between two looks at the clock. */
const LOAD_MS = 4;
const LOAD_ENTRIES = 64;
/** How often silence is looked at. */
const DECIDE_EVERY_MS = 200;
/** How long the loop sleeps where nothing comes. */
const REST_MS = 100;

export class Service {
  readonly #parts: ServiceParts;
  #next = 0;
  /** Messages to be put aside unread. */
  readonly #skipped: StepMark[] = [];
  /** Events whose messages are still to be marked before they are stepped. */
  #careful = 0;
  /** They are marked for as long as state was stored just so often. */
  #carefulAt = -1;
  /** Is there stored state that is not in memory yet? */
  #loading = true;
  #decidedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;
  #atRest: (signal: AbortSignal) => Promise<void> = async () => undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** A source has something, or its state changed. */
  wake(): void {
    this.#wake();
  }

  /** Calls this between two batches, when nothing is left to commit: what changes the rules does it there. */
  useRest(atRest: (signal: AbortSignal) => Promise<void>): void {
    this.#atRest = atRest;
  }

  /** Runs until the signal; ends after a commit. Rejects where the process must end. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox, sender, sources } = this.#parts;
    const onAbort = (): void => this.#wake();
    signal.addEventListener("abort", onAbort);
    while (!signal.aborted) {
      const memory = this.#parts.memory?.level() ?? "fine";
      // Everything stepped is committed here.
      if (memory === "critical") {
        throw new RefusalError(1, "the memory that it may use is used up", [
          "raise limits.memoryBytes, or Node's own limit with NODE_OPTIONS=--max-old-space-size",
          "or lower what the rules may hold: limits.openPerRule, limits.openPerKey",
        ]);
      }
      if (outbox.full || memory === "high") {
        await sender.progress(REST_MS);
        continue;
      }
      await this.#atRest(signal);
      // It may have committed.
      sender.wake();
      if (signal.aborted) break;
      if (sources.some(({ ready }) => ready)) await this.#batch(signal);
      else if (this.#loading) await new Promise<void>((r) => this.#parts.clock.nextTurn(r));
      else await this.#rest(REST_MS);
      this.#load();
      if (!signal.aborted) await this.#decide(signal);
    }
    signal.removeEventListener("abort", onAbort);
  }

  /** Brings some more of the stored state back into memory, between two batches or where there is nothing to step. */
  #load(): void {
    if (!this.#loading) return;
    const { engine, clock } = this.#parts;
    const end = clock.monotonicMs() + LOAD_MS;
    while (this.#loading && clock.monotonicMs() < end) {
      this.#loading = engine.loadSlice(LOAD_ENTRIES);
    }
  }

  /** Steps until enough events came or enough time passed, then commits. */
  async #batch(signal: AbortSignal): Promise<void> {
    const { clock, commit } = this.#parts;
    const end = clock.monotonicMs() + commit.everyMs;
    let events = 0;
    crashPoint("before-step");
    while (events < commit.events) {
      const source = this.#nextReady();
      if (source !== null) {
        events += this.#stepSource(source, commit.events - events);
        // Sources read on between their batches.
        await new Promise<void>((resolve) => clock.nextTurn(resolve));
        if (clock.monotonicMs() >= end) break;
        continue;
      }
      const leftMs = end - clock.monotonicMs();
      if (leftMs <= 0 || signal.aborted) break;
      await this.#rest(leftMs);
    }
    crashPoint("after-step");
    await this.#commit(signal);
  }

  /** The sources take turns. */
  #nextReady(): Source | null {
    const { sources } = this.#parts;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[(this.#next + i) % sources.length];
      if (source?.ready) {
        this.#next = (this.#next + i + 1) % sources.length;
        return source;
      }
    }
    return null;
  }

  /** Steps what waits of one source, at most so many events, but at least one message; gives the events stepped. */
  #stepSource(source: Source, limit: number): number {
    crashPoint("after-read");
    let events = 0;
    let messages = 0;
    while (events < limit) {
      const message = source.peek();
      if (message === null) break;
      events += this.#stepMarked(source, message);
      source.advance(message);
      messages++;
      crashPoint("mid-step");
    }
    this.#parts.metrics.messages(source.name, messages);
    return events;
  }

  /** This message is put aside when it comes. */
  skip(mark: StepMark): void {
    this.#skipped.push(mark);
  }

  /** Marks messages before they are stepped: those of so many events, and all until state is stored the next time. */
  beCareful(events: number): void {
    this.#careful = events;
    this.#carefulAt = this.#parts.committer.stored;
  }

  /** Steps what a source has up to a sequence, and waits for it. */
  async advance(source: Source, seq: number, signal: AbortSignal): Promise<void> {
    for (let steps = 1; source.position < seq; steps++) {
      const message = await this.#await(source, signal);
      // Up to there nothing that the rules read is stored any more: the records tell whether anything was.
      if (message === null) source.pass(seq);
      if (message === null || message.seq > seq) return;
      this.#stepMarked(source, message);
      source.advance(message);
      if (steps % 256 === 0) await new Promise<void>((r) => this.#parts.clock.nextTurn(r));
    }
  }

  /** Steps the next message of a source, and waits for it. */
  async stepOne(source: Source, signal: AbortSignal): Promise<void> {
    const message = await this.#await(source, signal);
    if (message === null) {
      throw cannot(`the stream ${source.name} holds nothing behind message ${source.position}`);
    }
    this.#stepMarked(source, message);
    source.advance(message);
  }

  /** The next message of a source whose messages were stored before this process began; null where it has no more. */
  async #await(source: Source, signal: AbortSignal): Promise<FeedMessage | null> {
    for (;;) {
      signal.throwIfAborted();
      const message = source.peek();
      if (message !== null) return message;
      if (source.completeAt !== null) return null;
      await this.#rest(REST_MS);
    }
  }

  /** Steps a message so that one which ends the process is found out. */
  #stepMarked(source: Source, message: FeedMessage): number {
    const { stepping, committer } = this.#parts;
    const careful = this.#careful > 0 || this.#carefulAt === committer.stored;
    if (careful) stepping?.mark({ stream: source.name, seq: message.seq });
    try {
      const events = this.#stepMessage(source, message);
      if (careful) stepping?.clear();
      this.#careful -= events;
      return events;
    } catch (error) {
      stepping?.mark({ stream: source.name, seq: message.seq });
      throw error;
    }
  }

  #stepMessage(source: Source, message: FeedMessage): number {
    if (this.#skipped.length > 0 && this.#isSkipped(source, message)) {
      return this.#putAside(source, message);
    }
    poisonPoint(message.data);
    const { idleWatch, clock, eventBytes } = this.#parts;
    let decoded: readonly Decoded[] | null = null;
    for (const route of source.routesOf(message.subject)) {
      route.lastMessageMs = clock.monotonicMs();
      decoded ??= decodeMessage(message.data, eventBytes);
      if (route.feed.idle && decoded.length > 0) idleWatch.wake(source, route);
      this.#accept(route, message, decoded);
    }
    // A message that concerns no rule costs something, too.
    return Math.max(1, decoded?.length ?? 0);
  }

  #isSkipped({ name: stream }: Source, { seq }: FeedMessage): boolean {
    return this.#skipped.some((mark) => isSame(mark, { stream, seq }));
  }

  /** A message that ended the process is not looked into: only its beginning is shown. */
  #putAside(source: Source, message: FeedMessage): number {
    const { engine, idleWatch } = this.#parts;
    const text = new TextDecoder().decode(message.data.subarray(0, SHOWN_BYTES));
    for (const route of source.routesOf(message.subject)) {
      if (route.feed.idle) idleWatch.wake(source, route);
      engine.reject(route.feed, message.seq, 0, "poison", text);
    }
    return 1;
  }

  #accept(route: Route, message: FeedMessage, decoded: readonly Decoded[]): void {
    const { engine } = this.#parts;
    const { seq, timeMs } = message;
    for (const [index, one] of decoded.entries()) {
      if (one.kind === "event") engine.accept(route.feed, seq, index, timeMs, one.data, one.bytes);
      else engine.reject(route.feed, seq, index, one.tooDeep ? "too deep" : "unreadable", one.text);
    }
  }

  async #decide(signal: AbortSignal): Promise<void> {
    const { idleWatch, clock, outbox, committer } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#decidedMs < DECIDE_EVERY_MS || outbox.full) return;
    this.#decidedMs = nowMs;
    if (!idleWatch.decide() && !committer.undecided && !committer.isDue) return;
    crashPoint("before-decision");
    await this.#commit(signal);
    crashPoint("after-decision");
  }

  async #commit(signal: AbortSignal): Promise<void> {
    await this.#parts.committer.commit(signal);
    this.#parts.sender.wake();
  }

  async #rest(longestMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(longestMs, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
