/** The engine equals the oracle on sequences, loops and `no`, each pair in every way of running it. */

import { expect, test } from "@jest/globals";
import { WAYS } from "./against-engine.ts";
import { comparePairs } from "./pairs.ts";

const COUNT = 2_000;

test(`${COUNT} pairs, each in ${WAYS.length} ways`, () => {
  const { matches, differences } = comparePairs({
    profile: "core",
    fromSeed: 1,
    count: COUNT,
    ways: () => WAYS,
  });
  expect(differences).toEqual([]);
  expect(matches).toBeGreaterThan(COUNT / 2);
});
