/**
 * The long run of the fuzzer: `npm run fuzz -- --inputs 1000000 --seed 1`. Input n is made from the seed `seed + n`, so a
 * fault is repeated by its own seed alone. Ends with one JSON line; exit code 1 where there was a fault.
 */

import { parseArgs } from "node:util";
import { attempt, excessMs } from "./attempt.ts";
import { readCorpus } from "./corpus.ts";
import { InputMaker } from "./inputs.ts";

const FAULTS_SHOWN = 10;
const TELL_EVERY = 20_000;
/** Before it the compiler is cold, and everything slow. */
const WARM_UP = 500;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
  },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed);
const maker = new InputMaker(readCorpus());
for (let n = 0; n < WARM_UP; n++) attempt(maker.make(-1 - n).text, 1);
const began = performance.now();
let accepted = 0;
let faults = 0;
for (let n = 0; n < inputs; n++) {
  const { kind, text } = maker.make(seed + n);
  const result = attempt(text, seed + n);
  const excess = excessMs(text);
  if (result.accepted) accepted++;
  if (result.fault !== null || excess > 0) {
    faults++;
    if (faults <= FAULTS_SHOWN) {
      const what =
        result.fault ?? `${Math.round(excess)} ms more than ${text.length} characters may take`;
      process.stderr.write(`seed ${seed + n} (${kind}): ${what}\n${text.slice(0, 2000)}\n\n`);
    }
  }
  if ((n + 1) % TELL_EVERY === 0) process.stderr.write(`${n + 1} of ${inputs} inputs\n`);
}
const seconds = Math.round((performance.now() - began) / 1000);
process.stdout.write(`${JSON.stringify({ inputs, seed, accepted, faults, seconds })}\n`);
process.exitCode = faults === 0 ? 0 : 1;
