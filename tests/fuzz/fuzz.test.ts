/**
 * A short run of the fuzzer; `npm run fuzz -- --inputs 1000000 --seed 1` is the long one, which also measures that no
 * input takes more than 50 ms per 64 KiB. Here a hang shows as the test's own time limit.
 */

import { expect, test } from "@jest/globals";
import { attempt } from "./attempt.ts";
import { readCorpus } from "./corpus.ts";
import { InputMaker } from "./inputs.ts";

const INPUTS = 5000;
const SEED = 1;

test("no input crashes or hangs the checker, and what it accepts runs", () => {
  const maker = new InputMaker(readCorpus());
  let accepted = 0;
  for (let seed = SEED; seed < SEED + INPUTS; seed++) {
    const { text } = maker.make(seed);
    const result = attempt(text, seed);
    if (result.accepted) accepted++;
    if (result.fault !== null)
      throw new Error(`npm run fuzz -- --inputs 1 --seed ${seed}: ${result.fault}`);
  }
  // The engine has its share: some texts are whole.
  expect(accepted).toBeGreaterThan(INPUTS / 20);
});
