/**
 * Runs the oracle: `npm run oracle -- --pairs 1000000 --seed 1`. As many processes as there are cores take rounds of
 * pairs in turns, go on where some differ, and end with one JSON line; exit code 1 where there was a difference.
 * `--core`: sequences, loops and `no` only, each pair in every way of running it; else the ways take turns.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { takingTurns, WAYS } from "./against-engine.ts";
import { type Compared, comparePairs } from "./pairs.ts";

const ROUND = 1_000;
const TELL_EVERY = 20_000;
const DIFFERENCES_MAX = 100;

interface Round {
  readonly core: boolean;
  readonly fromSeed: number;
  readonly count: number;
}

if (process.send === undefined) await runAll();
else process.on("message", (round: Round) => process.send?.(compareRound(round)));

function compareRound({ core, fromSeed, count }: Round): Compared {
  const profile = core ? "core" : "full";
  return comparePairs({ profile, fromSeed, count, ways: core ? () => WAYS : takingTurns });
}

async function runAll(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pairs: { type: "string", default: "100000" },
      seed: { type: "string", default: "1" },
      core: { type: "boolean", default: false },
    },
  });
  const pairs = Number(values.pairs);
  const seed = Number(values.seed);
  const began = performance.now();
  let begun = 0;
  let done = 0;
  let matches = 0;
  let differences = 0;
  const work = async (): Promise<void> => {
    const child = fork(fileURLToPath(import.meta.url));
    const death = deathOf(child);
    while (begun < pairs && differences < DIFFERENCES_MAX) {
      const count = Math.min(ROUND, pairs - begun);
      const round: Round = { core: values.core, fromSeed: seed + begun, count };
      begun += round.count;
      child.send(round);
      const compared = await Promise.race([answerOf(child), death]);
      matches += compared.matches;
      differences += compared.differences.length;
      for (const difference of compared.differences)
        process.stderr.write(`${JSON.stringify(difference)}\n`);
      done += round.count;
      if (done % TELL_EVERY === 0) process.stderr.write(`${done} of ${pairs} pairs\n`);
    }
    child.disconnect();
  };
  const processes = Math.min(availableParallelism(), Math.ceil(pairs / ROUND));
  await Promise.all(Array.from({ length: processes }, work));
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stdout.write(`${JSON.stringify({ pairs: done, seed, matches, differences, seconds })}\n`);
  process.exitCode = differences === 0 ? 0 : 1;
}

async function answerOf(child: ChildProcess): Promise<Compared> {
  const [compared] = (await once(child, "message")) as [Compared];
  return compared;
}

async function deathOf(child: ChildProcess): Promise<never> {
  await once(child, "exit");
  throw new Error("a process of the run ended; what it died of stands above");
}
