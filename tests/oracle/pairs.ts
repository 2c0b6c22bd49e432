/** Generated pattern-and-stream pairs: the oracle's matches against the engine's alerts. */

import type { EventRecord } from "../../base/event.ts";
import { engineLines, type Way } from "./against-engine.ts";
import { generateCase } from "./generate.ts";
import { type OracleMatch, oracle } from "./oracle.ts";
import { renderPattern } from "./render.ts";

export interface Pairs {
  readonly profile: "core" | "full";
  readonly fromSeed: number;
  readonly count: number;
  /** In which ways the pair of this seed is run. */
  readonly ways: (seed: number) => readonly Way[];
}

/** What a comparison found. */
export interface Compared {
  /** The number of matches, so that a test can tell it was not idle. */
  readonly matches: number;
  /** The pairs on which engine and oracle differ; the first few of them. */
  readonly differences: readonly Difference[];
}

interface Difference {
  readonly seed: number;
  readonly way: string;
  readonly rule: string;
  readonly got: Lines;
  readonly wanted: Lines;
}

const DIFFERENCES_SHOWN = 20;

/** Compares pair by pair; a difference names its seed. */
export function comparePairs({ profile, fromSeed, count, ways }: Pairs): Compared {
  let matches = 0;
  const differences: Difference[] = [];
  for (let seed = fromSeed; seed < fromSeed + count; seed++) {
    try {
      const compared = comparePair(seed, profile, ways(seed));
      matches += compared.matches;
      differences.push(...compared.differences);
    } catch (error) {
      throw new Error(`the pair of seed ${seed} cannot be compared`, { cause: error });
    }
    if (differences.length >= DIFFERENCES_SHOWN) break;
  }
  return { matches, differences };
}

function comparePair(seed: number, profile: Pairs["profile"], ways: readonly Way[]): Compared {
  const { pattern, events } = generateCase(seed, profile);
  const reported = oracle(pattern, events);
  const wanted = byKey(oracleLines(reported));
  const differences = ways.flatMap((way): Difference[] => {
    const got = byKey(engineLines(pattern, events, way, seed));
    if (JSON.stringify(got) === JSON.stringify(wanted)) return [];
    return [{ seed, way: way.name, rule: renderPattern(pattern), got, wanted }];
  });
  return { matches: reported.length, differences };
}

type Lines = readonly (readonly [string, readonly string[]])[];

function byKey(lines: ReadonlyMap<string, readonly string[]>): Lines {
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** In the form of `engineLines`. */
function oracleLines(matches: readonly OracleMatch[]): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const match of matches) {
    const key = JSON.stringify(match.key);
    const steps = new Map<string, EventRecord[]>();
    for (const { label, events } of match.elements)
      steps.set(label, [...(steps.get(label) ?? []), ...events]);
    const texts = [...steps].map(
      ([label, events]) => `${label}:${events.map((e) => `${e.stream}.${e.seq}`).join(",")}`,
    );
    lines.set(key, [...(lines.get(key) ?? []), [`@${match.decidedMs}`, ...texts.sort()].join(" ")]);
  }
  return lines;
}
