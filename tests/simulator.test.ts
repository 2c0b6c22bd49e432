/**
 * The production loop on modelled clock, network, server and disk, under seeded faults (tests/simulator/). A failure
 * names its seed and the command that repeats it; longer runs stand in docs/TESTING.md.
 */

import { expect, jest, test } from "@jest/globals";
import { HARMS, MOMENTS, ON_THE_WAY } from "./simulator/faults.ts";
import { PLANTS } from "./simulator/plant.ts";
import {
  repeatCommand,
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from "./simulator/simulation.ts";

jest.setTimeout(600_000);

const SEEDS = 200;
const FIRST_SEED = 20_000;
const MESSAGES = 30;

function account(options: SimulationOptions, { reason, tail }: SimulationResult): string {
  return [reason, repeatCommand(options), ...tail].join("\n");
}

test(`${SEEDS} seeds: every alert once and in order, or a refusal that the faults excuse`, async () => {
  const happened = new Set<string>();
  let complete = 0;
  let records = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const options = { seed, messages: MESSAGES };
    const result = await simulate(options);
    if (result.outcome === "failed") throw new Error(account(options, result));
    for (const kind of result.faults.keys()) happened.add(kind);
    if (result.outcome === "complete") complete++;
    records += result.records;
  }
  // The faults were there, and most of them left no trace.
  expect([...happened].sort()).toEqual([...MOMENTS, ...ON_THE_WAY, ...HARMS].sort());
  expect(complete).toBeGreaterThan(SEEDS / 2);
  expect(records).toBeGreaterThan(SEEDS * 10);
});

test("a seed does the same again, step by step", async () => {
  for (const seed of [3, 4]) {
    const lines: string[] = [];
    const first = await simulate({ seed, messages: MESSAGES, onLine: (line) => lines.push(line) });
    const second = await simulate({ seed, messages: MESSAGES });
    expect(second.hash).toBe(first.hash);
    expect(second.steps).toBe(first.steps);
    expect(lines.length).toBeGreaterThan(100);
  }
  const other = await simulate({ seed: 5, messages: MESSAGES });
  expect(other.hash).not.toBe((await simulate({ seed: 6, messages: MESSAGES })).hash);
});

test.each(PLANTS)("a planted bug is found: %s", async (plant) => {
  let found: SimulationResult | null = null;
  for (let seed = 1; found === null && seed <= 60; seed++) {
    const result = await simulate({ seed, messages: 2 * MESSAGES, plant });
    if (result.outcome === "failed") found = result;
  }
  expect(found).not.toBeNull();
});
