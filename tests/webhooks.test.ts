/** Webhooks of the service as a child process, with real receivers: order, signatures, retries, giving up, kills. */

import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import {
  awaitAlerts,
  Feeder,
  makeStream,
  readAlerts,
  type ServiceFolder,
  ServiceProcess,
  until,
} from "./service-process.ts";
import { openServiceStage } from "./service-stage.ts";

const { broker, folderOf: makeFolder } = await openServiceStage();
const receivers: Receiver[] = [];

afterEach(() => {
  for (const receiver of receivers.splice(0)) receiver.close();
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks on the loopback interface. */
class Receiver {
  readonly received: Received[] = [];
  readonly #server: Server;

  private constructor(answer: (response: ServerResponse, count: number) => void) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        this.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        answer(response, this.received.length);
      });
    });
  }

  static async start(
    answer: (response: ServerResponse, count: number) => void = (response) => void response.end(),
  ): Promise<Receiver> {
    const receiver = new Receiver(answer);
    receivers.push(receiver);
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/in/T0KEN`;
  }

  async got(count: number): Promise<void> {
    await until(
      () => this.received.length,
      (length) => length >= count,
    );
  }

  async gotLast(id: string | undefined): Promise<void> {
    await until(
      () => this.received.some((one) => idOf(one) === id),
      (found) => found,
    );
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const RULES = `
stream s from "events.s" { time at }
rule r.high "High" { severity high  match by n within 1m { a: s where n % 2 == 0 } }
rule r.low "Low" { severity low  match by n within 1m { a: s where n % 2 == 1 } }
`;

const OPEN = "allowHttp: true, allowPrivate: true, from: first";

function folderOf(webhooks: readonly string[]): ServiceFolder {
  const settings = `alerts:\n  webhooks:\n${webhooks.map((one) => `    - { ${one} }\n`).join("")}`;
  return makeFolder(RULES, settings);
}

const events = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({ at: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(), n }),
  );

const idOf = ({ body }: Received) => (JSON.parse(body) as { id: string }).id;

test("alerts arrive in order, signed, filtered and tried again; a kill loses none", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  // Each alert is refused once, and some are taken without an answer that comes through.
  const seen = new Set<string>();
  const strict = await Receiver.start((response) => {
    const last = strict.received.at(-1);
    const id = last === undefined ? "" : idOf(last);
    if (seen.has(id)) response.end("ok");
    else response.writeHead(503, { "retry-after": "0" }).end();
    seen.add(id);
  });
  const all = await Receiver.start();
  const folder = folderOf([
    `name: strict, url: "${strict.url}", rule: "r.h*", severity: medium, secretFile: secret, headers: { X-Team: blue }, headerFiles: { Authorization: auth }, retry: { firstMs: 5 }, ${OPEN}`,
    `name: all, urlFile: url, ${OPEN}`,
  ]);
  writeFileSync(join(folder.path, "secret"), "whsec_c2VjcmV0\n");
  writeFileSync(join(folder.path, "auth"), "Bearer t0p\n");
  writeFileSync(join(folder.path, "url"), `${all.url}\n`);
  const feeder = new Feeder(broker, "EVENTS", "events.s", events(120));
  await feeder.send(60);
  let stderr = "";
  for (const wanted of [15, 60]) {
    const service = new ServiceProcess(folder);
    await service.running();
    await strict.got(wanted);
    await service.kill("SIGKILL");
    stderr += service.stderr;
  }
  await feeder.send(60);
  const service = new ServiceProcess(folder);
  await service.running();
  await awaitAlerts(broker, 120);
  const records = await readAlerts(broker);
  const ids = records.map(({ text }) => (JSON.parse(text) as { id: string }).id);
  await all.gotLast(ids.at(-1));
  await strict.gotLast(ids.at(-2));
  await sleep(100);
  const url = await service.httpUrl();
  const metrics = await (await fetch(`${url}/metrics`)).text();
  await service.stop();
  stderr += service.stderr;

  const firstOnes = (receiver: Receiver) => [...new Set(receiver.received.map(idOf))];
  expect(firstOnes(all)).toEqual(ids);
  expect(firstOnes(strict)).toEqual(ids.filter((_, n) => n % 2 === 0));
  for (const { headers, body } of strict.received) {
    const { id } = JSON.parse(body) as { id: string };
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const mac = createHmac("sha256", "secret").update(signed).digest("base64");
    expect(headers).toMatchObject({
      "webhook-id": id,
      "idempotency-key": id,
      "webhook-signature": `v1,${mac}`,
      "x-team": "blue",
      authorization: "Bearer t0p",
      "content-type": "application/json",
    });
    expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(120);
  }
  expect(all.received.every(({ headers }) => headers["webhook-signature"] === undefined)).toBe(
    true,
  );
  // Only behind one of the two kills some come again.
  const places = all.received.map((one) => ids.indexOf(idOf(one)));
  const jumps = places.filter((place, i) => i > 0 && place !== (places[i - 1] as number) + 1);
  expect(jumps.length).toBeLessThanOrEqual(2);
  expect(metrics).toContain('sequitur_webhook_behind{webhook="all"} 0');
  expect(metrics).toContain('sequitur_webhook_delivered_total{webhook="strict"}');
  expect(`${stderr}${metrics}`).not.toMatch(/s3cret|c2VjcmV0|t0p|T0KEN/);
});

test("a dead, a slow and a redirecting receiver hold up nobody, and what is given up is recorded", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const good = await Receiver.start();
  const gone = await Receiver.start();
  const deadUrl = gone.url;
  gone.close();
  const slow = await Receiver.start(() => undefined);
  const elsewhere = await Receiver.start();
  const redirecting = await Receiver.start(
    (response) => void response.writeHead(308, { location: elsewhere.url }).end(),
  );
  const picky = await Receiver.start((response) => void response.writeHead(422).end("no"));
  const quick = "retry: { attempts: 2, firstMs: 5 }";
  const folder = folderOf([
    `name: dead, url: "${deadUrl}", ${quick}, ${OPEN}`,
    `name: slow, url: "${slow.url}", timeoutMs: 60000, ${OPEN}`,
    `name: redirecting, url: "${redirecting.url}", severity: high, ${quick}, ${OPEN}`,
    `name: picky, url: "${picky.url}", severity: high, ${OPEN}`,
    `name: good, url: "${good.url}", ${OPEN}`,
    `name: inner, url: "http://localhost:1/x", severity: high, ${quick}, allowHttp: true, from: first`,
  ]);
  const service = new ServiceProcess(folder);
  await service.running();
  const feeder = new Feeder(broker, "EVENTS", "events.s", events(12));
  await feeder.send(10);
  // 10 alerts; given up: 10 by dead, 5 each by redirecting, picky and inner.
  await awaitAlerts(broker, 35);
  await good.got(10);
  expect((await fetch(`${await service.httpUrl()}/readyz`)).status).toBe(200);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  const records = await readAlerts(broker);
  expect(records).toHaveLength(35);
  const alerts = records.filter(({ subject }) => !subject.startsWith("alerts.control."));
  expect(good.received.map(({ body }) => body)).toEqual(alerts.map(({ text }) => text));
  const given = records
    .filter(({ subject }) => subject === "alerts.control.undelivered")
    .map(({ text }) => JSON.parse(text));
  const reasons = new Map(
    given.map(({ webhook, reason, attempts }) => [webhook, [attempts, reason]]),
  );
  expect([...reasons].sort()).toEqual([
    ["dead", [2, "the connection failed (ECONNREFUSED)"]],
    ["inner", [2, expect.stringMatching(/^localhost is .*refused/)]],
    ["picky", [1, "the answer was 422"]],
    ["redirecting", [2, "the answer was 308"]],
  ]);
  const ids = alerts.map(({ text }) => (JSON.parse(text) as { id: string }).id);
  expect(given.filter(({ webhook }) => webhook === "dead").map(({ alert }) => alert)).toEqual(ids);
  expect(given[0]).toMatchObject({
    kind: "undelivered",
    rule: expect.any(String),
    seq: expect.any(Number),
  });
  expect(elsewhere.received).toHaveLength(0);
  expect(slow.received).toHaveLength(1);
  const cursor = (name: string) =>
    JSON.parse(readFileSync(join(folder.path, ".sequitur/webhooks", `${name}.json`), "utf8")).seq;
  expect(cursor("slow")).toBe(0);
  expect(cursor("good")).toBeGreaterThanOrEqual(10);
  expect(readdirSync(join(folder.path, ".sequitur/webhooks"))).toHaveLength(6);

  // A webhook that is new begins with new alerts, and one that was there goes on: behind an orderly end nothing comes again.
  const late = await Receiver.start();
  const text = readFileSync(folder.configPath, "utf8").split("  webhooks:")[0];
  const hooks = [
    `{ name: late, url: "${late.url}", allowHttp: true, allowPrivate: true }`,
    `{ name: good, url: "${good.url}", ${OPEN} }`,
  ];
  writeFileSync(folder.configPath, `${text}  webhooks:\n    - ${hooks.join("\n    - ")}\n`);
  const next = new ServiceProcess(folder);
  await next.running();
  await feeder.send(2);
  await late.got(2);
  await good.got(12);
  await next.stop();
  expect(late.received.map(({ body }) => JSON.parse(body).key.n)).toEqual([10, 11]);
  expect(good.received.map(({ body }) => JSON.parse(body).key.n)).toEqual(
    Array.from({ length: 12 }, (_, n) => n),
  );
});
