/**
 * What a rule may have to remember at worst, against its limits. How many events come is not known before they
 * do; but a pattern whose partial matches multiply is told from its text, and so is a limit that was raised beyond
 * what the defaults allow.
 */

import type { Span } from "../base/diagnostic.ts";
import type { MatchBody, Sequence } from "./ast.ts";
import { sequencesOf } from "./labels.ts";
import {
  DEFAULT_LIMITS,
  type ElementPlan,
  type LimitsPlan,
  type MatchPlan,
  PARTS_MAX,
  type SequencePlan,
  type WindowPlan,
} from "./plan.ts";
import { bodiesOf } from "./plan-walk.ts";
import type { Checking } from "./scope.ts";

/** So many events of one key within the bound are nothing unusual. */
const EVENTS_USUAL = 100;
/** Events held by one rule that its limits allow by default: open starts times events per match. */
const EVENTS_ALLOWED = DEFAULT_LIMITS.open * DEFAULT_LIMITS.eventsPerMatch;
/** Events of one key: what all its open starts may hold by default. */
const EVENTS_OF_KEY_ALLOWED = DEFAULT_LIMITS.openPerKey * DEFAULT_LIMITS.eventsPerMatch;

export function lintMatchState(
  body: MatchBody,
  plan: MatchPlan,
  limits: LimitsPlan,
  checking: Checking,
): void {
  refuseTooManyParts(body, plan, checking);
  if (plan.mode === "latest") return;
  refuseTooMany(body, plan, limits, checking);
  warnForks(body.headSpan, plan, limits, checking);
  warnRaised(body.headSpan, plan, limits, checking);
}

/** Each step and `no` has a bit of an integer. */
function refuseTooManyParts(body: MatchBody, plan: MatchPlan, checking: Checking): void {
  const count = partsOf(plan.sequence) + (plan.until === null ? 0 : 1);
  if (count > PARTS_MAX) reportParts(body, count, checking);
}

function reportParts({ headSpan }: MatchBody, count: number, checking: Checking): void {
  const message = `a pattern has at most ${PARTS_MAX} steps and \`no\`s`;
  checking.report.error("E0320", headSpan, message, {
    label: `this one has ${count}`,
    notes: ["`until` behind the block counts as one"],
  });
}

function partsOf(sequence: SequencePlan): number {
  return sequence.items.reduce((sum, { element }) => {
    if (element.kind === "no" || element.kind === "step") return sum + 1;
    return (
      sum +
      bodiesOf(element)
        .map(partsOf)
        .reduce((a, b) => a + b, 0)
    );
  }, 0);
}

/** Patterns with more elements are not looked at: what each step sees would cost the square of their number. */
const ELEMENTS_MAX = 8 * PARTS_MAX;

/** Reports a pattern far beyond the bound. True where it is one, and nothing else should be said of it. */
export function refuseHugePattern(body: MatchBody, checking: Checking): boolean {
  const count = elementsOf(body.sequence);
  if (count <= ELEMENTS_MAX) return false;
  reportParts(body, count, checking);
  return true;
}

function elementsOf(sequence: Sequence): number {
  return sequence.elements.reduce((sum, { element }) => {
    const inner = sequencesOf(element);
    return sum + (inner.length === 0 ? 1 : inner.map(elementsOf).reduce((a, b) => a + b, 0));
  }, 0);
}

/** All steps together need more events than a match may have. A single step that does is told by its count. */
function refuseTooMany(
  { headSpan }: MatchBody,
  { sequence }: MatchPlan,
  { eventsPerMatch }: LimitsPlan,
  checking: Checking,
): void {
  const parts = sequence.items.map(({ element }) => leastEvents(element)).filter((n) => n > 0);
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum <= eventsPerMatch || parts.some((n) => n > eventsPerMatch)) return;
  checking.report.error(
    "E0313",
    headSpan,
    `a match has at most ${grouped(eventsPerMatch)} events`,
    {
      label: "so these steps can never all have enough",
      notes: [
        `they need ${parts.map(grouped).join(" + ")} = ${grouped(sum)} events`,
        "`limit N events per match` sets another limit",
      ],
    },
  );
}

function leastEvents(element: ElementPlan): number {
  if (element.kind === "no") return 0;
  const { min, optional } = element.quantity;
  return optional ? 0 : min * leastOfBody(element);
}

function leastOfBody(element: Exclude<ElementPlan, { kind: "no" }>): number {
  switch (element.kind) {
    case "step":
      return 1;
    case "group":
      return leastOfSequence(element.sequence);
    case "either":
      return Math.min(...element.alternatives.map(leastOfSequence));
    case "all of":
      return element.parts.map(leastOfSequence).reduce((a, b) => a + b, 0);
  }
}

function leastOfSequence(sequence: SequencePlan): number {
  return sequence.items.reduce((sum, { element }) => sum + leastEvents(element), 0);
}

/**
 * How many events of a candidate are chosen freely among those that fit: every such event leaves one partial match
 * with it and one without. Infinity: as many as come.
 */
function freeChoices(sequence: SequencePlan): number {
  let choices = 0;
  for (const { link, element } of sequence.items) {
    if (element.kind === "no") continue;
    if (link === "then any") choices += 1;
    const { max, contiguity } = element.quantity;
    const turns = contiguity === "any" ? max - 1 : 0;
    if (element.kind === "all of" && element.contiguity === "any") {
      choices += element.parts.length - 1;
    }
    const inner = element.kind === "step" ? 0 : Math.max(0, ...bodiesOf(element).map(freeChoices));
    choices += turns + (inner === 0 ? 0 : inner * max);
  }
  return choices;
}

function warnForks(
  span: Span,
  { sequence }: MatchPlan,
  { open }: LimitsPlan,
  checking: Checking,
): void {
  const choices = freeChoices(sequence);
  const events = eventsToExceed(choices, open);
  if (events === null) return;
  const ways = grouped(waysToChoose(events, choices));
  const shown =
    choices >= events ? `2^${events} = ${ways}` : `up to ${choices} of ${events} = ${ways}`;
  checking.report.warning("W0801", span, "partial matches of this rule may multiply", {
    label: `${events} events of one key are enough for ${ways} of them`,
    notes: [
      `every event that \`any\` may take leaves a partial match with it and one without: ${shown}`,
      `that is more than \`limit ${open} open\`, which counts starts: one start may hold them all`,
      "`then`, and loops without `any`, take the first event that fits",
    ],
  });
}

/** The fewest events whose choices exceed the limit; null where usual numbers do not. */
function eventsToExceed(choices: number, limit: number): number | null {
  if (choices === 0) return null;
  for (let events = 1; events <= EVENTS_USUAL; events++) {
    if (waysToChoose(events, choices) > limit) return events;
  }
  return null;
}

/** How many ways there are to choose at most `most` of `events`. */
function waysToChoose(events: number, most: number): number {
  let ways = 1;
  let exactly = 1;
  for (let chosen = 1; chosen <= Math.min(events, most); chosen++) {
    exactly = (exactly * (events - chosen + 1)) / chosen;
    ways += exactly;
  }
  return Math.round(ways);
}

function warnRaised(
  span: Span,
  plan: MatchPlan,
  { open, eventsPerMatch }: LimitsPlan,
  checking: Checking,
): void {
  const most = Math.min(mostOfSequence(plan.sequence), eventsPerMatch);
  const held = open * most;
  if (held <= EVENTS_ALLOWED) return;
  checking.report.warning(
    "W0802",
    span,
    "this rule may hold more events than memory has room for",
    {
      label: "its limits are raised",
      notes: [
        `${grouped(open)} open starts x up to ${grouped(most)} events = ${grouped(held)} events`,
        `by default a rule may hold ${grouped(DEFAULT_LIMITS.open)} x ${grouped(DEFAULT_LIMITS.eventsPerMatch)} = ${grouped(EVENTS_ALLOWED)}`,
      ],
    },
  );
}

function mostOfSequence(sequence: SequencePlan): number {
  return sequence.items.reduce((sum, { element }) => {
    if (element.kind === "no") return sum;
    const inner = element.kind === "step" ? 1 : mostOfBodies(element);
    return sum + (inner === 0 ? 0 : inner * element.quantity.max);
  }, 0);
}

function mostOfBodies(element: Exclude<ElementPlan, { kind: "no" | "step" }>): number {
  const counts = bodiesOf(element).map(mostOfSequence);
  return element.kind === "all of" ? counts.reduce((a, b) => a + b, 0) : Math.max(...counts);
}

/** A window of the last N events keeps them for every key. */
export function lintWindowState({ shape }: WindowPlan, span: Span, checking: Checking): void {
  if (shape.kind !== "count" || shape.events <= EVENTS_OF_KEY_ALLOWED) return;
  checking.report.warning(
    "W0802",
    span,
    "this rule may hold more events than memory has room for",
    {
      label: "a window of this many events",
      notes: [
        `${grouped(shape.events)} events for each key`,
        `by default a key may hold ${grouped(DEFAULT_LIMITS.openPerKey)} x ${grouped(DEFAULT_LIMITS.eventsPerMatch)} = ${grouped(EVENTS_OF_KEY_ALLOWED)}`,
      ],
    },
  );
}

/** `1234567` as `1,234,567`. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
