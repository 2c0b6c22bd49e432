/** Generated pattern-and-stream pairs: the oracle's matches against the engine's alerts. */

import { expect } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import { engineLines, type Way } from "./against-engine.ts";
import { generateCase } from "./generate.ts";
import { type OracleMatch, oracle } from "./oracle.ts";
import {
  type Element,
  elementsOf,
  isLoop,
  nosOf,
  type Pattern,
  type Sequence,
  sequencesOf,
} from "./pattern.ts";
import { renderPattern } from "./render.ts";

export interface Pairs {
  readonly profile: "core" | "full";
  readonly fromSeed: number;
  readonly count: number;
  /** In which ways the pair of this seed is run. */
  readonly ways: (seed: number) => readonly Way[];
}

/** Compares pair by pair; a difference names its seed. Gives the number of matches, so that a test can tell it was not idle. */
export function comparePairs({ profile, fromSeed, count, ways }: Pairs): number {
  let matches = 0;
  for (let seed = fromSeed; seed < fromSeed + count; seed++) {
    const { pattern, events } = generateCase(seed, profile);
    if (decidesEarlier(pattern) && turnsOnTheInstant(pattern)) continue;
    if (leavesTwoWays(pattern.sequence)) continue;
    const wanted = oracle(pattern, events);
    matches += wanted.length;
    for (const way of ways(seed)) compare(seed, pattern, events, way, wanted);
  }
  return matches;
}

function compare(
  seed: number,
  pattern: Pattern,
  events: readonly EventRecord[],
  way: Way,
  matches: readonly OracleMatch[],
): void {
  const got = byKey(engineLines(pattern, events, way, seed));
  const wanted = byKey(oracleLines(matches));
  if (JSON.stringify(got) === JSON.stringify(wanted)) return;
  if (decidesEarlier(pattern) && areAlike(got, wanted)) return;
  const rule = renderPattern(pattern);
  expect({ seed, way: way.name, rule, lines: got }).toEqual({
    seed,
    way: way.name,
    rule,
    lines: wanted,
  });
}

/**
 * Is there a strict `no` behind a loop with a loop inside? "Each event with which the loop could have been left" (M-5)
 * then depends on which of two equal readings is followed: the oracle asks of any, the engine of the one that it follows.
 */
function leavesTwoWays(sequence: Sequence): boolean {
  return sequence.some(({ link, element }, i) => {
    if (element.kind !== "no") return sequencesOf(element).some((inner) => leavesTwoWays(inner));
    return link === "next" && sequence.slice(0, i).some((item) => loopsInside(item.element));
  });
}

function loopsInside(element: Element): boolean {
  return (
    element.kind !== "no" &&
    isLoop(element.quantity) &&
    sequencesOf(element).some((inner) =>
      elementsOf(inner).some((one) => one.kind !== "no" && isLoop(one.quantity)),
    )
  );
}

type Lines = readonly (readonly [string, readonly string[]])[];

function byKey(lines: ReadonlyMap<string, readonly string[]>): Lines {
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * `match longest` reports as soon as nothing preferred can come. The oracle notices only when the loop is left that a
 * `no` behind the loop was violated; the engine notices at once, and may decide earlier. The matches are the same.
 */
function decidesEarlier(pattern: Pattern): boolean {
  return pattern.mode === "longest" && nosOf(pattern.sequence).length > 0;
}

/** Does what is reported later depend on the instant of a report, so that the two cannot be compared? */
function turnsOnTheInstant({ until, skip }: Pattern): boolean {
  return until !== null || skip?.kind === "past all";
}

function areAlike(got: Lines, wanted: Lines): boolean {
  const evidence = (lines: Lines): string =>
    JSON.stringify(
      lines.map(([key, texts]) => [key, texts.map((text) => text.replace(/^@\d+ /, ""))]),
    );
  const times = (lines: Lines): number[] =>
    lines.flatMap(([, texts]) => texts.map((text) => Number(text.slice(1, text.indexOf(" ")))));
  const latest = times(wanted);
  return (
    evidence(got) === evidence(wanted) && times(got).every((time, i) => time <= (latest[i] ?? 0))
  );
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
