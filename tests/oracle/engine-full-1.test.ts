/** The engine equals the oracle on the whole pattern language; the ways of running a pair take turns. Part 1 of 2. */

import { expect, test } from "@jest/globals";
import { takingTurns } from "./against-engine.ts";
import { comparePairs } from "./pairs.ts";

const COUNT = Number(process.env["ORACLE_PAIRS"] ?? 9_300);
const SEED = Number(process.env["ORACLE_SEED"] ?? 1) + 0 * COUNT;

test(`${COUNT} pairs from seed ${SEED}`, () => {
  const { matches, differences } = comparePairs({
    profile: "full",
    fromSeed: SEED,
    count: COUNT,
    ways: takingTurns,
  });
  expect(differences).toEqual([]);
  expect(matches).toBeGreaterThan(COUNT / 2);
});
