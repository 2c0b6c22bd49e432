/** The engine equals the brute-force oracle on generated patterns and streams, in every way of running it. */

import { expect, test } from "@jest/globals";
import type { EventRecord } from "../../base/event.ts";
import { engineLines, WAYS } from "./against-engine.ts";
import { generateCase } from "./generate.ts";
import { type OracleMatch, oracle } from "./oracle.ts";
import { renderPattern } from "./render.ts";

const PAIRS = Number(process.env["ORACLE_PAIRS"] ?? 2000);
const SEED = Number(process.env["ORACLE_SEED"] ?? 1);

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

const sorted = (lines: Map<string, string[]>): [string, string[]][] =>
  [...lines].sort(([a], [b]) => (a < b ? -1 : 1));

test(`${PAIRS} generated cases, each in ${WAYS.length} ways`, () => {
  let matches = 0;
  for (let seed = SEED; seed < SEED + PAIRS; seed++) {
    const { pattern, events } = generateCase(seed, "core");
    const wanted = oracleLines(oracle(pattern, events));
    matches += [...wanted.values()].flat().length;
    for (const way of WAYS) {
      const got = sorted(engineLines(pattern, events, way, seed));
      if (JSON.stringify(got) !== JSON.stringify(sorted(wanted)))
        expect({ seed, way: way.name, rule: renderPattern(pattern), lines: got }).toEqual({
          seed,
          way: way.name,
          rule: renderPattern(pattern),
          lines: sorted(wanted),
        });
    }
  }
  // The cases must not be idle ones.
  expect(matches).toBeGreaterThan(PAIRS / 2);
});
