/** Damaged state leads to the same alerts or to a refusal with an account, never to other alerts. */

import { afterAll, expect, jest, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { openCorruptionStage } from "./corruption-set.ts";
import { endServices } from "./service-process.ts";

jest.setTimeout(600_000);
afterAll(endServices);

const MUTANTS = 10;
const SEED = 7000;

test(`${MUTANTS} mutants of a state folder (seed ${SEED})`, async () => {
  const stage = await openCorruptionStage();
  const outcomes: string[] = [];
  let quarantined = 0;
  for (let i = 0; i < MUTANTS; i++) {
    const outcome = await stage.play(new Random(SEED + i));
    const { verdict, mutation, detail } = outcome;
    if (outcome.quarantined) quarantined++;
    outcomes.push(verdict === "wrong" ? `seed ${SEED + i}: ${mutation}: ${detail}` : verdict);
  }
  await stage.close();
  expect(outcomes.filter((outcome) => outcome !== "healed" && outcome !== "refused")).toEqual([]);
  expect(outcomes.filter((outcome) => outcome === "healed").length).toBeGreaterThan(MUTANTS / 2);
  expect(quarantined).toBeGreaterThan(MUTANTS / 5);
});
