/**
 * The interface behind which the matchers of all tiers stand. A matcher owns what one rule remembers, for all keys;
 * the engine owns time, order, alerts and storage, and offers it events and deadlines in the order of M-1 and T-5.
 *
 * Invariants
 *  X1  A matcher depends on the sequence of `offer` and `expire` calls alone.
 *  X2  `encode` and `restore` are inverse: a matcher restored at any point goes on as the original would; so does one
 *      that is restored as that of a version which `become` could have made of the original.
 *  X3  After every deadline has passed without new events no run is left, and no event. What remains are states that
 *      the next event needs: windows of the last N events, a window's finding where W-1 asks for it, keys that an
 *      `expect` awaits.
 */

import type { EventRecord } from "../base/event.ts";
import type { Value } from "../base/value.ts";
import type { FieldMemo } from "./expression/field-memo.ts";
import type { DataSource, History } from "./history.ts";
import type { Program } from "./program.ts";

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
  /**
   * Asks for the stored state of a key that the matcher does not know: true where `restore` was called for it. Only
   * for matchers with `stored` traits, which ask before they take a key for new. Absent: nothing is stored.
   */
  recall?(key: string): boolean;
  /** Asks for all keys that are stored and were not restored so far. */
  recallAll?(): void;
}

/** How a matcher's keys are stored: what the engine must know to restore them while it runs. */
export interface StoredTraits {
  /**
   * forget  passing a deadline only forgets what no event could find any more; noticed late, nothing differs
   * decide  a deadline may report something
   */
  readonly deadlines: "forget" | "decide";
  /** Has a key's state parts beside part 0? */
  readonly parts: "one" | "many";
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
  /** Null: conditions do not share what they read of an event. */
  readonly memo?: FieldMemo | null;
  /** False: no partial match is forgotten because another one dominates it. Default true. */
  readonly dominance?: boolean;
  /** False: nobody calls `takeChanged`, so no account of changes is kept. Default true. */
  readonly recordChanges?: boolean;
  /**
   * Puts another program of the same meaning in the place of a `match` block's, such as one whose conditions note what
   * they find. Called once for each matcher.
   */
  readonly rework?: (program: Program) => Program;
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
  /**
   * Keys whose state changed since the last call, each once, in no stated order; all of them are encoded next. One whose
   * state began and ended since then need not be named.
   */
  takeChanged(): readonly string[];
  /** The parts of a key's state that changed since it was last encoded. Those not named stay as they are stored. */
  encode(key: string): readonly PartChange[];
  /** The inverse: takes all stored parts, in no stated order. Calls `arm` for what the key waits for. */
  restore(key: string, parts: readonly StatePart[]): void;
  /**
   * Goes on as the matcher of another version of the rule, of which partial matches have the same shape (shape.ts).
   * `next` was made for that version and has no state; it is of no use afterwards. Costs nothing for what is open.
   */
  become(next: Matcher): void;
  /**
   * Begins nothing any more: what is open at `sinceMs`, the rule's time, goes on to its end. A window ends when it has
   * alerted or when no event is left in it from before, a silence with its alert or with the next event.
   */
  drain(sinceMs: number): void;
  /** Is nothing open any more, by this time? Of a matcher that drains. */
  isDrained(nowMs: number): boolean;
  /**
   * Takes over all that the matcher of the same version in another engine knows, which is of no use afterwards. Every
   * key counts as changed, and what it waits for is asked for again. `move` is called with every event that is
   * remembered, with some of them more than once. Cost: all that is remembered.
   */
  adopt(warm: Matcher, move: (event: EventRecord) => void): void;
  /** Where keys can be restored while events come, each before its first event or deadline. Absent: only beforehand. */
  readonly stored?: StoredTraits;
  /** Keys with so many starts in all are stored and will be restored later: they count as open from now on. */
  awaitStored?(openStarts: number): void;
}
