/**
 * Jest sequencer: the files that take longest come first, so that none of them is what the others wait for at the end.
 * Jest orders by the times of earlier runs, of which a clean clone has none.
 *
 * Seconds of CPU of each file and what it starts, 2026-11-24; what is not named takes less.
 */
const SECONDS = new Map([
  ["tests/kill.test.ts", 180],
  ["tests/oracle/engine.test.ts", 110],
  ["tests/reload.test.ts", 32],
  ["tests/service.test.ts", 40],
  ["tests/corruption.test.ts", 33],
  ["tests/hostile.test.ts", 32],
  ["tests/cases.test.ts", 32],
  ["tests/simulator.test.ts", 31],
  ["tests/replay-state.test.ts", 28],
  ["tests/cli.test.ts", 25],
  ["tests/reload-storm.test.ts", 24],
  ["bench/bench.test.ts", 24],
  ["bench/workloads.test.ts", 23],
  ["tests/windows/windows.test.ts", 21],
  ["tests/samples.test.ts", 20],
  ["tests/fuzz/fuzz.test.ts", 19],
  ["dsl/hostile.test.ts", 14],
  ["tests/reload/ways.test.ts", 13],
  ["tests/nats-security.test.ts", 13],
  ["tests/webhooks.test.ts", 12],
  ["tests/state-tools.test.ts", 12],
  ["tests/reload-crash.test.ts", 11],
  ["tests/disk-full.test.ts", 9],
  ["tests/backtest.test.ts", 8],
]);

export default class LongestFirst {
  sort(tests) {
    const secondsOf = ({ path, context }) =>
      SECONDS.get(path.slice(context.config.rootDir.length + 1).replaceAll("\\", "/")) ?? 0;
    return [...tests].sort((a, b) => secondsOf(b) - secondsOf(a) || (a.path < b.path ? -1 : 1));
  }

  /** `--shard`: each its share of the long ones. */
  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, i) => i % shardCount === shardIndex - 1);
  }

  /** `--onlyFailures`: there is no account of earlier runs. */
  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // The order does not depend on earlier runs.
  }
}
