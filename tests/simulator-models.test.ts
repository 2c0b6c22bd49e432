/**
 * The simulator's models against what they stand for: the same scripts run on nats-server and on its model, on LMDB and
 * on the model of the disk, and must give the same account.
 */

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, jest, test } from "@jest/globals";
import { open } from "lmdb";
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
  open(): Promise<Store>;
  /** The process that has the store open is killed. */
  kill(): void;
  /** Somebody takes a copy of the folder, */
  copy(): void;
  /** and puts it back while no process runs; false where there is none. */
  putBack(): boolean;
  /** The folder is lost while no process runs. */
  lose(): void;
  close(): Promise<void>;
}

/** A process that is killed leaves its file as it is: a copy of it is opened next, and the store is not closed before. */
function lmdbDisk(): Disk {
  const root = mkdtempSync(join(tmpdir(), "sequitur-disk-"));
  const stores: Store[] = [];
  let life = 0;
  const now = () => join(root, `life-${life}`);
  const copied = join(root, "copy");
  const take = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    if (existsSync(join(from, "data.mdb"))) cpSync(join(from, "data.mdb"), join(to, "data.mdb"));
  };
  mkdirSync(now());
  return {
    open: async () => {
      await disown(now());
      const store = openLmdbStore(now());
      stores.push(store);
      return store;
    },
    kill: () => {
      const before = now();
      life++;
      take(before, now());
    },
    copy: () => take(now(), copied),
    putBack: () => {
      if (!existsSync(copied)) return false;
      take(copied, now());
      return true;
    },
    lose: () => {
      rmSync(join(now(), "data.mdb"));
      rmSync(copied, { recursive: true, force: true });
    },
    close: async () => {
      for (const store of stores) await store.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** Its owner is this process, which is alive: without that the store would refuse what a killed one has left. */
async function disown(folder: string): Promise<void> {
  if (!existsSync(join(folder, "data.mdb"))) return;
  const format = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = open({ ...format, path: folder, noSubdir: false, maxDbs: 40 });
  root.openDB({ ...format, name: "_owner" }).clearSync();
  await root.close();
}

function modelDisk(): Disk {
  const model = new DiskModel();
  let copied: number | null = null;
  const hooks = {
    onCommit: () => "none" as const,
    onDurable: () => undefined,
    die: (): never => {
      throw new Error("nothing dies here");
    },
  };
  return {
    open: async () => model.open(hooks),
    kill: () => model.forget(),
    copy: () => {
      copied = model.commits;
    },
    putBack: () => {
      if (copied === null) return false;
      model.restoreOldCopy(model.commits - copied);
      return true;
    },
    lose: () => {
      model.setAside();
      copied = null;
    },
    close: async () => undefined,
  };
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

/** Commits, commits that are cut short, reads, parts of spaces, killed processes, old copies and lost folders. */
async function scriptOnDisk(disk: Disk, seed: number): Promise<readonly string[]> {
  const random = new Random(seed);
  const lines: string[] = [];
  let store = await disk.open();
  for (let step = 0; step < 60; step++) {
    const changes = changesOf(random);
    switch (random.below(9)) {
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
        disk.kill();
        store = await disk.open();
        lines.push(`opened: ${contentOf(store)}`);
        break;
      case 3:
        disk.copy();
        break;
      case 4: {
        const way = random.below(4);
        if (way > 1) break;
        disk.kill();
        if (way === 0) disk.lose();
        lines.push(`${way === 0 ? "lost" : `put back: ${disk.putBack()}`}`);
        store = await disk.open();
        break;
      }
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
  await disk.close();
  return lines;
}

test("the model of the disk keeps what LMDB keeps", async () => {
  const told: string[] = [];
  for (let seed = 1; seed <= 5; seed++) {
    const expected = await scriptOnDisk(lmdbDisk(), seed);
    expect(await scriptOnDisk(modelDisk(), seed)).toEqual(expected);
    told.push(...expected);
  }
  for (const what of ["cut: cut short", "lost", "put back: true"]) expect(told).toContain(what);
});
