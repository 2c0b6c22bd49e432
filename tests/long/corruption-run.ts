/**
 * The corruption test at length: damages the state folder in many ways and lets the service go on from it. Whatever was
 * done, the alert stream must end up equal to an undisturbed one, or the service must refuse with an account.
 *
 *   npm run build && node --no-warnings --import ./tests/long/typescript-hooks.js tests/long/corruption-run.ts --mutants 500 --seed 1
 *
 * Prints one JSON line; exit code 1 where a mutant led to wrong alerts.
 */

import { parseArgs } from "node:util";
import { Random } from "../../base/random.ts";
import { openCorruptionStage } from "../corruption-set.ts";
import { endServices } from "../service-process.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      mutants: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
    },
  });
  const mutants = Number(values.mutants);
  const seed = Number(values.seed);
  const startMs = performance.now();
  const stage = await openCorruptionStage();
  const counts = { healed: 0, refused: 0, wrong: 0, quarantined: 0 };
  for (let i = 0; i < mutants; i++) {
    const { verdict, mutation, quarantined, detail } = await stage.play(new Random(seed + i));
    counts[verdict]++;
    if (quarantined) counts.quarantined++;
    if ((i + 1) % 20 === 0) process.stderr.write(`${i + 1}: ${JSON.stringify(counts)}\n`);
    if (verdict === "healed") continue;
    process.stderr.write(`seed ${seed + i}: ${verdict}: ${mutation}: ${detail}\n`);
  }
  await stage.close();
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const alerts = stage.expected.length;
  process.stdout.write(`${JSON.stringify({ mutants, seed, alerts, ...counts, seconds })}\n`);
  endServices();
  if (counts.wrong > 0) process.exitCode = 1;
}

await main();
