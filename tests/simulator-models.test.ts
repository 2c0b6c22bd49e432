/**
 * The simulator's models against what they stand for: the same scripts run on nats-server and on its model, on LMDB and
 * on the model of the disk, and must give the same account.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, jest, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { Broker } from "../io/nats.ts";
import { openLmdbStore } from "../state/lmdb-store.ts";
import type { Store, StoreChange } from "../state/store.ts";
import { NatsServer } from "./nats-server.ts";
import { connectTo } from "./service-process.ts";
import { runScript } from "./simulator/broker-script.ts";
import { ModelConnection } from "./simulator/connection-model.ts";
import { DiskModel } from "./simulator/disk-model.ts";
import { NatsModel, NO_FAULTS } from "./simulator/nats-model.ts";
import { Schedule } from "./simulator/schedule.ts";

jest.setTimeout(120_000);

/** Lets virtual time pass for as long as the work takes. */
async function drive<T>(schedule: Schedule, work: Promise<T>): Promise<T> {
  let done = false;
  const ended = (): void => {
    done = true;
  };
  work.then(ended, ended);
  while (!done) await schedule.step(Number.MAX_SAFE_INTEGER);
  return work;
}

async function scriptOnModel(): Promise<readonly string[]> {
  const schedule = new Schedule(new Random(1));
  const server = new NatsModel(schedule, NO_FAULTS);
  const process = { dead: false, effect: () => undefined };
  const link = { latencyMs: () => 0.2, stalledUntilMs: 0 };
  const parts = { schedule, server, link, plant: "none" as const, process };
  const options = { url: "nats://model", name: "script" };
  const sleepModel = (durationMs: number) =>
    new Promise<void>((resolve) => void schedule.after(durationMs, resolve));
  const broker = new Broker(new ModelConnection(parts).client(), options);
  const restart = async (): Promise<Broker> => {
    server.stop();
    server.start();
    await sleepModel(2000);
    return broker;
  };
  return drive(schedule, runScript({ broker, restart, sleep: sleepModel }));
}

async function scriptOnServer(): Promise<readonly string[]> {
  const server = await NatsServer.start();
  let broker = await connectTo(server.url);
  const restart = async (): Promise<Broker> => {
    await broker.close();
    await server.restart();
    broker = await connectTo(server.url);
    return broker;
  };
  const lines = await runScript({ broker, restart, sleep: (ms) => sleep(ms) });
  await broker.close();
  await server.stop();
  return lines;
}

test("the model of nats-server answers as nats-server does", async () => {
  const expected = await scriptOnServer();
  expect(expected.length).toBeGreaterThan(40);
  expect(await scriptOnModel()).toEqual(expected);
});

/** A disk, real or modelled, that processes open one after the other. */
interface Disk {
  open(): Store;
  /** The process ends without closing its store. */
  end(store: Store): Promise<void>;
}

const SPACES = ["meta", "outbox", "slots"];

function changesOf(random: Random): StoreChange[] {
  return Array.from({ length: random.below(12) }, () => {
    const key = Uint8Array.from({ length: 1 + random.below(3) }, () => random.below(4) * 80);
    const value = random.chance(0.3)
      ? null
      : Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    return { space: random.pick(SPACES), key, value };
  });
}

function contentOf(store: Store): string {
  return SPACES.map((space) =>
    [...store.scan(space)]
      .map(
        ({ key, value }) =>
          `${Buffer.from(key).toString("hex")}=${Buffer.from(value).toString("hex")}`,
      )
      .join(" "),
  ).join(" | ");
}

/** Commits, commits that are cut short, reads, parts of spaces, and processes that end. */
async function scriptOnDisk(disk: Disk, seed: number): Promise<readonly string[]> {
  const random = new Random(seed);
  const lines: string[] = [];
  let store = disk.open();
  for (let step = 0; step < 60; step++) {
    const changes = changesOf(random);
    switch (random.below(6)) {
      case 0: {
        const cut = function* (): Iterable<StoreChange> {
          yield* changes;
          throw new Error("cut short");
        };
        let said = "committed";
        try {
          store.commit(cut());
        } catch (error) {
          said = (error as Error).message;
        }
        lines.push(`cut: ${said}`);
        break;
      }
      case 1:
        await disk.end(store);
        store = disk.open();
        lines.push(`opened: ${contentOf(store)}`);
        break;
      case 2: {
        const range = { from: Uint8Array.of(random.below(200)), limit: 1 + random.below(5) };
        const found = [...store.scan(random.pick(SPACES), range)];
        lines.push(`scan: ${found.map(({ key }) => Buffer.from(key).toString("hex")).join(" ")}`);
        break;
      }
      default:
        lines.push(`commit: ${store.commit(changes)} bytes`);
    }
    lines.push(contentOf(store));
  }
  await store.close();
  return lines;
}

test("the model of the disk keeps what LMDB keeps", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const folder = mkdtempSync(join(tmpdir(), "sequitur-disk-"));
    const lmdb: Disk = {
      open: () => openLmdbStore(folder),
      end: async (store) => void (await store.close()),
    };
    const expected = await scriptOnDisk(lmdb, seed);
    rmSync(folder, { recursive: true });
    const model = new DiskModel();
    const hooks = {
      onCommit: () => "none" as const,
      onDurable: () => undefined,
      die: (): never => {
        throw new Error("nothing dies here");
      },
    };
    const modelled: Disk = {
      open: () => model.open(hooks),
      end: async (store) => void (await store.close()),
    };
    expect(await scriptOnDisk(modelled, seed)).toEqual(expected);
  }
});
