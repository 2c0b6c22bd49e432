/**
 * The interface behind which the matchers of all tiers stand. A matcher owns what one rule remembers, for all keys;
 * the engine owns time, order, alerts and storage, and offers it events and deadlines in the order of M-1 and T-5.
 *
 * Invariants
 *  X1  A matcher depends on the sequence of `offer` and `expire` calls alone.
 *  X2  `encode` and `restore` are inverse: a matcher restored at any point goes on as the original would.
 *  X3  After every deadline has passed without new events no run is left, and no event. What remains are states that
 *      the next event needs: windows of the last N events, a window's finding where W-1 asks for it, keys that an
 *      `expect` awaits.
 */

import type { EventRecord } from "../base/event.ts";
import type { Value } from "../base/value.ts";
import type { DataSource, History } from "./history.ts";

/** What was found: a match, a start that timed out (M-17), a window (W-1), a silence or its end (E-1). */
export interface Match {
  readonly kind: "match" | "timeout" | "window" | "missing" | "recovered";
  /** Key parts in the order of the rule's `by`, then the values that the matcher computes for expressions. */
  readonly keys: readonly Value[];
  /** The injective text of the key: orders alerts of one instant. */
  readonly key: string;
  /** When it was decided: the last event's time, a deadline, or that of the event that settled it. */
  readonly decidedMs: number;
  /** Times of the first and the last event; where there is none, since when nothing came, and the decision. */
  readonly startMs: number;
  readonly endMs: number;
  /** The events by step, in the order taken; `step` is `StepPlan.index` (of a window: the index in `over`). */
  readonly taken: readonly {
    readonly step: number;
    readonly label: number;
    readonly event: EventRecord;
  }[];
  /** How many events belong to it that `taken` leaves out. */
  readonly untold: number;
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

/** A part of a key's state, stored by itself, so that a commit need not write what has not changed. */
export interface StatePart {
  /** Part 0 is there as long as the key has a state. */
  readonly part: number;
  readonly bytes: Uint8Array;
  /** What the bytes refer to by index. The events are shared: the engine stores each once. */
  readonly events: readonly EventRecord[];
}
/** A part to be stored anew, or to be deleted. */
export type PartChange = StatePart | { readonly part: number; readonly bytes: null };

/** How a matcher is made. The plain forms give the same matches; tests hold them to that. */
export interface MatcherOptions {
  /** False: conditions are interpreted. */
  readonly codegen: boolean;
  /** False: no partial match is forgotten because another one dominates it. Default true. */
  readonly dominance?: boolean;
  /** False: nobody calls `takeChanged`, so no account of changes is kept. Default true. */
  readonly recordChanges?: boolean;
}

export interface Matcher {
  /** Name of the tier, shown by `explain`. */
  readonly tier: string;
  /**
   * The rule's time is `timeMs` or later from now on. Called before the first event or deadline, and again after a
   * restart. True where that changed what the matcher waits for.
   */
  begin(timeMs: number): boolean;
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
  /** The parts of a key's state that changed since it was last encoded. Those not named stay as they are stored. */
  encode(key: string): readonly PartChange[];
  /** The inverse: takes all stored parts, in no stated order. Calls `arm` for what the key waits for. */
  restore(key: string, parts: readonly StatePart[]): void;
}
