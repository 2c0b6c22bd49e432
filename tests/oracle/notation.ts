/**
 * Short notation for hand-worked cases. Events: `a1 x b@5 c:3 d|y,z e/s2`, each a name whose letters are its kind `t`,
 * `:3` its value `v` (also `w`), `@5` its time in seconds (else one more than the event before), `|k,j` its keys (`a+b` a list,
 * `null`; else "x"), `/s2` its stream (else s1). Elements: `step("a", "1+ greedy", { … })` takes events of kind a of the stream s1.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import { property, type Value } from "../../base/value.ts";
import { makeEvent } from "./generate-events.ts";
import { type OracleMatch, oracle } from "./oracle.ts";
import {
  type AllOf,
  type Condition,
  type Either,
  type Element,
  elementsOf,
  type Group,
  type Item,
  type Link,
  type No,
  numberSteps,
  type Operator,
  type Pattern,
  type Quantity,
  type Sequence,
  type Skip,
  type Step,
  type Term,
} from "./pattern.ts";

export type { Item, Skip };

const STREAMS = ["s1", "s2"];

/** Parses a list of events. */
export function eventsOf(text: string): EventRecord[] {
  const seqs = new Map<string, number>();
  let timeMs = -1000;
  return text.split(/\s+/).flatMap((token) => {
    const parts = /^([a-z]+\d*)(?::(-?\d+|t))?(?:@([\d.]+))?(?:\|([^/]+))?(?:\/(s\d))?$/.exec(
      token,
    );
    if (token === "") return [];
    assert(parts, `an event reads as the notation says: ${token}`);
    const [, name = "", value, time, keys = "x", stream = "s1"] = parts;
    timeMs = time === undefined ? timeMs + 1000 : Number(time) * 1000;
    const seq = (seqs.get(stream) ?? 0) + 1;
    seqs.set(stream, seq);
    const [k = "x", j = k] = keys.split(",");
    const v: Value = value === undefined ? null : value === "t" ? "text" : Number(value);
    const fields: [string, Value][] = [
      ["name", name],
      ["t", name.replace(/\d+$/, "")],
      ["k", keyValue(k)],
      ["j", keyValue(j)],
      ["v", v],
      ["w", v],
    ];
    return [makeEvent(STREAMS, STREAMS.indexOf(stream), seq, timeMs, fields)];
  });
}

function keyValue(text: string): Value {
  if (text === "null") return null;
  return text.includes("+") ? text.split("+").map(keyValue) : text;
}

/** What a pattern reports: names of the events in input order, then `@time` if it is not the last event's, `!` for a deadline. */
export function reported(pattern: Pattern, events: string): string[] {
  return oracle(pattern, eventsOf(events)).map(matchText);
}

/** The same with the step of each event: `a:a1,a2 b:b1`. */
export function labelled(pattern: Pattern, events: string): string[] {
  return oracle(pattern, eventsOf(events)).map(({ elements }) =>
    elements.map((element) => `${element.label}:${element.events.map(nameOf).join(",")}`).join(" "),
  );
}

function matchText(match: OracleMatch): string {
  const events = match.elements.flatMap((element) => element.events);
  const names = events.sort((a, b) => a.timeMs - b.timeMs || a.place - b.place || a.seq - b.seq);
  const decided =
    match.decidedBy === null
      ? `@${match.decidedMs / 1000}!`
      : match.decidedBy === names.at(-1)
        ? null
        : `@${match.decidedMs / 1000}`;
  return [...names.map(nameOf), ...(decided === null ? [] : [decided])].join(" ");
}

function nameOf(event: EventRecord): string {
  return String(property(event.data, "name"));
}

export type PatternOptions = Partial<
  Pick<Pattern, "key" | "events" | "until" | "having" | "skip">
> & {
  /** Seconds. */
  readonly within?: number;
  readonly gap?: number;
};

/** A pattern over the streams s1 and s2 by `k`, within 100 s unless told. Steps are numbered here. */
export function pattern(
  mode: Pattern["mode"],
  items: Sequence,
  options: PatternOptions = {},
): Pattern {
  const sequence = numberSteps(items);
  assert(elementsOf(sequence).length > 0, "a pattern has elements");
  return {
    mode,
    key: options.key === undefined ? { field: "k", nullable: false } : options.key,
    withinMs: (options.within ?? 100) * 1000,
    gapMs: options.gap === undefined ? null : options.gap * 1000,
    streams: STREAMS,
    events: options.events ?? [],
    sequence,
    until: options.until ?? null,
    having: options.having ?? null,
    skip: options.skip ?? null,
  };
}

type StepOptions = Partial<Pick<Step, "sources" | "by" | "where" | "each" | "having" | "until">> & {
  readonly within?: number;
};

/** A step labelled by its kind. `where` comes on top of the kind, which is asked unless other sources are named. */
export function step(kind: string, quantity = "", options: StepOptions = {}): Step {
  const isKind = isEqual("t", kind);
  const { sources, where = null } = options;
  return {
    kind: "step",
    element: -1,
    label: kind,
    quantity: quantityOf(quantity),
    sources: sources ?? ["s1"],
    by: options.by ?? null,
    where: sources !== undefined ? where : where === null ? isKind : both(isKind, where),
    each: options.each ?? null,
    having: options.having ?? null,
    until: options.until ?? null,
    withinMs: options.within === undefined ? null : options.within * 1000,
  };
}

/** A `no` of events of this kind of s1. */
export function no(kind: string, options: StepOptions = {}): No {
  const { sources, by, where, withinMs } = step(kind, "", options);
  return { kind: "no", sources, by, where, withinMs };
}

interface BracesOptions {
  readonly until?: Condition;
  readonly within?: number;
}

function braces(quantity: string, options: BracesOptions) {
  return {
    quantity: quantityOf(quantity),
    until: options.until ?? null,
    withinMs: options.within === undefined ? null : options.within * 1000,
  };
}

export function group(quantity: string, sequence: Sequence, options: BracesOptions = {}): Group {
  return { kind: "group", ...braces(quantity, options), sequence };
}

export function either(
  quantity: string,
  alternatives: readonly Sequence[],
  options: BracesOptions = {},
): Either {
  return { kind: "either", ...braces(quantity, options), alternatives };
}

export function allOf(
  contiguity: AllOf["contiguity"],
  parts: readonly Sequence[],
  quantity = "",
  options: BracesOptions = {},
): AllOf {
  return { kind: "all of", ...braces(quantity, options), contiguity, parts };
}

function item(link: Link): (element: Element) => Item {
  return (element) => ({ link, element });
}
/** Also for the first element, whose link says nothing. */
export const follow = item("then");
export const followAny = item("then any");
export const next = item("next");

function quantityOf(text: string): Quantity {
  const words = text.split(" ").filter((word) => word !== "");
  const count = words.find((word) => /^\d/.test(word));
  const [min = "1", max = min] = (count ?? "1").replace("+", "").split("..");
  return {
    min: Number(min),
    max: count?.endsWith("+") ? null : Number(max),
    optional: words.includes("optional"),
    contiguity: words.includes("consecutive")
      ? "consecutive"
      : words.includes("any")
        ? "any"
        : "relaxed",
    greedy: words.includes("greedy"),
    shortest: words.includes("shortest"),
  };
}

/** `field == constant` about the event at hand. */
export function isEqual(field: string, value: Value): Condition {
  return compared({ kind: "field", field }, "==", value);
}

/** A comparison of two terms, or of one and a constant. */
export function compared(left: Term, operator: Operator, right: Term | Value): Condition {
  return { kind: "compare", operator, left, right: isTerm(right) ? right : constant(right) };
}

function isTerm(right: Term | Value): right is Term {
  return typeof right === "object" && right !== null && "kind" in right;
}

function constant(value: Value): Term {
  return { kind: "constant", value };
}

/** The field of the event at hand. */
export const v: Term = { kind: "field", field: "v" };
export const prevV: Term = { kind: "prev", field: "v" };

/** `label.v`, `first(label).v`, `last(label).v`, `sum(label.v)`. */
export function of(kind: "step" | "first" | "last" | "sum", label: string): Term {
  return { kind, step: label, field: "v" };
}

export function countOf(label: string): Term {
  return { kind: "count", step: label };
}

function both(...parts: readonly Condition[]): Condition {
  return { kind: "and", parts };
}
