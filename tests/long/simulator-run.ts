/**
 * The simulator at length: so many seeds, one after the other.
 *
 *   npm run simulate -- --seeds 10000 --seed 1
 *
 * Prints one JSON line with what was done; exit code 1 where a seed failed, with the command that repeats it.
 * `--trace` writes every step of a run to stderr; `--plant NAME` plants a bug (tests/simulator/plant.ts).
 */

import { parseArgs } from "node:util";
import { PLANTS } from "../simulator/plant.ts";
import { repeatCommand, type SimulationOptions, simulate } from "../simulator/simulation.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    messages: { type: "string" },
    plant: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

function optionsOf(seed: number): SimulationOptions {
  const plant = PLANTS.find((one) => one === values.plant);
  return {
    seed,
    ...(values.messages === undefined ? {} : { messages: Number(values.messages) }),
    ...(plant === undefined ? {} : { plant }),
    ...(values.trace ? { onLine: (line: string) => void process.stderr.write(`${line}\n`) } : {}),
  };
}

const totals = new Map<string, number>();
const faults = new Map<string, number>();

function add(map: Map<string, number>, name: string, count: number): void {
  map.set(name, (map.get(name) ?? 0) + count);
}

const startMs = performance.now();
const seeds = Number(values.seeds);
const first = Number(values.seed);
const failed: number[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const options = optionsOf(seed);
  const result = await simulate(options);
  add(totals, result.outcome, 1);
  for (const name of ["messages", "records", "lives", "steps"] as const) {
    add(totals, name, result[name]);
  }
  for (const [kind, count] of result.faults) add(faults, kind, count);
  if (result.outcome === "failed") {
    failed.push(seed);
    process.stderr.write(`seed ${seed}: ${result.reason}\n  ${repeatCommand(options)}\n`);
  }
  if (seeds === 1) process.stderr.write(`${result.outcome}: ${result.reason} (${result.hash})\n`);
}
const { user, system } = process.cpuUsage();
const cpuSeconds = Math.round((user + system) / 100_000) / 10;
const seconds = Math.round((performance.now() - startMs) / 100) / 10;
const counts = Object.fromEntries([...faults].sort(([a], [b]) => (a < b ? -1 : 1)));
const summary = {
  seeds,
  seed: first,
  ...Object.fromEntries(totals),
  seconds,
  cpuSeconds,
  faults: counts,
};
process.stdout.write(`${JSON.stringify(summary)}\n`);
if (failed.length > 0) process.exitCode = 1;
