/**
 * A longer run of the oracle: `npm run oracle -- --pairs 1000000 --seed 1`. Spreads the pairs over two Jest workers in
 * rounds, so that memory stays flat, goes on where some differ, and ends with one JSON line.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { pairs: { type: "string", default: "100000" }, seed: { type: "string", default: "1" } },
});
const pairs = Number(values.pairs);
const seed = Number(values.seed);
const ROUND = 20_000;
const FAILED_ROUNDS_MAX = 10;
const began = process.hrtime.bigint();
const failedRounds = [];
for (let done = 0; done < pairs && failedRounds.length < FAILED_ROUNDS_MAX; done += ROUND) {
  const count = Math.min(ROUND, pairs - done) / 2;
  const { status } = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--no-warnings",
      "node_modules/jest/bin/jest.js",
      "--testTimeout=3600000",
      "tests/oracle/engine-full",
    ],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        ORACLE_PAIRS: String(Math.ceil(count)),
        ORACLE_SEED: String(seed + done),
      },
    },
  );
  if (status !== 0) failedRounds.push(seed + done);
  process.stderr.write(`${Math.min(done + ROUND, pairs)} of ${pairs} pairs\n`);
}
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
process.stdout.write(
  `${JSON.stringify({ pairs, seed, failedInRoundsFrom: failedRounds, seconds: Math.round(seconds) })}\n`,
);
process.exitCode = failedRounds.length === 0 ? 0 : 1;
