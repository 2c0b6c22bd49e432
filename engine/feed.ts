/**
 * A feed: one log behind a stream of the language, with its watermark (T-1). Callers hold it as a handle.
 *
 * Invariants
 *  F1  The watermark follows the running maximum of event times; it goes back only by the delay, when an ended feed
 *      opens again. Order groups keep their own frontier, which never goes back.
 *  F2  An ended feed holds nothing back; its watermark is its last event's time, without the delay.
 */

import type { StreamPlan } from "../dsl/plan.ts";

export interface FeedOptions {
  /** The stamps given with events are a broker's clock: event times far ahead of it are refused (T-3). */
  readonly broker: boolean;
  /** The caller's parser kept the limits of depth and fields already. */
  readonly trusted?: boolean;
}

/** How far event time may be ahead of the broker's (T-3). */
export const FUTURE_LIMIT_MS = 86_400_000;

export class Feed {
  /** As the rule set in force declares it. */
  stream: StreamPlan;
  readonly name: string;
  /** Stands for the feed in stored keys. */
  readonly number: number;

  broker = false;
  trusted = false;
  /** Has a caller asked for it since the engine started? Only then it takes part in time. */
  claimed = false;
  idle = false;
  ended = false;
  /** Highest event time; -Infinity before the first event. The part of a millisecond belongs to it. */
  highestMs = Number.NEGATIVE_INFINITY;
  highestFrac = 0;
  /** Running maximum of the broker's stamps: it may step back on a leader change. */
  brokerMs = Number.NEGATIVE_INFINITY;
  /** Position of the last record; a record that comes twice in a row is a duplicate. */
  lastSeq = -1;
  lastIndex = 0;
  /** Changed since it was last stored. */
  changed = true;

  constructor(stream: StreamPlan, name: string, number: number) {
    this.stream = stream;
    this.name = name;
    this.number = number;
  }

  /** -Infinity before the first event. */
  get watermarkMs(): number {
    return this.ended ? this.highestMs : this.highestMs - this.stream.delayMs;
  }

  /** Does the feed hold time back? */
  get active(): boolean {
    return !this.idle && !this.ended;
  }

  /** Is a time strictly below the watermark (T-2)? */
  isBelowWatermark(timeMs: number, timeFrac: number): boolean {
    const watermarkMs = this.watermarkMs;
    if (timeMs !== watermarkMs) return timeMs < watermarkMs;
    return timeFrac < this.highestFrac;
  }

  /** Nothing was read of it; another engine has read what came before. */
  beginAs({ highestMs, highestFrac, brokerMs, lastSeq, lastIndex }: Feed): void {
    this.highestMs = highestMs;
    this.highestFrac = highestFrac;
    this.brokerMs = brokerMs;
    this.lastSeq = lastSeq;
    this.lastIndex = lastIndex;
    this.changed = true;
  }

  /** Times are read otherwise from now on: those that were seen mean nothing. */
  forgetTimes(): void {
    this.highestMs = Number.NEGATIVE_INFINITY;
    this.highestFrac = 0;
    this.changed = true;
  }

  observe(timeMs: number, timeFrac: number): void {
    if (timeMs < this.highestMs) return;
    if (timeMs === this.highestMs && timeFrac <= this.highestFrac) return;
    this.highestMs = timeMs;
    this.highestFrac = timeFrac;
  }
}
