import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { NatsServer } from "../tests/nats-server.ts";
import { type BrokerStatus, connectBroker } from "./nats.ts";
import {
  covers,
  ensureStream,
  findStreams,
  messageAt,
  nextMessage,
  streamEnd,
  streamInfo,
} from "./nats-streams.ts";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start(["--user", "engine", "--pass", "s3cret"]);
});
afterAll(async () => {
  await server.stop();
});

const login = { user: "engine", password: "s3cret" };

test("waits for a server that is not there yet, tells so without secrets, and can be stopped", async () => {
  await server.kill();
  const statuses: BrokerStatus[] = [];
  const onStatus = (status: BrokerStatus) => statuses.push(status);
  const url = server.url.replace("//", "//engine:s3cret@");
  const connecting = connectBroker({ url, name: "early", ...login, onStatus });
  const abort = new AbortController();
  const stopped = connectBroker({ url, name: "stopped", ...login, signal: abort.signal });
  await sleep(300);
  abort.abort();
  await expect(stopped).rejects.toMatchObject({ name: "BrokerError", code: "aborted" });
  expect(statuses[0]).toEqual({
    kind: "waiting",
    text: `no NATS server at ${server.url}, waiting`,
  });
  await server.restart();
  const broker = await connecting;
  expect(broker.serverVersion).toMatch(/^\d+\.\d+\.\d+/);
  expect([broker.isAtLeast(2, 9), broker.isAtLeast(99, 0)]).toEqual([true, false]);
  expect(statuses.at(-1)).toEqual({
    kind: "connected",
    text: `connected to NATS ${broker.serverVersion}`,
  });
  await broker.close();
  expect(broker.connected).toBe(false);
  expect(statuses.at(-1)?.kind).toBe("closed");
  expect(JSON.stringify(statuses)).not.toContain("s3cret");
});

test("wrong credentials are an error at once, as is a credentials file that is not there", async () => {
  const wrong = connectBroker({ url: server.url, name: "x", user: "engine", password: "no" });
  await expect(wrong).rejects.toMatchObject({ code: "auth" });
  const missing = connectBroker({ url: server.url, name: "x", creds: join(server.folder, "none") });
  await expect(missing).rejects.toMatchObject({ code: "options" });
});

test("streams: made, found, described; messages by sequence and by subject", async () => {
  const broker = await connectBroker({ url: server.url, name: "streams", ...login });
  expect((await streamInfo(broker, "ALERTS")).kind).toBe("missing");
  const wanted = { name: "ALERTS", subjects: ["alerts.>", "to.pager"] };
  const made = await ensureStream(broker, wanted);
  expect(made).toMatchObject({ kind: "ok", value: { created: true, differences: [] } });
  expect(await ensureStream(broker, wanted)).toMatchObject({
    kind: "ok",
    value: { created: false, differences: [], info: { name: "ALERTS", firstSeq: 1, lastSeq: 0 } },
  });
  expect(await streamEnd(broker, "ALERTS")).toEqual({
    kind: "ok",
    value: { lastSeq: 0, message: null },
  });
  const before = Date.now();
  broker.publish("alerts.high.one", Uint8Array.of(1, 2), undefined, [
    ["Sequitur-Id", "ünïcode"],
    ["Other", "a: b"],
  ]);
  broker.publish("alerts.low.two", new Uint8Array());
  for (;;) {
    const found = await streamEnd(broker, "ALERTS");
    if (found.kind === "ok" && found.value.lastSeq === 2) break;
  }
  const first = await messageAt(broker, "ALERTS", 1);
  expect(first).toMatchObject({
    kind: "ok",
    value: {
      subject: "alerts.high.one",
      seq: 1,
      headers: [
        ["Sequitur-Id", "ünïcode"],
        ["Other", "a: b"],
      ],
    },
  });
  if (first.kind !== "ok") throw new Error("the message is there");
  expect([...first.value.data]).toEqual([1, 2]);
  expect(Math.abs(first.value.timeMs - before)).toBeLessThan(10_000);
  expect(await streamEnd(broker, "ALERTS")).toMatchObject({
    value: { lastSeq: 2, message: { subject: "alerts.low.two", headers: [] } },
  });
  expect(await nextMessage(broker, "ALERTS", 1, "alerts.low.*")).toMatchObject({
    value: { seq: 2 },
  });
  expect((await nextMessage(broker, "ALERTS", 2, "alerts.high.*")).kind).toBe("missing");
  expect((await messageAt(broker, "ALERTS", 3)).kind).toBe("missing");
  expect(await findStreams(broker, "alerts.high.one")).toEqual({ kind: "ok", value: ["ALERTS"] });
  expect(await findStreams(broker, "to.nobody")).toEqual({ kind: "ok", value: [] });
  await broker.close();
  expect((await streamInfo(broker, "ALERTS")).kind).toBe("unreachable");
});

test("a stream with other settings is told, not changed", async () => {
  const broker = await connectBroker({ url: server.url, name: "settings", ...login });
  await broker.api("STREAM.CREATE.LOOSE", {
    name: "LOOSE",
    subjects: ["loose.high.*"],
    storage: "memory",
    retention: "workqueue",
    allow_rollup_hdrs: true,
  });
  const found = await ensureStream(broker, {
    name: "LOOSE",
    subjects: ["loose.high.*", "loose.>"],
  });
  expect(found).toMatchObject({
    kind: "ok",
    value: {
      created: false,
      differences: [
        "does not hold the subject loose.>",
        "has retention workqueue, not limits",
        "has storage memory, not file",
        "lets messages be deleted (deny_delete is off)",
        "lets messages be purged (deny_purge is off)",
        "lets a header purge it (allow_rollup_hdrs is on)",
      ],
    },
  });
  await broker.close();
});

test.each([
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  ["a.*", "a.b", true],
  ["a.*", "a.>", false],
  ["a.*", "a.*", true],
  ["a.b", "a.*", false],
  ["*.b", "a.b", true],
  [">", "a.>", true],
  ["a.b", "a.b.c", false],
])("does %s cover %s", (pattern, subject, expected) => {
  expect(covers(pattern, subject)).toBe(expected);
});

test("a folder for what a test puts beside the server is removed at the end", async () => {
  const other = await NatsServer.start();
  writeFileSync(join(other.folder, "note"), "x");
  expect(other.log).toContain("Server is ready");
  await other.stop();
  expect(() => other.log).toThrow("ENOENT");
});
