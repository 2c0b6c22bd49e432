/**
 * The interface behind which the matchers of all tiers stand. A matcher owns what one rule remembers, for all keys;
 * the engine owns time, order, alerts and storage, and offers it events and deadlines in the order of M-1 and T-5.
 *
 * Invariants
 *  X1  A matcher depends on the sequence of `offer` and `expire` calls alone.
 *  X2  `encode` and `restore` are inverse: a matcher restored at any point goes on as the original would.
 *  X3  After every deadline has passed without new events nothing is left: no key, no run, no event.
 */

import type { EventRecord } from "../base/event.ts";
import type { Value } from "../base/value.ts";
import type { DataSource, History } from "./history.ts";

/** A match as reported, or a start that timed out (M-17). */
export interface Match {
  readonly kind: "match" | "timeout";
  /** Key parts in the order of the rule's `by`. */
  readonly keys: readonly Value[];
  /** The injective text of the key: orders alerts of one instant. */
  readonly key: string;
  /** When it was decided: the last event's time, a deadline, or that of the event that settled it. */
  readonly decidedMs: number;
  /** First and last event taken. */
  readonly first: EventRecord;
  readonly last: EventRecord;
  /** The events by step, in the order taken; `step` is `StepPlan.index` (of a window: the index in `over`). */
  readonly taken: readonly {
    readonly step: number;
    readonly label: number;
    readonly event: EventRecord;
  }[];
  /** For titles, data, `once`: what expressions see. */
  readonly history: History;
}

/** The limits of A-3, by the words of the language. */
export type LimitName = "open per key" | "open" | "events per match" | "matches per event";

/** What a matcher may ask of the engine. */
export interface MatcherHost {
  /** Matches of one key and instant come in the order of M-11. */
  report(match: Match): void;
  /** `expire(key, d)` is wanted once the rule's time has passed d = deadlineMs. An earlier wish for the key stays valid. */
  arm(key: string, deadlineMs: number): void;
  /** A limit was reached and `count` starts or matches were dropped. */
  limitReached(limit: LimitName, count: number): void;
  /** `skip to first|last S` where S took no event (M-15). */
  skipMissed(): void;
  readonly data: DataSource;
}

export interface Matcher {
  /** Name of the tier, shown by `explain`. */
  readonly tier: string;
  /** Takes the next event of the rule's input, in the order of M-1. Events that no source admits are ignored. */
  offer(event: EventRecord): void;
  /** The rule's time has passed `deadlineMs`; all deadlines before it were expired. */
  expire(key: string, deadlineMs: number): void;
  /** Starts alive, over all keys. */
  openStarts(): number;
  /** Partial matches alive, over all keys. */
  openRuns(): number;
  /** Keys whose state changed since the last call, each once, in no stated order. */
  takeChanged(): readonly string[];
  /**
   * A key's state as bytes, with the events that they refer to by index; null when nothing is left to remember.
   * The events are shared: the engine stores each once.
   */
  encode(
    key: string,
  ): { readonly bytes: Uint8Array; readonly events: readonly EventRecord[] } | null;
  /** The inverse. Calls `arm` for what the key waits for. */
  restore(key: string, bytes: Uint8Array, events: readonly EventRecord[]): void;
}
