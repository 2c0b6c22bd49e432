/**
 * The storm of reloads at length: rule sets put one after the other while events flow and the service is killed. The
 * alerts are compared with those of an engine that takes each set at its recorded position.
 *
 *   npm run build && node --import ./tests/long/typescript-hooks.js tests/long/reload-run.ts --reloads 500 --kills 25 --seed 1
 *
 * Prints one JSON line; exit code 1 where an alert was lost, doubled or changed.
 */

import { parseArgs } from "node:util";
import { Random } from "../../base/random.ts";
import { runStorm } from "../reload-storm.ts";

const { values } = parseArgs({
  options: {
    reloads: { type: "string", default: "500" },
    kills: { type: "string", default: "25" },
    events: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
const plan = {
  reloads: Number(values.reloads),
  kills: Number(values.kills),
  events: Number(values.events),
};
const startMs = performance.now();
const { alerts, expected, verdicts, activations, invalid, ids, wrongActivations } = await runStorm(
  plan,
  new Random(seed),
);
const differences = alerts.filter((text, i) => text !== expected[i]).length;
const same =
  differences === 0 &&
  wrongActivations.length === 0 &&
  alerts.length === expected.length &&
  ids === alerts.length;
const result = {
  seed,
  ...plan,
  wrongActivations,
  activations,
  invalid,
  verdicts: Object.fromEntries([...verdicts].sort()),
  alerts: alerts.length,
  expected: expected.length,
  differences,
  doubled: alerts.length - ids,
  seconds: Math.round((performance.now() - startMs) / 1000),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = same ? 0 : 1;
