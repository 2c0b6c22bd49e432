/**
 * Alerts exactly once, in order, under kills of the service and of the server (delivery: P1). The alert stream must
 * be equal, byte for byte, to the one of a run that nothing interrupted.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { CRASH_POINTS, type CrashPoint } from "../server/crash-point.ts";
import {
  finish,
  type KillStage,
  killEvents,
  liveAndDie,
  openStage,
  uninterrupted,
} from "./kill-set.ts";
import { type AlertRecord, endServices, ServiceProcess } from "./service-process.ts";

// A life of the service takes a second on a quiet machine and several on a busy one.
jest.setTimeout(1_800_000);

const events = killEvents();
let expected: readonly AlertRecord[] = [];

beforeAll(async () => {
  expected = await uninterrupted(events);
});

afterAll(endServices);

test("the uninterrupted run finds the attack and many ordinary events, numbered without a gap", () => {
  const rules = expected.map(({ text }) => (JSON.parse(text) as { rule: string }).rule);
  expect(rules.filter((rule) => rule === "windows.service.remote_install")).toHaveLength(1);
  expect(rules.filter((rule) => rule === "windows.service.shell_beacon")).toHaveLength(1);
  expect(rules.filter((rule) => rule === "test.busy").length).toBeGreaterThan(500);
  expect(rules.filter((rule) => rule === "test.unanswered").length).toBeGreaterThan(0);
  const numbers = expected.map(({ headers }) =>
    Number(new Map(JSON.parse(headers)).get("Sequitur-Out")),
  );
  expect(numbers).toEqual(expected.map((_, i) => i + 1));
});

const KILLS = 12;
const SEED = 20240917;

test(`${KILLS} kills of the service at random moments (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const stage = await openStage(events);
  const chunk = Math.ceil(events.length / KILLS);
  const published: number[] = [];
  for (let life = 0; life < KILLS; life++) {
    published.push(await liveAndDie(stage, random, chunk));
  }
  const found = await finish(stage, expected.length);
  await stage.close();
  expect(found).toEqual(expected);
  // The kills came in the middle of the work, not before or behind all of it.
  expect(published.filter((count) => count > 0).length).toBeGreaterThan(KILLS / 4);
});

const UNWRITTEN_KILLS = 5;

test(`${UNWRITTEN_KILLS} kills between two checkpoints (seed ${SEED + 7})`, async () => {
  const random = new Random(SEED + 7);
  const stage = await openStage(events, "10s");
  for (let life = 0; life < UNWRITTEN_KILLS; life++) {
    await liveAndDie(stage, random, Math.ceil(events.length / UNWRITTEN_KILLS));
  }
  const found = await finish(stage, expected.length);
  await stage.close();
  expect(found).toEqual(expected);
});

test(`3 kills of nats-server in the middle (seed ${SEED + 1})`, async () => {
  const random = new Random(SEED + 1);
  const stage = await openStage(events);
  const service = new ServiceProcess(stage.folder);
  await service.running();
  for (let kill = 0; kill < 3; kill++) {
    const feeding = stage.feeder.send(Math.ceil(events.length / 4));
    await sleep(random.below(150));
    await stage.server.kill("SIGKILL");
    await sleep(random.below(300));
    await stage.server.restart();
    await feeding;
  }
  expect(service.ended).toBe(false);
  await service.stop();
  const found = await finish(stage, expected.length);
  await stage.close();
  expect(found).toEqual(expected);
});

/** Points that this set does not pass: tests of their own do. */
const ELSEWHERE: readonly CrashPoint[] = [
  "before-decision",
  "after-decision",
  "before-activate",
  "after-activate",
];
/** Points at the start of a life, passed once in each. */
const STARTING: readonly CrashPoint[] = ["after-open", "before-first-commit", "after-first-commit"];
/** Points of a start without a state folder. */
const REBUILDING: readonly CrashPoint[] = ["before-replay", "mid-replay", "after-replay"];
/** Points of an orderly end, passed once in each life. */
const ENDING: readonly CrashPoint[] = [
  "before-drain",
  "after-drain",
  "before-close",
  "after-close",
];
const PASSAGES = [1, 2, 3];

/** Starts the service, feeds it until it has crashed at the point. */
async function crashAt(stage: KillStage, point: CrashPoint, passage: number): Promise<void> {
  const service = new ServiceProcess(stage.folder, { SEQUITUR_CRASH: `${point}:${passage}` });
  const startsOnly = STARTING.includes(point) || REBUILDING.includes(point);
  if (!startsOnly && (await service.running())) {
    while (!service.ended && stage.feeder.left > 0) {
      // One heap of alerts after the other: each is a passage of every point, however slow the machine is.
      await stage.feedAlert(service);
      if (ENDING.includes(point)) await service.stop();
    }
    if (!service.ended) await service.kill("SIGTERM");
  }
  const { signal } = await service.exit;
  expect([point, passage, signal]).toEqual([point, passage, "SIGKILL"]);
}

test(`a crash at each point of the loop, at its first ${PASSAGES.length} passages`, async () => {
  const stage = await openStage(events);
  for (const point of CRASH_POINTS) {
    if (ELSEWHERE.includes(point) || REBUILDING.includes(point)) continue;
    for (const passage of PASSAGES) {
      const once = STARTING.includes(point) || ENDING.includes(point);
      await crashAt(stage, point, once ? 1 : passage);
    }
  }
  const found = await finish(stage, expected.length);
  await stage.close();
  expect(found).toEqual(expected);
});

test(`a lost state, and a crash at each point of building it anew, ${PASSAGES.length} times`, async () => {
  const stage = await openStage(events);
  // Half of the input is worked off before, so that there is something to build, and something to go on with.
  await stage.feeder.send(events.length >> 1);
  const first = new ServiceProcess(stage.folder);
  await first.running();
  await first.caughtUp();
  await first.stop();
  for (const point of REBUILDING) {
    for (const passage of PASSAGES) {
      rmSync(join(stage.folder.path, ".sequitur"), { recursive: true });
      await crashAt(stage, point, point === "after-replay" ? 1 : passage);
    }
  }
  const found = await finish(stage, expected.length);
  await stage.close();
  expect(found).toEqual(expected);
});
