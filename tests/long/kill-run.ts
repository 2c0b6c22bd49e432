/**
 * The kill test at length: kills the service and nats-server at random moments while the recorded set is replayed, as
 * often as asked, and compares the alert stream with the one of a run that nothing interrupted.
 *
 *   npm run build && node --import ./tests/long/typescript-hooks.js tests/long/kill-run.ts --kills 100 --server-kills 10 --seed 1
 *
 * A round, 40 kills over one replay, has a seed of its own: `--first-round 5` goes on where a run ended.
 * Prints one JSON line; exit code 1 where anything was lost, doubled, changed or out of order.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Random } from "../../base/random.ts";
import {
  finish,
  type KillStage,
  killEvents,
  liveAndDie,
  openStage,
  uninterrupted,
} from "../kill-set.ts";
import { type AlertRecord, endServices, ServiceProcess } from "../service-process.ts";

/** Kills of the service in one replay of the set; more of them take more replays. */
const KILLS_PER_ROUND = 40;

interface Round {
  readonly kills: number;
  readonly serverKills: number;
}

/** What the alert stream of one replay has wrong. */
interface Faults {
  readonly lost: number;
  readonly doubled: number;
  readonly changed: number;
  readonly outOfOrder: boolean;
}

function compare(found: readonly AlertRecord[], expected: readonly AlertRecord[]): Faults {
  const texts = (records: readonly AlertRecord[]) =>
    records.map((record) => JSON.stringify(record));
  const have = texts(found);
  const want = texts(expected);
  const counts = new Map<string, number>();
  for (const text of have) counts.set(text, (counts.get(text) ?? 0) + 1);
  const known = new Set(want);
  return {
    lost: want.filter((text) => !counts.has(text)).length,
    doubled: have.length - counts.size,
    changed: have.filter((text) => !known.has(text)).length,
    outOfOrder: have.length === want.length && have.some((text, i) => text !== want[i]),
  };
}

/** A life that ends in good order. */
async function live(stage: KillStage, chunk: number): Promise<void> {
  const service = new ServiceProcess(stage.folder);
  await service.running();
  await stage.feeder.send(chunk);
  await sleep(300);
  await service.stop();
}

async function playRound(
  { kills, serverKills }: Round,
  events: readonly string[],
  expected: readonly AlertRecord[],
  random: Random,
): Promise<Faults> {
  const stage = await openStage(events);
  const steps = Math.max(1, kills, serverKills);
  const chunk = Math.ceil(events.length / steps);
  let killed = 0;
  for (let step = 0; step < steps; step++) {
    const life = step < kills ? liveAndDie(stage, random, chunk) : live(stage, chunk);
    if (random.below(steps - step) < serverKills - killed) {
      killed++;
      await sleep(random.below(1500));
      await stage.server.kill("SIGKILL");
      await sleep(random.below(300));
      await stage.server.restart();
    }
    await life;
  }
  const found = await finish(stage, expected.length);
  await stage.close();
  return compare(found, expected);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "100" },
      "server-kills": { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      "first-round": { type: "string", default: "1" },
    },
  });
  const kills = Number(values.kills);
  const serverKills = Number(values["server-kills"]);
  const seed = Number(values.seed);
  const startMs = performance.now();
  const events = killEvents();
  const expected = await uninterrupted(events);
  const rounds = Math.max(1, Math.ceil(kills / KILLS_PER_ROUND));
  const total = { lost: 0, doubled: 0, changed: 0, outOfOrder: 0 };
  const first = Number(values["first-round"]) - 1;
  for (let round = first; round < rounds; round++) {
    const share = (all: number) =>
      Math.floor((all * (round + 1)) / rounds) - Math.floor((all * round) / rounds);
    const size = { kills: share(kills), serverKills: share(serverKills) };
    const faults = await playRound(size, events, expected, new Random(seed + round));
    total.lost += faults.lost;
    total.doubled += faults.doubled;
    total.changed += faults.changed;
    total.outOfOrder += faults.outOfOrder ? 1 : 0;
    process.stderr.write(`round ${round + 1} of ${rounds}: ${JSON.stringify(faults)}\n`);
  }
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const played = rounds - first;
  const alerts = expected.length * played;
  const result = {
    kills,
    serverKills,
    seed,
    rounds: played,
    events: events.length * played,
    alerts,
    ...total,
    seconds,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  endServices();
  if (total.lost + total.doubled + total.changed + total.outOfOrder > 0) process.exitCode = 1;
}

await main();
