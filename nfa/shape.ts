/**
 * The shape of what a rule remembers: two versions of a rule whose shapes are equal mean the same by their partial
 * matches, so that one can go on with those of the other. Conditions are no part of it, nor are texts: an event counts
 * as the version in force judged it. What a condition needs to find remembered is part of it.
 *
 * A shape is a list of aspects, each with a canonical text. The aspects of a `match` are those that an author can see
 * in the text; behind them stands the program itself, so that nothing that a partial match refers to is overlooked.
 */

import { canonicalText } from "../dsl/canonical.ts";
import type { Expr } from "../dsl/expr.ts";
import type { ElementPlan, MatchPlan, RulePlan, SequencePlan, SourcePlan } from "../dsl/plan.ts";
import { buildProgram } from "./build.ts";
import { precedingMax, readsLabels } from "./expression/compiled.ts";
import { NO_DATA } from "./history.ts";
import { bodiesOf } from "./patterns.ts";
import type { Bound, Edge, Program } from "./program.ts";
import { keptColumns } from "./window/kept.ts";

/** Something of which partial matches are made. */
export interface Aspect {
  /** As part of a sentence: "its keys". */
  readonly name: string;
  readonly text: string;
}

/** What the version remembers, and what it needs to find remembered. */
export interface Shape {
  /** Equal in versions that can share their state. */
  readonly aspects: readonly Aspect[];
  /** What is remembered beside the events that every version keeps. */
  readonly remembered: ReadonlySet<string>;
  /** Of these, what this version reads. */
  readonly needed: ReadonlySet<string>;
}

/**
 * A text that is equal only for rules of equal shape, and costs little: of each condition it tells which labels it
 * reads. Rules of equal shape may have different ones.
 */
export function shapeText(rule: RulePlan, nameOf: (source: string) => string): string {
  const { body, keys, timeout, recovered } = rule;
  const isWindow = body.kind === "window";
  const nullable = keys.map((key) => key.nullable);
  const parts = [body, nullable, timeout?.after, recovered === null];
  const outline = JSON.stringify(parts, (name: string, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    if (name === "labels" || name === "filter") return "";
    if (name === "table") return value === null;
    if (name === "label" && typeof value === "string") return "";
    if (name === "stream") return nameOf(String(value));
    if (!CONDITIONS.has(name)) return value;
    // What a window needs its columns tell.
    if (isWindow) return "";
    return value === null ? null : traces(value as Judged);
  });
  return `${outline} ${isWindow ? canonicalText(keptColumns(rule)) : ""}`;
}

const CONDITIONS: ReadonlySet<string> = new Set(["where", "each", "having", "until"]);

type Judged = Expr | NonNullable<MatchPlan["until"]>;

/** What a condition may say of the shape; the `until` after a block tells what it reads. */
function traces(condition: Judged): unknown {
  if (!("kind" in condition)) return { ...condition, where: null };
  return [[...readsLabels(condition)].sort(), precedingMax(condition)];
}

/** `nameOf`: under which name a rule or stream goes today. */
export function shapeOf(rule: RulePlan, nameOf: (source: string) => string): Shape {
  const { body } = rule;
  const sourceText = ({ stream, keys, nullable }: SourcePlan): string =>
    canonicalText([nameOf(stream), keys, nullable]);
  switch (body.kind) {
    case "match":
      return matchShape(rule, body, sourceText);
    case "window": {
      const columns = new Set(keptColumns(rule));
      const over = body.over.map(({ label, source }) => [label, textAt(body, source, sourceText)]);
      return {
        aspects: [
          { name: "its kind", text: body.kind },
          { name: "its keys", text: keysText(rule, body.sources) },
          { name: "its window", text: canonicalText(body.shape) },
          { name: "what it reads", text: canonicalText(over) },
        ],
        remembered: columns,
        needed: columns,
      };
    }
    case "expect": {
      // Who is missing is only remembered where it is told that they are back.
      const told = new Set(rule.recovered === null ? [] : ["who is missing"]);
      return {
        aspects: [
          { name: "its kind", text: body.kind },
          { name: "its keys", text: keysText(rule, [body.source]) },
          { name: "`every`", text: canonicalText(body.everyMs) },
          { name: "`from`", text: body.table === null ? "" : "a table" },
          { name: "what it reads", text: sourceText(body.source) },
        ],
        remembered: told,
        needed: told,
      };
    }
  }
}

function textAt(
  { sources }: { readonly sources: readonly SourcePlan[] },
  index: number,
  sourceText: (source: SourcePlan) => string,
): string {
  const source = sources[index];
  return source === undefined ? "" : sourceText(source);
}

function keysText({ keys }: RulePlan, sources: readonly SourcePlan[]): string {
  const texts = sources.map((source) => canonicalText([source.keys, source.nullable]));
  return canonicalText([keys.map(({ nullable }) => nullable), [...new Set(texts)].sort()]);
}

function matchShape(
  rule: RulePlan,
  body: MatchPlan,
  sourceText: (source: SourcePlan) => string,
): Shape {
  const timeout = rule.timeout === null ? undefined : rule.timeout.after;
  const program = buildProgram(body, timeout, NO_DATA, { codegen: false });
  const read = (sources: readonly number[]): readonly string[] =>
    [...new Set(sources.map((source) => textAt(body, source, sourceText)))].sort();
  const { until } = body;
  const aspects: Aspect[] = [
    { name: "its kind", text: `${body.kind} ${body.mode}` },
    { name: "its keys", text: keysText(rule, body.sources) },
    { name: "`within`", text: canonicalText([body.withinMs, body.gapMs, boundsOf(body.sequence)]) },
    { name: "its steps", text: canonicalText(stepsOf(body.sequence)) },
    { name: "what its steps read", text: canonicalText(readsOf(body.sequence, read)) },
    { name: "its `skip`", text: canonicalText(body.skip) },
    { name: "its `until`", text: until === null ? "" : canonicalText(read(until.sources)) },
    { name: "`on timeout`", text: timeout === undefined ? "" : canonicalText(timeout) },
    { name: "`preceding`", text: canonicalText(program.precedingMax) },
    { name: "its automaton", text: programText(program) },
  ];
  // A loop whose longer partial matches stand for the shorter ones has forgotten those.
  const told = program.edges.filter((edge) => !edge.dominates).map(({ id }) => `turns ${id}`);
  return { aspects, remembered: new Set(told), needed: new Set(told) };
}

function elementsOf(sequence: SequencePlan): readonly ElementPlan[] {
  return sequence.items.flatMap(({ element }) =>
    element.kind === "no" ? [element] : [element, ...bodiesOf(element).flatMap(elementsOf)],
  );
}

function boundsOf(sequence: SequencePlan): readonly (number | null)[] {
  return elementsOf(sequence).map(({ withinMs }) => withinMs);
}

function readsOf(
  sequence: SequencePlan,
  read: (sources: readonly number[]) => readonly string[],
): readonly (readonly string[])[] {
  return elementsOf(sequence).map((element) => ("sources" in element ? read(element.sources) : []));
}

/** The elements as the text has them, without conditions, sources and bounds. */
function stepsOf(sequence: SequencePlan): unknown {
  return sequence.items.map(({ link, element }) => {
    if (element.kind === "no") return [link, "no"];
    const contiguity = element.kind === "all of" ? element.contiguity : null;
    const label = element.kind === "step" ? element.label : null;
    const bodies = bodiesOf(element).map(stepsOf);
    return [link, element.kind, label, element.quantity, contiguity, bodies];
  });
}

/** The program without its conditions: states, links, registers. */
function programText(program: Program): string {
  const { leaves, edges, registers, turns, lookbacks } = program;
  return canonicalText({
    leaves: leaves.map(({ step }) => (step === null ? null : [step.label, step.index])),
    edges: edges.map(edgeShape),
    registers,
    turns,
    lookbacks: lookbacks.map(({ leaf, withinMs }) => [leaf.index, withinMs]),
  });
}

function edgeShape(edge: Edge): unknown {
  const { from, to, rank, link, again, guards, updates, watches, loopWatches, greedy, bounds } =
    edge;
  return {
    way: [from?.index ?? null, to?.index ?? null, rank, link, again],
    guards: canonicalText(guards),
    updates: canonicalText(updates),
    watches: watches.map(({ leaf, strict, withinMs }) => [leaf.index, strict, withinMs]),
    loopWatches: loopWatches.map(({ leaf, strict, leavable, mark }) => [
      leaf.index,
      strict,
      leavable,
      mark,
    ]),
    greedy: greedy.map(({ leaf, open, again: further, strict, untils }) => [
      leaf.index,
      open,
      further,
      strict,
      untils.map(({ closed }) => closed),
    ]),
    bounds: bounds.map(({ register, ms }: Bound) => [register, ms]),
  };
}
