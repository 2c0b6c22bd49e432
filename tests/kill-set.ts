/**
 * What the kill runs replay: the recorded attack of samples/windows-remote-service with its rules, a rule that makes
 * many alerts of ordinary events, and a last event an hour later, behind which nothing waits any more.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../base/random.ts";
import { createEngine } from "../engine/engine.ts";
import type { Broker } from "../io/nats.ts";
import { streamInfo } from "../io/nats-streams.ts";
import { loadRules } from "../rules/rule-set.ts";
import { NatsServer } from "./nats-server.ts";
import {
  type AlertRecord,
  awaitAlerts,
  connectTo,
  Feeder,
  makeServiceFolder,
  makeStream,
  PATIENCE_MS,
  readAlerts,
  readEvents,
  readRules,
  type ServiceFolder,
  ServiceProcess,
} from "./service-process.ts";

const SAMPLE = "windows-remote-service";

const BUSY_RULE = `
rule test.busy "An ordinary event" {
  severity info
  match by Hostname, EventID within 1s { e: windows where EventID in [7, 13, 4103, 4658, 5156, 5158] }
  alert "{EventID} on {Hostname}"
}
rule test.unanswered "A logon without a logoff" {
  severity low
  match by Hostname within 5s {
    logon: NetworkLogon
    then no windows where EventID == 4634 and TargetLogonId == logon.TargetLogonId
  }
}
`;

/** A life whose events make too few records ends after this time. */
const LIFE_MS = 500;

/** When the broker stored the events: after their own times, all of them. */
const STORED_MS = Date.UTC(2026, 0, 1);

/** Commits are small, so that a run has many of them. */
const SETTINGS = "commit: { events: 100, everyMs: 2 }";

/**
 * A machine may be so busy that a stream is silent for its `idle`: that would be recorded, and is no fault. A delay of
 * a second holds up to 479 events of this recording back, so that alerts come in 139 heaps; with one of 20 ms there
 * are 615, and still events that wait.
 */
export function killRules(): Readonly<Record<string, string>> {
  const rules = readRules(SAMPLE)
    .replace(/^stream .*\{$/gm, "$& idle 1h")
    .replace("delay 1s", "delay 20ms");
  return { "remote.seq": rules, "busy.seq": BUSY_RULE };
}

export function killEvents(): readonly string[] {
  const events = readEvents(SAMPLE);
  const last = JSON.parse(events.at(-1) ?? "{}") as Record<string, unknown>;
  const sentinel = { ...last, "@timestamp": "2020-09-20T18:00:00.000Z", EventID: 0 };
  return [...events, JSON.stringify(sentinel)];
}

/** How many alerts follow from the first 1, 2, 3 ... events, as an engine without a service has it. */
function alertsDue(events: readonly string[]): readonly number[] {
  const files = Object.entries(killRules()).map(([file, text]) => ({ file, text }));
  const reader = { readLines: () => ({ error: "there are no files" }) };
  const { set } = loadRules(files, { reader, todayMs: 0 });
  if (set === null) throw new Error("the rules of the kill runs compile");
  const engine = createEngine(set.plan, { data: set.data });
  const feed = engine.feed("windows", "EVENTS", { broker: true });
  let due = 0;
  return events.map((text, i) => {
    engine.accept(feed, i + 1, 0, STORED_MS, JSON.parse(text));
    due += engine.takeOutputs().length;
    return due;
  });
}

/** A server, the empty stream, the folder of the service, and the feeder of the events. */
export interface KillStage {
  readonly server: NatsServer;
  readonly broker: Broker;
  readonly folder: ServiceFolder;
  readonly feeder: Feeder;
  /** Records that were seen on their way to the alert stream. */
  readonly seen: () => number;
  /** Publishes the events up to the next that alerts follow from, and waits for these alerts, or for the end. */
  feedAlert(service: ServiceProcess): Promise<void>;
  close(): Promise<void>;
}

/** `checkpoint`: how long state may stay unwritten, as `state.checkpoint` says it. */
export async function openStage(
  events: readonly string[],
  checkpoint: "commit" | "1s" | "10s" = "commit",
): Promise<KillStage> {
  const server = await NatsServer.start();
  const broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.windows.>"]);
  const path = `${server.folder}/service`;
  const settings = `state: { ${SETTINGS}, checkpoint: ${checkpoint} }\n`;
  const folder = makeServiceFolder(path, server.url, killRules(), settings);
  const feeder = new Feeder(broker, "EVENTS", "events.windows.all", events);
  let due: readonly number[] | null = null;
  let seen = 0;
  broker.subscribe("alerts.>", () => {
    seen++;
  });
  const feedAlert = async (service: ServiceProcess): Promise<void> => {
    due ??= alertsDue(events);
    const sent = events.length - feeder.left;
    const now = due[sent - 1] ?? 0;
    const next = due.findIndex((count) => count > now);
    await feeder.send(next === -1 ? feeder.left : next + 1 - sent);
    const wanted = due[events.length - feeder.left - 1] ?? 0;
    const end = performance.now() + PATIENCE_MS;
    while ((await lastAlert(broker)) < wanted && !service.ended) {
      if (performance.now() > end) throw new Error(`alert ${wanted} never came: ${service.stderr}`);
      await sleep(2);
    }
  };
  const close = async (): Promise<void> => {
    await broker.close();
    await server.stop();
  };
  return { server, broker, folder, feeder, seen: () => seen, feedAlert, close };
}

async function lastAlert(broker: Broker): Promise<number> {
  const info = await streamInfo(broker, "ALERTS");
  return info.kind === "ok" ? info.value.lastSeq : 0;
}

/** The alerts of a run that nothing interrupts. */
export async function uninterrupted(events: readonly string[]): Promise<readonly AlertRecord[]> {
  const stage = await openStage(events);
  await stage.feeder.send(events.length);
  const service = new ServiceProcess(stage.folder);
  await service.running();
  await service.caughtUp();
  await service.stop();
  const records = await readAlerts(stage.broker);
  await stage.close();
  return records;
}

/** Lets an undisturbed service finish, and gives what the alert stream holds then. */
export async function finish(stage: KillStage, expected: number): Promise<readonly AlertRecord[]> {
  await stage.feeder.send(stage.feeder.left);
  const service = new ServiceProcess(stage.folder);
  await service.running();
  await awaitAlerts(stage.broker, expected);
  await service.stop();
  return readAlerts(stage.broker);
}

/**
 * One life of the service: it starts, gets some events, and is killed at a random moment: while it starts, some
 * milliseconds after it runs, or, so that slow machines see kills in the middle of the work too, some milliseconds
 * after it has published some records. Gives how many it published.
 */
export async function liveAndDie(stage: KillStage, random: Random, chunk: number): Promise<number> {
  const before = stage.seen();
  const service = new ServiceProcess(stage.folder);
  const kind = random.below(5);
  if (kind === 0) await sleep(random.below(400));
  else if (await service.running()) {
    const feeding = stage.feeder.send(chunk);
    if (kind > 2) await progress(stage, before + 1 + random.below(20));
    await sleep(random.below(kind > 2 ? 15 : 60));
    await service.kill("SIGKILL");
    await feeding;
  }
  await service.kill("SIGKILL");
  return stage.seen() - before;
}

/** Waits for so many records, but not for ever: the events of one life may make fewer. */
async function progress(stage: KillStage, records: number): Promise<void> {
  const end = performance.now() + LIFE_MS;
  while (stage.seen() < records && performance.now() < end) await sleep(1);
}
