/** A short run of the fuzzer; `npm run fuzz -- --inputs 1000000 --seed 1` is the long one. */

import { expect, test } from "@jest/globals";
import { attempt, excessMs } from "./attempt.ts";
import { readCorpus } from "./corpus.ts";
import { InputMaker } from "./inputs.ts";

const INPUTS = 5000;
const SEED = 1;
/** Every so many inputs one is measured: all of them in the long run. */
const MEASURE_EVERY = 10;

test("no input crashes or hangs the checker, and what it accepts runs", () => {
  const maker = new InputMaker(readCorpus());
  let accepted = 0;
  for (let seed = SEED; seed < SEED + INPUTS; seed++) {
    const { text } = maker.make(seed);
    const result = attempt(text, seed);
    if (result.accepted) accepted++;
    const excess = seed % MEASURE_EVERY === 0 ? excessMs(text) : 0;
    if (result.fault !== null || excess > 0) {
      throw new Error(
        `npm run fuzz -- --inputs 1 --seed ${seed}: ${result.fault ?? `${excess} ms too slow`}`,
      );
    }
  }
  // The engine has its share: some texts are whole.
  expect(accepted).toBeGreaterThan(INPUTS / 20);
});
