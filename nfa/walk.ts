/**
 * The walk from one step to the steps that may take the next event. See build.ts.
 *
 * A `Path` is what was collected so far; it is never changed, only extended. Reading order is preference order:
 * another turn before leaving, taking before passing over, both reversed by `shortest` (M-10).
 */

import { assert } from "../base/assert.ts";
import type { LinkPlan, MatchPlan } from "../dsl/plan.ts";
import type { ScopeCondition } from "./expression/compiled.ts";
import type { LoopWatches } from "./loop-watches.ts";
import type {
  Bound,
  Edge,
  GreedyUntil,
  GreedyWatch,
  Guard,
  Leaf,
  Stop,
  Update,
  Watch,
} from "./program.ts";
import {
  type ElementNode,
  emptyable,
  loops,
  type NoNode,
  type SequenceNode,
  skippable,
} from "./tree.ts";

type Link = "relaxed" | "strict" | "any";
const LINKS: ReadonlyMap<LinkPlan, Link> = new Map([
  ["then", "relaxed"],
  ["then any", "any"],
  ["next", "strict"],
]);
const STRICTNESS = { any: 0, relaxed: 1, strict: 2 } as const;

/** A loop or element that the path leaves, with what had been collected until then. */
export interface Left {
  readonly element: ElementNode;
  /** Number of watches collected before leaving: those behind belong to `no`s after the element. */
  readonly watches: number;
  /** What was collected up to here: it holds exactly when the element could be left. */
  readonly guards: readonly Guard[];
  readonly havings: readonly ScopeCondition[];
}

export interface Path {
  /** Null before any link was met. */
  readonly link: Link | null;
  readonly again: boolean;
  readonly guards: readonly Guard[];
  readonly updates: readonly Update[];
  readonly havings: readonly ScopeCondition[];
  readonly watches: readonly Watch[];
  readonly greedy: readonly GreedyWatch[];
  readonly left: readonly Left[];
  readonly entered: readonly ElementNode[];
  /** Elements that may take nothing and took nothing. */
  readonly passed: readonly ElementNode[];
}

/** Where a path ends: a step, or null for the end of the pattern. */
export interface Target {
  readonly step: ElementNode | null;
  readonly path: Path;
}

const EMPTY: Path = {
  link: null,
  again: false,
  guards: [],
  updates: [],
  havings: [],
  watches: [],
  greedy: [],
  left: [],
  entered: [],
  passed: [],
};

/** What may come after the step took an event. */
export function after(step: ElementNode): Iterable<Target> {
  return afterTurn(step, EMPTY);
}

/** What may come from item `index` of the sequence on, nothing of it being taken yet. */
export function within(sequence: SequenceNode, index: number): Iterable<Target> {
  return inSequence(sequence, index, EMPTY, false);
}

function* afterTurn(element: ElementNode, path: Path): Generator<Target> {
  if (element.plan.quantity.shortest) {
    yield* leave(element, path);
    yield* turnAgain(element, path);
  } else {
    yield* turnAgain(element, path);
    yield* leave(element, path);
  }
}

function* turnAgain(element: ElementNode, path: Path): Generator<Target> {
  if (!loops(element)) return;
  const next: Path = {
    ...path,
    guards: [...path.guards, ...notFull(element)],
    updates:
      element.turns === null
        ? path.updates
        : [...path.updates, { kind: "add", register: element.turns, value: 1 }],
    link: strictest(path.link, element.plan.quantity.contiguity),
  };
  if (element.leaf === null) yield* enterBody(element, next);
  else yield { step: element, path: { ...next, again: true } };
}

function notFull(element: ElementNode): Guard[] {
  const { max } = element.plan.quantity;
  if (element.turns === null || max === Number.POSITIVE_INFINITY) return [];
  return [{ kind: "below", register: element.turns, count: max }];
}

function* leave(element: ElementNode, path: Path): Generator<Target> {
  const { min } = element.plan.quantity;
  const guards: readonly Guard[] =
    element.turns === null || min <= 1
      ? path.guards
      : [...path.guards, { kind: "at least", register: element.turns, count: min }];
  const havings = element.having === null ? path.havings : [...path.havings, element.having];
  const next: Path = {
    ...path,
    guards,
    havings,
    greedy: [...path.greedy, ...greedyWatches(element, path)],
    left: [...path.left, { element, watches: path.watches.length, guards, havings }],
  };
  yield* inSequence(element.parent, element.position + 1, next, true);
}

/** `took`: the sequence's present turn has an event, so that its end completes the turn. */
function* inSequence(
  sequence: SequenceNode,
  index: number,
  path: Path,
  took: boolean,
): Generator<Target> {
  const item = sequence.items[index];
  if (item === undefined) {
    if (sequence.owner === null) {
      if (took) yield { step: null, path };
    } else if (took) yield* partDone(sequence.owner, path);
    return;
  }
  const { node } = item;
  if (node.kind === "no") {
    yield* inSequence(
      sequence,
      index + 1,
      { ...path, watches: [...path.watches, watch(node, item.link === "next")] },
      took,
    );
    return;
  }
  // Behind an element of the braces that took nothing, the own link alone counts (M-4).
  const taken = index === 0 ? path : { ...path, link: LINKS.get(item.link) ?? null };
  if (!skippable(node)) {
    yield* enter(node, taken);
  } else if (node.plan.quantity.shortest) {
    yield* inSequence(sequence, index + 1, passOver(node, path, taken.link), took);
    yield* enter(node, taken);
  } else {
    yield* enter(node, taken);
    yield* inSequence(sequence, index + 1, passOver(node, path, taken.link), took);
  }
}

function watch(node: NoNode, strict: boolean): Watch {
  return { leaf: node.leaf, strict, withinMs: node.plan.withinMs };
}

/** A greedy loop that is left bars what it could still have taken (M-13). */
function greedyWatches(element: ElementNode, path: Path): GreedyWatch[] {
  const { greedy, contiguity } = element.plan.quantity;
  if (!greedy || element.leaf === null || !loops(element)) return [];
  const bounds = [element, ...ancestors(element)].flatMap((e) =>
    ownBound(e, path.entered.includes(e)),
  );
  return [
    {
      leaf: element.leaf,
      open: notFull(element),
      again: true,
      strict: contiguity === "strict",
      bounds,
      untils: [
        ...(element.until === null ? [] : [{ condition: element.until, closed: element.closed }]),
        ...untilsAround(element, path),
      ],
    },
  ];
}

/** One that took none bars what it could have begun with. */
function passOver(element: ElementNode, path: Path, link: Link | null): Path {
  const passed = [...path.passed, element];
  if (!element.plan.quantity.greedy || element.leaf === null) return { ...path, passed };
  const around = ancestors(element).flatMap((e) => ownBound(e, path.entered.includes(e)));
  const bounds = [...ownBound(element, true), ...around];
  const watch: GreedyWatch = {
    leaf: element.leaf,
    open: [],
    again: false,
    strict: link === "strict",
    bounds,
    untils: [
      ...(element.until === null ? [] : [{ condition: element.until, closed: null }]),
      ...untilsAround(element, path),
    ],
  };
  return { ...path, passed, greedy: [...path.greedy, watch] };
}

/** The `until`s of the loops around. One that was entered on this very path has no event yet. */
function untilsAround(element: ElementNode, path: Path): GreedyUntil[] {
  return ancestors(element).flatMap((around) =>
    around.until === null
      ? []
      : [{ condition: around.until, closed: path.entered.includes(around) ? null : around.closed }],
  );
}

/** The bound that an element's `within` sets for its next event; `entered`: on this very path (M-3). */
function ownBound(element: ElementNode, entered: boolean): Bound[] {
  const ms = element.plan.withinMs;
  if (ms === null) return [];
  if (!entered) return [{ register: element.base, ms }];
  return element.leaf === null ? [] : [{ register: null, ms }];
}

function* enter(element: ElementNode, path: Path): Generator<Target> {
  const updates: Update[] = [...path.updates];
  if (element.turns !== null) updates.push({ kind: "set", register: element.turns, value: 1 });
  if (element.closed !== null) updates.push({ kind: "set", register: element.closed, value: 0 });
  const next: Path = { ...path, updates, entered: [...path.entered, element] };
  if (element.leaf === null) yield* enterBody(element, next);
  else yield { step: element, path: next };
}

function* enterBody(element: ElementNode, path: Path): Generator<Target> {
  for (const sequence of element.sequences)
    yield* inSequence(sequence, 0, inPart(element, sequence.part, path, "set"), false);
}

function inPart(element: ElementNode, part: number, path: Path, how: "set" | "set bits"): Path {
  if (element.parts === null) return path;
  const mask = 1 << part;
  const update: Update =
    how === "set"
      ? { kind: "set", register: element.parts, value: mask }
      : { kind: "set bits", register: element.parts, mask };
  return { ...path, updates: [...path.updates, update] };
}

/** A body of the element is complete: the turn is, too, unless other parts of an `all of` are missing. */
function* partDone(element: ElementNode, path: Path): Generator<Target> {
  if (element.plan.kind !== "all of") {
    yield* afterTurn(element, path);
    return;
  }
  assert(element.parts !== null, "an `all of` has a register of its parts");
  const register = element.parts;
  const link = strictest(path.link, element.plan.contiguity);
  for (const sequence of element.sequences) {
    const guards: Guard[] = [
      ...path.guards,
      { kind: "none set", register, mask: 1 << sequence.part },
    ];
    yield* inSequence(
      sequence,
      0,
      inPart(element, sequence.part, { ...path, guards, link }, "set bits"),
      false,
    );
  }
  const needed = element.sequences.reduce(
    (mask, s) => (emptyable(s) ? mask : mask | (1 << s.part)),
    0,
  );
  yield* afterTurn(element, {
    ...path,
    guards: [...path.guards, { kind: "all set", register, mask: needed }],
  });
}

function strictest(a: Link | null, b: Link): Link {
  return a !== null && STRICTNESS[a] > STRICTNESS[b] ? a : b;
}

/** The edge for a path that ended at `target`, out of `from` (null: before the pattern). */
export function makeEdge(
  plan: MatchPlan,
  id: number,
  rank: number,
  from: ElementNode | null,
  target: Target,
  loopWatches: LoopWatches,
): Edge {
  const { step, path } = target;
  const around = step === null ? [] : [step, ...ancestors(step)];
  const isEntered = (element: ElementNode): boolean => path.entered.includes(element);
  const stops: Stop[] = around.flatMap((e) =>
    e.until === null ? [] : [{ condition: e.until, inside: !isEntered(e) }],
  );
  const inLoop = from === null || step === null ? [] : loopWatches.inside(from, step, path);
  const link = path.link ?? "relaxed";
  const to = step?.leaf ?? null;
  const everything =
    link === "strict" ||
    stops.length > 0 ||
    path.watches.some((w) => w.strict) ||
    path.greedy.some((g) => g.strict || g.untils.some(({ closed }) => closed !== null)) ||
    inLoop.some((w) => w.strict);
  const bits = [
    to,
    ...path.watches.map((w) => w.leaf),
    ...inLoop.map((w) => w.leaf),
    ...path.greedy.map((g) => g.leaf),
  ];
  return {
    id,
    from: from?.leaf ?? null,
    to,
    rank,
    link,
    again: path.again,
    guards: [...path.guards, ...loopWatches.leavingGuards(path)],
    updates: [...path.updates, ...baseUpdates(path, from), ...loopWatches.enteringUpdates(path)],
    havings: path.havings,
    watches: path.watches,
    loopWatches: inLoop,
    greedy: step === null ? [] : path.greedy,
    stops,
    bounds: boundsOf(plan, around, from, isEntered),
    interest:
      everything && from !== null
        ? -1
        : bits.reduce((all, leaf: Leaf | null) => all | (leaf?.bit ?? 0), 0),
    dominates: false,
  };
}

function ancestors(element: ElementNode): readonly ElementNode[] {
  const owner = element.parent.owner;
  return owner === null ? [] : [owner, ...ancestors(owner)];
}

/** M-3: a step's `within` counts from the event before it, that of the first step and of braces from its own first. */
function baseUpdates(path: Path, from: ElementNode | null): Update[] {
  return path.entered.flatMap((element): Update[] => {
    if (element.base === null) return [];
    const before = element.leaf !== null && from !== null;
    return [{ kind: before ? "time before" : "time now", register: element.base }];
  });
}

function boundsOf(
  plan: MatchPlan,
  around: readonly ElementNode[],
  from: ElementNode | null,
  isEntered: (element: ElementNode) => boolean,
): readonly Bound[] {
  if (from === null) return [];
  const bounds = around.flatMap((element) => ownBound(element, isEntered(element)));
  if (plan.gapMs !== null && around.length > 0) bounds.push({ register: null, ms: plan.gapMs });
  return bounds;
}
