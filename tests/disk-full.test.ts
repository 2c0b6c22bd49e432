/** A full disk, on the engine's side and on the server's: intake pauses, health is red, and nothing is lost. */

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Broker } from "../io/nats.ts";
import { NatsServer } from "./nats-server.ts";
import {
  awaitAlerts,
  connectTo,
  endServices,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  ServiceProcess,
} from "./service-process.ts";
import { canMount, SmallDisk } from "./small-disk.ts";

/** Half of the events wait for a partner that never comes: the state grows. */
const RULES = `
stream s from "events.s" { time at }
rule r.each "Each" { severity high  match by n within 1s { a: s } }
rule r.pair "Pair" { severity low  match by n within 30d { a: s then b: s } }
`;

const EVENTS = 1200;
const events = Array.from({ length: EVENTS }, (_, n) =>
  JSON.stringify({ at: new Date(Date.UTC(2026, 0, 1) + n * 1000), n, pad: "x".repeat(2000) }),
);

const withMount = canMount() ? test : test.skip;
let server: NatsServer;
let broker: Broker;

beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(async () => {
  endServices();
  await broker.close();
  await server.stop();
});

/** One alert an event, in order, numbered without a gap. */
async function expectAll(): Promise<void> {
  await awaitAlerts(broker, EVENTS - 1);
  const records = await readAlerts(broker);
  const keys = records.map(({ text }) => (JSON.parse(text) as { key: { n: number } }).key.n);
  expect(keys).toEqual(Array.from({ length: keys.length }, (_, n) => n));
  expect(keys.length).toBeGreaterThanOrEqual(EVENTS - 1);
}

withMount("the engine's disk is full for a while", async () => {
  broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.s"]);
  const disk = new SmallDisk(join(server.folder, "small"), 12);
  const settings = `state: { path: ${disk.path}/state, commit: { events: 50, everyMs: 2 } }\n`;
  const folder = makeServiceFolder(
    join(server.folder, "one"),
    server.url,
    { "r.seq": RULES },
    settings,
  );
  const feeder = new Feeder(broker, "EVENTS", "events.s", events);
  const service = new ServiceProcess(folder);
  await service.running();
  await feeder.send(100);
  await awaitAlerts(broker, 90);
  disk.fill(200_000);
  await feeder.send(feeder.left);
  await service.untilProblem("commit");
  const stopped = (await readAlerts(broker)).length;
  await sleep(500);
  expect((await readAlerts(broker)).length).toBeLessThanOrEqual(stopped + 1);
  expect(stopped).toBeLessThan(EVENTS);
  expect(service.ended).toBe(false);
  disk.free();
  await service.untilProblem("commit", false);
  await expectAll();
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  disk.unmount();
  for (const name of ["EVENTS", "ALERTS"]) await broker.api(`STREAM.DELETE.${name}`);
});

withMount("the server's disk is full for a while", async () => {
  await broker?.close();
  await server.kill("SIGTERM");
  const disk = new SmallDisk(join(server.folder, "store"), 24);
  await server.restart();
  broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.s"]);
  const folder = makeServiceFolder(join(server.folder, "two"), server.url, { "r.seq": RULES });
  const feeder = new Feeder(broker, "EVENTS", "events.s", events);
  const first = new ServiceProcess(folder);
  await first.running();
  await feeder.send(100);
  await awaitAlerts(broker, 90);
  await first.stop();
  await feeder.send(feeder.left);
  disk.fill(300_000);
  const service = new ServiceProcess(folder);
  await service.running();
  await service.untilProblem("alerts");
  expect(service.ended).toBe(false);
  disk.free();
  // The server of today's floor does not find its way back alone.
  await server.restart();
  await expectAll();
  await service.untilProblem("alerts", false);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  await server.kill();
  disk.unmount();
  await server.restart();
});
