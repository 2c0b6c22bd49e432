/**
 * What differs between two versions of a rule, and what is safe for what the old one remembers.
 *
 * Safe is: to keep where the shape is equal (nfa/shape.ts) and the rule's streams are the same; else to drain where the
 * old version can go on beside the new one; else to reset. It cannot go on where it has lost something that it reads,
 * where the times of a stream mean something else, and where its window has no end in time.
 */

import { canonicalText } from "../../dsl/canonical.ts";
import type { RulePlan, RuleSetPlan, StreamPlan } from "../../dsl/plan.ts";
import { type Shape, shapeOf, shapeText } from "../../nfa/shape.ts";
import { runningRules, streamsBehind } from "../group-plan.ts";

/** Two rule sets, and how their rules belong together. */
export interface Sets {
  readonly current: RunningSet;
  readonly next: RunningSet;
  /** For each rule that runs in both sets, by its name in the current one: its name in the next. */
  readonly renames: ReadonlyMap<string, string>;
}

/** A rule set with what is asked of it for each rule. */
export class RunningSet {
  readonly plan: RuleSetPlan;
  /** The rules that are not off, by name. */
  readonly running: ReadonlyMap<string, RulePlan>;
  readonly #streams: ReadonlyMap<string, StreamPlan>;

  constructor(plan: RuleSetPlan) {
    this.plan = plan;
    this.running = runningRules(plan);
    this.#streams = new Map(plan.streams.map((stream) => [stream.name, stream]));
  }

  stream(name: string): StreamPlan | undefined {
    return this.#streams.get(name);
  }

  /** Names of all streams behind a rule of the set. */
  behind(rule: RulePlan): readonly string[] {
    return streamsBehind(rule, this.plan, this.running);
  }
}

export interface Change {
  readonly verdict: "same" | "keep" | "drain" | "reset";
  readonly reasons: readonly string[];
  /** Why the old version cannot drain; null: it can. */
  readonly undrainable: () => string | null;
}

/** The change from one version of a rule to another; both run. */
export function changeOf(before: RulePlan, after: RulePlan, sets: Sets): Change {
  const undrainable = (): string | null => whyNotDrain(before, sets.current.behind(before), sets);
  if (isSame(before, after)) return { verdict: "same", reasons: [], undrainable };
  const retimed = sets.current.behind(before).filter((name) => isRetimed(name, sets));
  if (retimed.length > 0) {
    const reasons = retimed.map((name) => `\`${name}\` reads its event times otherwise`);
    return { verdict: "reset", reasons, undrainable };
  }
  const differences = shapeDifferences(before, after, sets);
  // Exceptions are no part of a rule's version: with them alone nothing that is open is touched (D-5).
  if (differences.length === 0 || before.version === after.version)
    return { verdict: "keep", reasons: keptReasons(before, after, sets), undrainable };
  const why = undrainable();
  if (why === null) return { verdict: "drain", reasons: differences, undrainable };
  return { verdict: "reset", reasons: [...differences, why], undrainable };
}

function isSame(before: RulePlan, after: RulePlan): boolean {
  return (
    before.version === after.version &&
    before.mode === after.mode &&
    before.exceptions.length === after.exceptions.length &&
    canonicalText(before.exceptions) === canonicalText(after.exceptions)
  );
}

/**
 * Why an old version cannot go on in the next set beside the version in force; null: it can. `streams`: those of its
 * order group.
 */
export function whyNotDrain(
  rule: RulePlan,
  streams: readonly string[],
  { current, next, renames }: Sets,
): string | null {
  const { body } = rule;
  if (body.kind === "window" && body.shape.kind === "count")
    return "a window of the last events has no end in time, so that the old version would never be done";
  const retimed = streams.find((name) => isRetimed(name, { current, next }));
  if (retimed !== undefined) return `\`${retimed}\` reads its event times otherwise`;
  const lost = [...streams, ...rule.streams].find(
    (name) => next.stream(name) === undefined && renames.get(name) !== name,
  );
  return lost === undefined ? null : `the old version reads \`${lost}\`, which is gone`;
}

/** Is the stream in both sets, with times that are read in different ways? */
export function isRetimed(
  name: string,
  { current, next }: Pick<Sets, "current" | "next">,
): boolean {
  const before = current.stream(name);
  const after = next.stream(name);
  if (before === undefined || after === undefined) return false;
  return canonicalText(before.time) !== canonicalText(after.time);
}

/** What stands against one version's going on with what the other remembers. */
function shapeDifferences(before: RulePlan, after: RulePlan, sets: Sets): readonly string[] {
  const former = (name: string): string => sets.renames.get(name) ?? name;
  const today = (name: string): string => name;
  const elsewhere =
    sets.current.behind(before).join("\n") === sets.next.behind(after).join("\n")
      ? []
      : ["the streams behind it changed"];
  if (elsewhere.length === 0 && shapeText(before, former) === shapeText(after, today)) return [];
  const old = shapeOf(before, former);
  const wanted = shapeOf(after, today);
  const changed = wanted.aspects
    .filter(({ text }, i) => old.aspects[i]?.text !== text)
    .map(({ name }) => name);
  if (wanted.aspects[0]?.text !== old.aspects[0]?.text) return [`${changed[0]} changed`];
  // What the program itself says is of interest where nothing of the text says it.
  const told = changed.length > 1 ? changed.filter((name) => name !== "its automaton") : changed;
  const differences = told.map((name) => `${name} changed`);
  differences.push(...elsewhere);
  if (lacks(old, wanted)) differences.push(lackOf(after));
  return differences;
}

function lacks({ remembered }: Shape, { needed }: Shape): boolean {
  return [...needed].some((name) => !remembered.has(name));
}

function lackOf({ body }: RulePlan): string {
  switch (body.kind) {
    case "match":
      return "it tells apart partial matches of a loop of which the old version kept only the longest";
    case "window":
      return "it asks for values of its window that the old version did not keep";
    case "expect":
      return "the old version did not remember who is missing";
  }
}

/** What an author changed where partial matches go on. */
function keptReasons(before: RulePlan, after: RulePlan, sets: Sets): readonly string[] {
  const reasons: string[] = [];
  const note = (pick: (rule: RulePlan) => unknown, reason: string): void => {
    if (canonicalText(pick(before) ?? null) !== canonicalText(pick(after) ?? null))
      reasons.push(reason);
  };
  if (before.name !== after.name) reasons.push(`it was \`${before.name}\``);
  note(({ title, metadata, was }) => [title, metadata, was], "its title or metadata changed");
  note(({ severity }) => severity, "its severity changed");
  note(({ mode }) => mode, `it is ${after.mode} now`);
  note(({ alert, timeout, recovered }) => [alert, timeout, recovered], "what it tells changed");
  note(({ once }) => once?.per, "`once` counts by other values, and begins anew");
  if (before.once !== null && after.once !== null)
    note(({ once }) => once?.everyMs, "`once` withholds for another time");
  note(({ limits }) => limits, "its limits changed");
  note(namesIn, "steps or keys have other names");
  note(filtersIn, "what its sources admit changed: events that they admitted before stay");
  note(conditionsIn, "its conditions changed: what they let pass before stays");
  note(({ exceptions }) => exceptions, "its exceptions changed");
  note(
    ({ streams }) => streams.map((name) => sets.renames.get(name) ?? name),
    "its streams stand in another order",
  );
  reasons.push(...streamReasons(after, sets));
  if (before.version !== after.version && before.streams.some((name) => sets.renames.has(name)))
    reasons.push("a rule below it may have changed");
  return reasons;
}

function namesIn({ body, keys }: RulePlan): unknown {
  return [keys.map(({ name }) => name), body.kind === "expect" ? body.label : body.labels];
}

function filtersIn({ body }: RulePlan): unknown {
  const sources = body.kind === "expect" ? [body.source] : body.sources;
  return sources.map(({ filter }) => filter);
}

/** The body without its filters, names and sources. */
function conditionsIn({ body }: RulePlan): unknown {
  if (body.kind === "expect") return { ...body, source: null, label: null };
  return { ...body, sources: null, labels: null };
}

const STREAM_PARTS = [
  ["subjects", "other subjects"],
  ["delayMs", "another `delay`"],
  ["idleMs", "another `idle`"],
  ["id", "another `id`: identities seen before are forgotten"],
  ["late", "another way with late events"],
  ["fields", "other fields"],
] as const;

/** How the streams behind the rule are declared otherwise. */
function streamReasons(after: RulePlan, { current, next }: Sets): readonly string[] {
  return next.behind(after).flatMap((name) => {
    const old = current.stream(name);
    const now = next.stream(name);
    if (old === undefined || now === undefined) return [];
    return STREAM_PARTS.filter(
      ([part]) => canonicalText(old[part]) !== canonicalText(now[part]),
    ).map(([, what]) => `\`${name}\` has ${what}`);
  });
}
