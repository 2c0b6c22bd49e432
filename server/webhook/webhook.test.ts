import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { systemClock } from "../../io/clock.ts";
import { streamInfo } from "../../io/nats-streams.ts";
import { NatsServer } from "../../tests/nats-server.ts";
import { connectTo } from "../../tests/service-process.ts";
import type { Log } from "../log.ts";
import { Webhook } from "./webhook.ts";

test("records that were removed before their turn are told and counted; shadow alerts stay out", async () => {
  const server = await NatsServer.start();
  const broker = await connectTo(server.url);
  await broker.api("STREAM.CREATE.ALERTS", { name: "ALERTS", subjects: ["alerts.>"] });
  for (const [id, mode] of ["live", "live", "live", "shadow", "live"].entries()) {
    const alert = { id: String(id + 1), rule: "r", severity: "high", mode };
    broker.publish("alerts.high.r", new TextEncoder().encode(JSON.stringify(alert)));
  }
  let info = await streamInfo(broker, "ALERTS");
  while (info.kind !== "ok" || info.value.lastSeq < 5) {
    await sleep(5);
    info = await streamInfo(broker, "ALERTS");
  }
  await broker.api("STREAM.PURGE.ALERTS", { seq: 3 });

  const ids: unknown[] = [];
  const receiver = createServer((request, response) => {
    ids.push(request.headers["webhook-id"]);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const folder = mkdtempSync(join(tmpdir(), "sequitur-webhook-"));
  const told: string[] = [];
  const webhook = new Webhook({
    settings: {
      name: "w",
      url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
      filter: { rule: "*", severity: "info", shadow: false },
      secret: null,
      headers: {},
      timeoutMs: 5000,
      allowHttp: true,
      allowPrivate: true,
      allowed: [],
      retry: { attempts: 1, maxAgeMs: 1000, firstMs: 1, longestMs: 1 },
      from: "first",
    },
    broker,
    stream: "ALERTS",
    root: "alerts",
    start: { created: info.value.created, seq: 1 },
    cursorPath: join(folder, "w.json"),
    clock: systemClock,
    random: new Random(1),
    log: { warn: (_: unknown, text: string) => told.push(text) } as unknown as Log,
    giveUp: async () => undefined,
  });
  const running = webhook.run();
  while (webhook.status.position < 5) await sleep(5);
  await webhook.close();
  await running;
  expect(ids).toEqual(["3", "5"]);
  expect(webhook.status).toMatchObject({ delivered: 2, removed: 1, undelivered: 0 });
  expect(told).toEqual([expect.stringContaining("removed from the alert stream")]);
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true });
  await broker.close();
  await server.stop();
});
