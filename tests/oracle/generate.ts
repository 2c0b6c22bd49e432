/**
 * Seeded random cases for the oracle: a pattern that the language accepts, and events for it.
 * Profile "core": steps, links, `no` between and at the end, quantities, bounds, keys, conditions, `match` and `match all`.
 * Profile "full" adds braces, `either`, `all of`, `until`, `gap`, `match longest`, `match latest`, `no` at the start
 * and several in a row.
 */

import type { EventRecord } from "../../base/event.ts";
import { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import { havingCondition, localCondition } from "./generate-condition.ts";
import { generateEvents, KINDS } from "./generate-events.ts";
import { SequenceMaker } from "./generate-sequence.ts";
import {
  type EventDeclaration,
  elementsOf,
  type Key,
  mayBeEmpty,
  type Pattern,
  type Sequence,
  type Skip,
  stepsOf,
} from "./pattern.ts";

export type Profile = "core" | "full";

export interface Case {
  readonly pattern: Pattern;
  /** In the order of time; at most twelve. */
  readonly events: readonly EventRecord[];
}

const KEYS: readonly (readonly Value[])[] = [
  ["x"],
  ["x"],
  ["x", "x", "x", "y"],
  ["x", "x", "x", "y", "z", null],
  ["x", "x", "x", ["x", "y"], null],
  ["x", "x", 1, ["x", 1, null, "x"]],
];

/** The same seed gives the same case on every machine. */
export function generateCase(seed: number, profile: Profile): Case {
  const random = new Random(seed);
  const kinds = random.chance(0.5) ? KINDS.slice(0, 2) : KINDS;
  const pattern = generatePattern(random, profile, kinds);
  const elements = elementsOf(pattern.sequence);
  const isFlat = elements.every(({ kind }) => kind === "step" || kind === "no");
  // Braces have many readings for the same events.
  const count = random.pick(isFlat ? [4, 6, 8, 9, 10, 11, 12] : [4, 6, 7, 8, 9]);
  const keys = random.pick(KEYS);
  return {
    pattern,
    events: generateEvents(random, { streams: pattern.streams, count, kinds, keys }),
  };
}

function generatePattern(random: Random, profile: Profile, kinds: readonly string[]): Pattern {
  const isFull = profile === "full";
  const mode = isFull
    ? random.pick(["match", "match", "all", "all", "all", "longest", "longest", "latest"] as const)
    : random.pick(["match", "all"] as const);
  const streams = random.chance(0.3) ? ["s1", "s2"] : ["s1"];
  const declared = declare(random, streams, kinds);
  const key: Key | null = random.chance(0.1) ? null : { field: "k", nullable: random.chance(0.25) };
  const keys: Key[] = key === null ? [] : [{ field: "j", nullable: key.nullable }];
  const withinMs = (3 + random.below(9)) * 1000;
  const sources = [...declared.map(({ name }) => name), random.pick(streams), random.pick(streams)];
  const menu = {
    isLatest: mode === "latest",
    isFull,
    sources,
    keys,
    withinMs,
    maxSteps: isFull ? 5 : 4,
  };
  let maker = new SequenceMaker(random, menu);
  let sequence = maker.make();
  // A pattern that could match nothing is an error (M-10).
  while (mayBeEmpty(sequence)) {
    maker = new SequenceMaker(random, menu);
    sequence = maker.make();
  }
  const until =
    isFull && random.chance(0.15)
      ? {
          sources: [random.pick(sources)],
          by: keys[0] !== undefined && random.chance(0.2) ? keys[0] : null,
          where: localCondition(random),
        }
      : null;
  const having =
    mode !== "latest" && random.chance(0.2) ? havingCondition(random, maker.known) : null;
  const used = new Set([...sourcesOf(sequence), ...(until?.sources ?? [])]);
  return {
    mode,
    key,
    withinMs,
    gapMs:
      isFull && mode !== "latest" && random.chance(0.15) ? 1000 + random.below(4) * 1000 : null,
    streams,
    events: declared.filter(({ name }) => used.has(name)),
    sequence,
    until,
    having,
    skip: generateSkip(random, mode, sequence),
  };
}

/** One event for each kind, and one that overlaps them all. */
function declare(
  random: Random,
  streams: readonly string[],
  kinds: readonly string[],
): EventDeclaration[] {
  const declared = kinds.map(
    (kind): EventDeclaration => ({
      name: kind.toUpperCase(),
      stream: random.pick(streams),
      filter: {
        kind: "compare",
        operator: "==",
        left: { kind: "field", field: "t" },
        right: { kind: "constant", value: kind },
      },
    }),
  );
  const high: EventDeclaration = {
    name: "High",
    stream: random.pick(streams),
    filter: {
      kind: "compare",
      operator: ">=",
      left: { kind: "field", field: "v" },
      right: { kind: "constant", value: 2 },
    },
  };
  return [...declared, high];
}

function sourcesOf(sequence: Sequence): string[] {
  return elementsOf(sequence).flatMap((element) =>
    element.kind === "step" || element.kind === "no" ? element.sources : [],
  );
}

function generateSkip(random: Random, mode: Pattern["mode"], sequence: Sequence): Skip | null {
  if (mode === "latest" || random.chance(0.4)) return null;
  const step = random.pick(stepsOf(sequence)).label;
  const plain: readonly Skip[] = [{ kind: "none" }, { kind: "to next" }, { kind: "past last" }];
  // What `past all` and `to first|last` hold back in `match longest` is open to readings.
  if (mode === "longest") return random.pick(plain);
  return random.pick<Skip>([
    ...plain,
    { kind: "past all" },
    { kind: "to first", step },
    { kind: "to last", step },
  ]);
}
