/** Random edits of a rule, as an author makes them, and the rule set that each gives. */

import type { Random } from "../../base/random.ts";
import { localCondition } from "../oracle/generate-condition.ts";
import type { Condition, Element, Pattern } from "../oracle/pattern.ts";
import { elementsOf, mapElements, stepsOf } from "../oracle/pattern.ts";
import { renderPattern } from "../oracle/render.ts";

/** An exception on a step: events of this kind cannot take it. */
export interface Excepted {
  readonly label: string;
  readonly kind: string;
}

/** A rule as its author has it. */
export interface Draft {
  readonly name: string;
  readonly was: string | null;
  readonly severity: "low" | "high";
  readonly mode: "live" | "shadow" | "off";
  readonly title: string;
  readonly pattern: Pattern;
  /** Equal for drafts whose partial matches have the same shape. */
  readonly family: string;
  readonly exceptions: readonly Excepted[];
  /** The rule is not in the set. */
  readonly deleted: boolean;
}

export function firstDraft(pattern: Pattern, family: string): Draft {
  return {
    name: "oracle.case",
    was: null,
    severity: "low",
    mode: "live",
    title: "Oracle case",
    pattern,
    family,
    exceptions: [],
    deleted: false,
  };
}

/** Reads all streams of the pattern and never matches: its order group stays, whatever becomes of the other rule. */
function keeper({ streams }: Pattern): string {
  const steps = streams.map((stream, i) => `k${i}: ${stream} where t == "never"`);
  return `rule keeper "Keeper" { severity low match by all within 1s { ${steps.join("  then ")} } }\n`;
}

/** The whole set as one file. */
export function setText(draft: Draft): string {
  const { pattern, name, was, severity, mode, title, exceptions } = draft;
  const text = renderPattern(pattern);
  const at = text.indexOf("rule oracle.case");
  const head = text.slice(0, at) + keeper(pattern);
  if (draft.deleted) return head;
  const metadata = [
    `severity ${severity}`,
    ...(mode === "live" ? [] : [`mode ${mode}`]),
    ...(was === null ? [] : [`was ${was}`]),
  ];
  const rule = text
    .slice(at)
    .replace('rule oracle.case "Oracle case"', `rule ${name} ${JSON.stringify(title)}`)
    .replace("severity low", metadata.join("  "));
  const excepted = exceptions.map(
    ({ label, kind }, i) =>
      `exception e${i} for ${name} on ${label} where t == "${kind}" because "known"\n`,
  );
  return head + rule + excepted.join("");
}

export type Edit =
  | "nothing"
  | "texts"
  | "condition"
  | "filter"
  | "within"
  | "pattern"
  | "rename"
  | "mode"
  | "off"
  | "delete"
  | "revert"
  | "exception";

const EDITS: readonly Edit[] = [
  "nothing",
  "texts",
  "condition",
  "condition",
  "condition",
  "condition",
  "filter",
  "filter",
  "within",
  "within",
  "pattern",
  "rename",
  "rename",
  "mode",
  "off",
  "delete",
  "revert",
  "revert",
  "exception",
  "exception",
];

export interface EditedDraft {
  readonly edit: Edit;
  readonly draft: Draft;
}

/** The next draft. `others`: patterns over the same streams; `earlier`: drafts that stood before. */
export function edited(
  random: Random,
  draft: Draft,
  earlier: readonly Draft[],
  others: readonly Pattern[],
): EditedDraft {
  const present: Draft = {
    ...draft,
    was: null,
    deleted: false,
    mode: draft.mode === "off" ? "live" : draft.mode,
  };
  if (draft.deleted) return { edit: "pattern", draft: { ...present, exceptions: [] } };
  const edit = random.pick(EDITS);
  return { edit, draft: apply(edit, random, present, earlier, others) };
}

function apply(
  edit: Edit,
  random: Random,
  draft: Draft,
  earlier: readonly Draft[],
  others: readonly Pattern[],
): Draft {
  const { pattern } = draft;
  switch (edit) {
    case "nothing":
      return draft;
    case "texts":
      return {
        ...draft,
        title: `Title ${random.below(100)}`,
        severity: random.pick(["low", "high"]),
      };
    case "condition":
      return { ...draft, pattern: withOtherCondition(random, pattern) };
    case "filter":
      return { ...draft, pattern: withOtherFilter(random, pattern) };
    case "within": {
      const withinMs = pattern.withinMs + 1000;
      return { ...draft, pattern: { ...pattern, withinMs }, family: `${draft.family}+` };
    }
    case "pattern": {
      const other = random.pick(others);
      const family = `other ${others.indexOf(other)}`;
      return { ...draft, pattern: other, family, exceptions: [] };
    }
    case "rename":
      return { ...draft, name: `oracle.n${random.below(1_000_000)}`, was: draft.name };
    case "mode":
      return { ...draft, mode: draft.mode === "live" ? "shadow" : "live" };
    case "off":
      return { ...draft, mode: "off" };
    case "delete":
      return { ...draft, deleted: true };
    case "revert": {
      const back = random.pick(earlier);
      return { ...back, name: draft.name, was: null, deleted: false, mode: draft.mode };
    }
    case "exception": {
      if (draft.exceptions.length > 0 && random.chance(0.4)) return { ...draft, exceptions: [] };
      const { label } = random.pick(stepsOf(pattern.sequence));
      const excepted = { label, kind: random.pick(["a", "b", "c"]) };
      return { ...draft, exceptions: [...draft.exceptions, excepted] };
    }
  }
}

/** Another condition in the place of one; a step without one may get one. */
function withOtherCondition(random: Random, pattern: Pattern): Pattern {
  const elements = elementsOf(pattern.sequence).filter(
    (element) => element.kind === "step" || element.kind === "no",
  );
  const chosen = elements.indexOf(random.pick(elements));
  let at = -1;
  const change = (element: Element): Element => {
    if (element.kind !== "step" && element.kind !== "no") return element;
    at++;
    if (at !== chosen) return element;
    if (element.kind === "step" && element.each !== null && random.chance(0.5))
      return { ...element, each: localCondition(random) };
    if (element.kind === "step" && element.until !== null && random.chance(0.5))
      return { ...element, until: localCondition(random) };
    const where: Condition | null = random.chance(0.2) ? null : localCondition(random);
    return { ...element, where };
  };
  return { ...pattern, sequence: mapElements(pattern.sequence, change) };
}

function withOtherFilter(random: Random, pattern: Pattern): Pattern {
  if (pattern.events.length === 0) return pattern;
  const chosen = random.pick(pattern.events);
  const events = pattern.events.map((event) =>
    event === chosen ? { ...event, filter: localCondition(random) } : event,
  );
  return { ...pattern, events };
}
