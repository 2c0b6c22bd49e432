/**
 * The engine equals the oracle on generated pairs of patterns and streams. They run in processes of their own: within
 * Jest's sandbox each would take twice as long.
 */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, jest, test } from "@jest/globals";

const RUN = [
  "--no-warnings",
  "--import",
  "./tests/long/typescript-hooks.js",
  "tests/oracle/run.ts",
];

// Half a minute on a quiet machine, several on a busy one.
jest.setTimeout(1_200_000);

async function compare(...args: readonly string[]): Promise<Record<string, number>> {
  // A difference makes the command fail, and its stderr, which tells the pair, is shown.
  const { stdout } = await promisify(execFile)(process.execPath, [...RUN, ...args]);
  return JSON.parse(stdout) as Record<string, number>;
}

test("on sequences, loops and `no`, each pair in every way of running it", async () => {
  const { pairs, differences, matches } = await compare("--core", "--pairs", "2000");
  expect({ pairs, differences }).toEqual({ pairs: 2000, differences: 0 });
  expect(matches).toBeGreaterThan(1000);
});

test("on the whole pattern language, the ways in turns", async () => {
  const { pairs, differences, matches } = await compare("--pairs", "18500");
  expect({ pairs, differences }).toEqual({ pairs: 18_500, differences: 0 });
  expect(matches).toBeGreaterThan(9000);
});
