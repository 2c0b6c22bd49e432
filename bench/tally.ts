/** Counts and hashes what a run finds: matches as the matcher reports them, or alerts as the engine hands them out. */

import { crc32 } from "../base/crc32.ts";
import { compareText, type Value } from "../base/value.ts";
import type { RulePlan, RuleSetPlan } from "../dsl/plan.ts";
import type { MatcherFactory } from "../engine/options.ts";
import type { Alert } from "../engine/outputs.ts";
import { createMatcher } from "../nfa/create-matcher.ts";
import type { LimitName, Match, MatcherHost } from "../nfa/matcher.ts";
import { type HashedEvent, MatchHash } from "./match-hash.ts";

const encoder = new TextEncoder();

export class Tally {
  readonly matches = new MatchHash();
  /** Starts and matches that a limit dropped. */
  dropped = 0;
  /** By the rule's name: its index in ascending order of names, its labels, and whether it decides later than it ends. */
  readonly #rules: ReadonlyMap<string, RuleFacts>;

  constructor(plan: RuleSetPlan) {
    const read = new Set(plan.rules.flatMap(({ streams }) => streams));
    const sorted = [...plan.rules].sort((a, b) => compareText(a.name, b.name));
    this.#rules = new Map(
      sorted.map((rule, index) => [rule.name, factsOf(rule, index, read.has(rule.name))]),
    );
  }

  /** A matcher whose matches are counted here and go no further: an alert is made only where another rule reads it. */
  get createMatcher(): MatcherFactory {
    return (rule, host, options) => createMatcher(rule, this.#hostOf(rule, host), options);
  }

  #hostOf(rule: RulePlan, host: MatcherHost): MatcherHost {
    const facts = this.#rules.get(rule.name) as RuleFacts;
    return {
      data: host.data,
      report: (match) => {
        this.#addMatch(facts, match);
        if (facts.isRead) host.report(match);
      },
      arm: (key, deadlineMs) => host.arm(key, deadlineMs),
      limitReached: (_: LimitName, count) => {
        this.dropped += count;
      },
      skipMissed: () => host.skipMissed(),
    };
  }

  #addMatch({ index, keys, settlesLater }: RuleFacts, match: Match): void {
    const events = match.taken.map(({ label, event }) => ({
      element: label,
      timeMs: event.timeMs,
    }));
    const lastMs = settlesLater ? match.endMs : match.decidedMs;
    this.matches.add(
      index,
      keyWord(match.keys.slice(0, keys)),
      match.startMs,
      lastMs,
      sorted(events),
    );
  }

  addAlert(alert: Alert): void {
    const { index, labels, settlesLater } = this.#rules.get(alert.rule) as RuleFacts;
    const events = labels.flatMap((label, element) =>
      (alert.events[label] ?? []).map(({ time }) => ({ element, timeMs: Date.parse(time) })),
    );
    this.matches.add(
      index,
      keyWord(Object.values(alert.key)),
      Date.parse(alert.start),
      Date.parse(settlesLater ? alert.end : alert.time),
      alert.truncated === 0 ? sorted(events) : null,
    );
  }
}

interface RuleFacts {
  readonly index: number;
  /** How many parts a key has; what stands behind them was computed. */
  readonly keys: number;
  readonly labels: readonly string[];
  /** Under `match longest`, when a match is decided says nothing about it. */
  readonly settlesLater: boolean;
  /** Are its alerts events of another rule? */
  readonly isRead: boolean;
}

function factsOf({ body, keys }: RulePlan, index: number, isRead: boolean): RuleFacts {
  const labels = body.kind === "expect" ? [body.label] : body.labels;
  return {
    index,
    keys: keys.length,
    labels,
    isRead,
    settlesLater: body.kind === "match" && body.mode === "longest",
  };
}

/** A key as one word: a single whole number is itself, no key 0, others the CRC-32 of their JSON. */
function keyWord(keys: readonly Value[]): number {
  const [only] = keys;
  if (keys.length === 0) return 0;
  if (keys.length === 1 && typeof only === "number" && only >>> 0 === only) return only;
  return crc32(encoder.encode(JSON.stringify(keys)));
}

/** By element, then by time. */
function sorted(events: HashedEvent[]): readonly HashedEvent[] {
  return events.sort((a, b) => a.element - b.element || a.timeMs - b.timeMs);
}
