/** The engine's counters, for status pages, metrics and the summary of a replay. They count from the engine's start. */

import type { LimitName } from "../nfa/matcher.ts";

/** Why a record is no event, or not taken. */
export type RejectReason =
  | "not an object"
  | "no time"
  | "bad time"
  | "too large"
  | "too deep"
  | "too many fields"
  | "unreadable"
  /** Stepping it ended the process, time and again. */
  | "poison";

export interface FeedStatus {
  readonly stream: string;
  readonly feed: string;
  /** Null before the first event. */
  readonly watermarkMs: number | null;
  readonly idle: boolean;
  readonly ended: boolean;
}

export interface StreamStatus {
  readonly stream: string;
  /** Records accepted as events of the stream, late ones not among them. */
  readonly events: number;
  /** Below the stream's own watermark. */
  readonly late: number;
  /** Below a time that some rule had passed while the feed was idle. */
  readonly lateForRule: number;
  readonly future: number;
  readonly duplicates: number;
  readonly rejected: readonly { readonly reason: RejectReason; readonly count: number }[];
}

export interface RuleStatus {
  readonly rule: string;
  readonly version: string;
  readonly mode: "live" | "shadow" | "off";
  /** Null where the rule does not run. */
  readonly tier: string | null;
  readonly openStarts: number;
  readonly openRuns: number;
  /** Reported by the matcher, before `once`. */
  readonly matches: number;
  readonly alerts: number;
  /** Did not alert, for an exception fitted. */
  readonly excepted: number;
  /** Withheld by `once`. */
  readonly suppressed: number;
  readonly skipMissed: number;
  /** Starts or matches dropped. */
  readonly limits: readonly { readonly limit: LimitName; readonly dropped: number }[];
  /** The rule's time; null before it has one. */
  readonly timeMs: number | null;
  /** Keys with a deadline armed; deadlines are not taken back, so some keys may have nothing left that waits. */
  readonly openDeadlines: number;
}

export interface EngineStatus {
  readonly feeds: readonly FeedStatus[];
  readonly streams: readonly StreamStatus[];
  readonly rules: readonly RuleStatus[];
  /** Events held back by `delay` or by another feed. */
  readonly waitingEvents: number;
  /** `openDeadlines` over all rules. */
  readonly openDeadlines: number;
  /** Rules of an older version, or removed, whose stored state was dropped at the start. */
  readonly droppedRules: readonly string[];
}
