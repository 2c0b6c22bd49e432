/**
 * What writing the state costs: W1 through the engine without a store, and with a commit to LMDB each 1,000 events, or
 * in intervals; and what a commit writes that touches 1,000 of a million keys.
 *
 *   npm run build && node --import ./tests/long/typescript-hooks.js tests/long/checkpoint-run.ts --events 5000000
 *
 * Prints one JSON line for each. `cpu_ns_per_event` is the time of the whole process, the disk's waiting left out.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { newBatch } from "../../bench/records.ts";
import { planOf } from "../../bench/rule-plan.ts";
import { Tally } from "../../bench/tally.ts";
import { W1 } from "../../bench/w1/w1.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import { openLmdbStore } from "../../state/lmdb-store.ts";
import type { Store } from "../../state/store.ts";

/**
 * After how many events state is written. Intervals are counted in events at a million a second, about W1's rate, so
 * that a busy machine changes nothing.
 */
interface Way {
  readonly name: string;
  readonly events: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const WAYS: readonly Way[] = [
  { name: "none", events: NEVER },
  { name: "10s", events: 10_000_000 },
  { name: "1s", events: 1_000_000 },
  { name: "commit", events: 1000 },
];

function write(result: unknown): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Bytes that the process had the system write to disks; 0 where that is not told. */
function diskBytes(): number {
  try {
    return Number(/write_bytes: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function runW1(way: Way, events: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-checkpoint-"));
  const [variant] = W1.variants({
    names: null,
    steps: null,
    windows: null,
    candidates: null,
    rules: null,
  });
  if (variant === undefined) throw new Error("W1 has a variant");
  const plan = planOf("w1.seq", variant.rules);
  const tally = new Tally(plan);
  const store: Store | null = way.name === "none" ? null : openLmdbStore(folder);
  const engine = createEngine(plan, { createMatcher: tally.createMatcher }, store);
  const feed = engine.feed(W1.stream, "bench", { broker: false, trusted: true });
  const source = variant.open({ events, seed: W1.seed, keys: W1.keysOf(events) });
  const batch = newBatch(1000);
  let taken = 0;
  let ms = 0;
  let cpuUs = 0;
  let commits = 0;
  let bytes = 0;
  let longestMs = 0;
  const disk = diskBytes();
  for (let n = source.fill(batch); n > 0; n = source.fill(batch)) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (let at = 0; at < n; at++) engine.accept(feed, ++taken, 0, null, W1.dataOf(batch, at));
    engine.takeOutputs();
    if (store !== null && taken % way.events === 0) {
      const begin = performance.now();
      bytes += store.commit(engine.takeChanges());
      longestMs = Math.max(longestMs, performance.now() - begin);
      commits++;
    }
    ms += performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    cpuUs += user + system;
  }
  await store?.close();
  rmSync(folder, { recursive: true });
  write({
    run: "W1",
    checkpoint: way.name,
    events: taken,
    events_per_s: Math.round((taken / ms) * 1000),
    cpu_ns_per_event: Math.round((cpuUs * 1000) / taken),
    commits,
    mb: Math.round(bytes / 2 ** 20),
    disk_mb: Math.round((diskBytes() - disk) / 2 ** 20),
    longest_commit_ms: Math.round(longestMs),
    hash: tally.matches.hash,
  });
}

const MANY = `
stream s from "s" { time at }
rule r "R" { severity low  match by k within 8d { a: s where t == "a"  then b: s where t == "b"  then c: s where t == "c" }
  limit 10000000 open }
`;

/** Touches some of many keys, and tells what the commit wrote. */
async function runMany(keys: number, touched: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-checkpoint-"));
  const store = openLmdbStore(folder);
  const engine = createEngine(planOf("r.seq", [MANY]), {}, store);
  const feed = engine.feed("s", "bench", { broker: false });
  let seq = 0;
  const take = (t: string, k: number): void =>
    engine.accept(feed, ++seq, 0, null, { at: 1_767_225_600_000 + seq, t, k });
  for (let k = 0; k < keys; k++) {
    take("a", k);
    if (k % 10_000 === 0) commitTo(store, engine);
  }
  commitTo(store, engine);
  const runs: unknown[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (let i = 0; i < touched; i++) take("b", (i * 997 + turn * 13) % keys);
    const changes = engine.takeChanges();
    const disk = diskBytes();
    const begin = performance.now();
    const bytes = store.commit(changes);
    runs.push({
      entries: changes.length,
      bytes,
      disk_bytes: diskBytes() - disk,
      ms: Math.round(performance.now() - begin),
    });
  }
  await store.close();
  rmSync(folder, { recursive: true });
  write({ run: "touched", keys, touched, commits: runs });
}

function commitTo(store: Store, engine: Engine): void {
  engine.takeOutputs();
  store.commit(engine.takeChanges());
}

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "20000000" },
    keys: { type: "string", default: "1000000" },
    touched: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
  },
});
for (const way of WAYS) {
  if (values.only === "" || values.only.split(",").includes(way.name)) {
    await runW1(way, Number(values.events));
  }
}
if (values.only === "" || values.only === "touched") {
  await runMany(Number(values.keys), Number(values.touched));
}
