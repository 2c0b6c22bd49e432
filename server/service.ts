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
import { crashPoint } from "./crash-point.ts";
import { type Decoded, decodeMessage } from "./decode.ts";
import type { IdleWatch } from "./idle-watch.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import type { Route, Source } from "./source.ts";

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
}

/** How often silence is looked at. */
const DECIDE_EVERY_MS = 200;
/** How long the loop sleeps where nothing comes. */
const REST_MS = 100;

export class Service {
  readonly #parts: ServiceParts;
  #next = 0;
  #decidedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** A source has something, or its state changed. */
  wake(): void {
    this.#wake();
  }

  /** Runs until the signal; ends after a commit. Rejects where the process must end. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox, sender, sources } = this.#parts;
    const onAbort = (): void => this.#wake();
    signal.addEventListener("abort", onAbort);
    while (!signal.aborted) {
      if (outbox.full) {
        await sender.progress(REST_MS);
        continue;
      }
      if (sources.some(({ ready }) => ready)) await this.#batch(signal);
      else await this.#rest(REST_MS);
      if (!signal.aborted) await this.#decide(signal);
    }
    signal.removeEventListener("abort", onAbort);
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
        await new Promise((resolve) => setImmediate(resolve));
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
      events += this.#stepMessage(source, message);
      source.advance(message);
      messages++;
      crashPoint("mid-step");
    }
    this.#parts.metrics.messages(source.name, messages);
    return events;
  }

  #stepMessage(source: Source, message: FeedMessage): number {
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

  #accept(route: Route, message: FeedMessage, decoded: readonly Decoded[]): void {
    const { engine } = this.#parts;
    const { seq, timeMs } = message;
    for (const [index, one] of decoded.entries()) {
      if (one.kind === "event") engine.accept(route.feed, seq, index, timeMs, one.data, one.bytes);
      else engine.reject(route.feed, seq, index, one.tooDeep ? "too deep" : "unreadable", one.text);
    }
  }

  async #decide(signal: AbortSignal): Promise<void> {
    const { idleWatch, clock, outbox } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#decidedMs < DECIDE_EVERY_MS || outbox.full) return;
    this.#decidedMs = nowMs;
    if (!idleWatch.decide()) return;
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
      const timer = setTimeout(resolve, longestMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
