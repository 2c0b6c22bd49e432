/**
 * What a simulation feeds in: two JetStream streams that hold three streams of the rules, and events for them by seed:
 * bursts and silences, disorder, late ones, poison, lists of events in one message, subjects that concern nobody.
 */

import { sha256Hex } from "../../base/hash.ts";
import type { Random } from "../../base/random.ts";
import { compileRules } from "../../dsl/compile.ts";
import { RuleData } from "../../engine/rule-data.ts";
import type { ServiceRules } from "../../server/rule-folder.ts";

const STREAMS = `
stream doors from "ev.doors.>" { time at unit ms  delay 200ms  idle 3s }
stream cards from "ev.cards.>" { time at unit ms  delay 400ms  idle 2s }
stream lifts from "other.lifts" { time at unit ms  delay 100ms  idle 4s  late accept }
`;

/** Nearly every event decides something, so that none can be lost or doubled unseen. */
const SEEN = `
rule sim.seen "{v} at {k}" { severity info  match by k within 1s { e: doors where v > 1 } }
rule sim.swiped "Card {n}" { severity low  match by n within 1s { e: cards } }
`;

const SETS: readonly string[] = [
  `
rule sim.lift "A lift moved" { severity info  match by k within 1s { e: lifts where v > 4 } }
rule sim.entered "A card, then a door" {
  severity medium
  match by k within 8s { c: cards where v > 4  then d: doors where v > c.v }
}
rule sim.unanswered "A door without a card" {
  severity high
  match by k within 4s { d: doors where v == 9  then no cards where v > 2 }
}
rule sim.travelled "Card, lift, door" {
  severity low
  match all by k within 6s { c: cards where v > 6  then l: lifts where v > 6  then d: doors where v < 4 }
}`,
  `
rule sim.crowd "Many doors" {
  severity medium
  window every 2s by k over e: doors having count() >= 3
  alert "{count()} doors at {k}" { sum: sum(v) }
}
rule sim.silent "A lift stands still" {
  severity low
  expect lifts by k every 5s
  alert "{k} stands still"
  on recovered alert "{k} moves again"
}
rule sim.rare "Seldom told" {
  severity critical
  match by k within 3s { a: doors where v > 5  then b: doors where v > 5 }
  once per k every 10s
}`,
  `
rule sim.busy "Lift and doors" {
  severity low
  match longest by k within 5s { l: lifts where v > 2  then ds: 1+ doors where v > 4 }
}
rule sim.sessions "A session of cards" {
  severity info
  window gap 2s by k over e: cards having count() >= 2
  alert "{count()} cards" { first: first(e).n }
}
rule sim.left "No lift after the card" {
  severity high
  match by k within 6s { c: cards where v > 5  then no lifts where v > 1 }
}`,
];

export const RULE_SETS = SETS.length;

const compiled = new Map<number, ServiceRules>();

/** One of the rule sets, compiled once. */
export function simulatedRules(index: number): ServiceRules {
  let rules = compiled.get(index);
  if (rules === undefined) {
    const text = `${STREAMS}${SEEN}${SETS[index] ?? ""}`;
    const { plan, diagnostics } = compileRules([{ file: "simulated.seq", text }]);
    if (plan === null) throw new Error(JSON.stringify(diagnostics));
    const revision = sha256Hex(text).slice(0, 16);
    rules = { plan, data: new RuleData(plan, new Map()), revision };
    compiled.set(index, rules);
  }
  return rules;
}

/** The JetStream streams of the simulation, and what of them the rules want. */
export const FEEDS: readonly { readonly name: string; readonly subjects: readonly string[] }[] = [
  { name: "EVENTS", subjects: ["ev.>"] },
  { name: "OTHER", subjects: ["other.>"] },
];

const WANTED = /^(ev\.(doors|cards)\..|other\.lifts$)/;

/** Is the message one that a stream of the rules takes? */
export function isWanted(subject: string): boolean {
  return WANTED.test(subject);
}

export interface Made {
  readonly feed: string;
  readonly subject: string;
  readonly data: Uint8Array;
}

const encoder = new TextEncoder();

/** The next message of the producers; `wallMs` is the server's time, `n` counts the messages. */
export function makeMessage(random: Random, wallMs: number, n: number): Made {
  const kind = random.below(20);
  const [feed, subject] =
    kind < 9
      ? ["EVENTS", `ev.doors.${random.below(3)}`]
      : kind < 14
        ? ["EVENTS", "ev.cards.x"]
        : kind < 18
          ? ["OTHER", "other.lifts"]
          : kind === 18
            ? ["OTHER", "other.noise"]
            : ["EVENTS", "ev.noise"];
  return {
    feed: feed as string,
    subject: subject as string,
    data: encoder.encode(text(random, wallMs, n)),
  };
}

function text(random: Random, wallMs: number, n: number): string {
  const kind = random.below(60);
  if (kind === 0) return '{"at": 17, "k":';
  if (kind === 1) return `{"k":"a","v":3,"n":${n}}`;
  if (kind === 2) {
    const events = Array.from({ length: 1 + random.below(3) }, () => event(random, wallMs, n));
    return `[${events.join(",")}]`;
  }
  return event(random, wallMs, n);
}

function event(random: Random, wallMs: number, n: number): string {
  const lag = random.below(30) === 0 ? 1000 + random.below(4000) : random.below(250);
  const ahead = random.below(200) === 0 ? 90_000_000 : 0;
  const at = wallMs - lag + ahead;
  return `{"at":${at},"k":"${"abcd"[random.below(4)]}","v":${random.below(10)},"n":${n}}`;
}
