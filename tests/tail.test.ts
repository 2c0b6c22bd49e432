/** Subscribers of the alert stream: `sequitur tail` from NATS and over HTTP, and plain NATS subscriptions. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { EventParser } from "../cli/tail/server-events.ts";
import type { Broker } from "../io/nats.ts";
import { AlertRoutes } from "../server/alert-feed/alert-routes.ts";
import { followAlerts } from "../server/alert-feed/follow-alerts.ts";
import { type HttpServer, startHttp } from "../server/http.ts";
import { NatsServer } from "./nats-server.ts";
import { connectTo, makeStream } from "./service-process.ts";

let server: NatsServer;
let broker: Broker;
let routes: AlertRoutes;
let http: HttpServer;
const tails: Tail[] = [];

async function listen(port: number): Promise<HttpServer> {
  routes = new AlertRoutes();
  routes.attach({ broker, stream: "ALERTS", root: "alerts", random: new Random(1) });
  return startHttp({
    host: "127.0.0.1",
    port,
    token: "s3cret",
    readiness: () => ({ problems: [], lag: [] }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    routes: routes.routes,
    onError: (error) => {
      throw error;
    },
  });
}

beforeAll(async () => {
  server = await NatsServer.start();
  broker = await connectTo(server.url);
  await makeStream(broker, "ALERTS", ["alerts.>"]);
  http = await listen(0);
});
afterAll(async () => {
  routes.close();
  await http.close();
  await broker.close();
  await server.stop();
});
afterEach(async () => {
  for (const tail of tails.splice(0)) await tail.end("SIGKILL");
});

class Tail {
  readonly #process: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #exit: Promise<unknown[]>;

  constructor(...flags: readonly string[]) {
    this.#process = spawn(process.execPath, ["dist/cli/main.js", "tail", ...flags], {
      env: { ...process.env, SEQUITUR_HTTP__TOKEN: "s3cret", SEQUITUR_NATS__URL: server.url },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout?.on("data", (bytes) => {
      this.stdout += String(bytes);
    });
    this.#process.stderr?.on("data", (bytes) => {
      this.stderr += String(bytes);
    });
    this.#exit = once(this.#process, "close");
    tails.push(this);
  }

  /** The alerts that were written, by their titles. */
  get titles(): readonly string[] {
    const lines = this.stdout.split("\n").slice(0, -1);
    return lines.map((line) => (JSON.parse(line) as { title: string }).title);
  }

  async until(condition: () => boolean): Promise<void> {
    const end = performance.now() + 60_000;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`${this.stdout}\n${this.stderr}`);
      await sleep(10);
    }
  }

  closeOutput(): void {
    this.#process.stdout?.destroy();
  }

  async end(signal: NodeJS.Signals | null): Promise<unknown> {
    if (signal !== null) this.#process.kill(signal);
    return (await this.#exit)[0];
  }
}

let published = 0;

/** Publishes an alert with its number as its title; gives its sequence. */
async function alert(severity: string, rule: string, mode = "live"): Promise<number> {
  const seq = ++published;
  const text = JSON.stringify({
    ...{ id: String(seq).padStart(32, "0"), rule, version: "1", kind: "match", mode },
    ...{ severity, title: String(seq), key: { user: "a\u001bna" }, time: "2026-01-01T00:00:00Z" },
    ...{ suppressed: 0, events: {}, truncated: 0 },
  });
  const subject = `alerts.${mode === "shadow" ? "shadow." : ""}${severity}.${rule}`;
  broker.publish(subject, new TextEncoder().encode(text));
  await stored(seq);
  return seq;
}

async function control(): Promise<void> {
  broker.publish("alerts.control.idle", new TextEncoder().encode('{"kind":"idle"}'));
  await stored(++published);
}

async function stored(seq: number): Promise<void> {
  for (;;) {
    const info = await broker.api("STREAM.INFO.ALERTS");
    const last = info.kind === "ok" ? (info.value as { state: { last_seq: number } }).state : null;
    if ((last?.last_seq ?? 0) >= seq) return;
    await sleep(5);
  }
}

test("tail reads filtered alerts, from the next one or from a sequence, over a restart of the server", async () => {
  await alert("high", "aws.iam.a");
  await control();
  const fresh = new Tail();
  const chosen = new Tail("--from", "1", "--rule", "aws.*", "--severity", "medium", "--shadow");
  const address = `http://127.0.0.1:${http.port}`;
  const overHttp = new Tail("--server", address, "--from", "1", "--shadow");
  await chosen.until(() => chosen.titles.length === 1);
  await overHttp.until(() => overHttp.titles.length === 1);
  // What is new is what comes after the start; there is no sign of it but an alert.
  while (fresh.titles.length === 0) await alert("low", "start");
  const before = published;
  await server.kill("SIGKILL");
  const { port } = http;
  routes.close();
  await http.close();
  await fresh.until(() => fresh.stderr.includes("waiting"));
  await server.restart();
  while (!broker.connected) await sleep(10);
  await alert("medium", "aws.x");
  await alert("low", "aws.y");
  await alert("critical", "gcp");
  const shadow = String(await alert("high", "aws.tried", "shadow"));
  await control();
  http = await listen(port);
  const last = String(await alert("critical", "aws.z"));
  for (const tail of [fresh, chosen, overHttp]) {
    await tail.until(() => tail.titles.at(-1) === last);
  }
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
  const all = numbers(before + 1, before + 3);
  expect(chosen.titles).toEqual(["1", String(before + 1), shadow, last]);
  expect(fresh.titles).toEqual([...numbers(Number(fresh.titles[0]), before), ...all, last]);
  expect(overHttp.titles).toEqual(["1", ...numbers(3, before), ...all, shadow, last]);
  expect(await chosen.end("SIGINT")).toBe(130);
  expect(chosen.stderr).toContain(`tail: go on with --from ${Number(last) + 1}\n`);
  expect(await overHttp.end("SIGTERM")).toBe(143);
  fresh.closeOutput();
  while ((await Promise.race([fresh.end(null), sleep(50)])) === undefined) {
    await alert("info", "closing");
  }
  expect(await fresh.end(null)).toBe(0);
});

test("for people: lines without control characters; what cannot be asked is told in one line", async () => {
  const seq = await alert("high", "r");
  const human = new Tail("--from", String(seq), "--output", "human");
  await human.until(() => human.stdout.includes("user="));
  expect(human.stdout).toContain("HIGH");
  expect(human.stdout).toContain("a␛na");
  expect(await human.end("SIGINT")).toBe(130);
  const wrong = new Tail("--server", `http://127.0.0.1:${http.port}`, "--nats", "nats://x");
  expect(await wrong.end(null)).toBe(3);
  const denied = spawn(
    process.execPath,
    ["dist/cli/main.js", "tail", "--server", `http://127.0.0.1:${http.port}`],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  denied.stderr.on("data", (bytes) => {
    said += String(bytes);
  });
  expect((await once(denied, "close"))[0]).toBe(3);
  expect(said).toBe(`sequitur: http://127.0.0.1:${http.port} refuses (401 Unauthorized)\n`);
});

function get(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { authorization: "Bearer s3cret" };
  return fetch(`http://127.0.0.1:${http.port}/api/v1/${path}`, { headers, ...options });
}

test("a page of alerts, and what is wrong with a question", async () => {
  const page = await (await get("alerts?severity=high&limit=1")).json();
  expect(page).toMatchObject({ alerts: [{ seq: 1, alert: { title: "1" } }], next: 2 });
  const rest = (await (await get("alerts?from=2&rule=gcp")).json()) as { alerts: unknown[] };
  expect(rest.alerts).toHaveLength(1);
  expect(rest).toMatchObject({ next: published + 1 });
  const first = await alert("high", "quiet", "shadow");
  await alert("high", "quiet");
  const titles = async (more: string) => {
    const found = await (await get(`alerts?from=${first}&rule=quiet${more}`)).json();
    return (found as { alerts: { alert: { title: string } }[] }).alerts.map(
      (one) => one.alert.title,
    );
  };
  expect(await titles("")).toEqual([String(first + 1)]);
  expect(await titles("&shadow=true")).toEqual([String(first), String(first + 1)]);
  expect((await get("alerts?shadow=maybe")).status).toBe(400);
  expect((await get("alerts?severity=bad")).status).toBe(400);
  expect((await get("stream?from=x")).status).toBe(400);
  expect((await get("stream?rules=x")).status).toBe(400);
});

test("a slow reader of events holds up itself alone", async () => {
  const stop = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${http.port}/api/v1/stream?from=1`, {
    headers: { authorization: "Bearer s3cret" },
    signal: stop.signal,
  });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const reader = answer.body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  expect(first).toMatch(/^retry: 1000\nid: 0\n\n/);
  await alert("high", "r");
  const tail = new Tail("--from", String(published));
  await tail.until(() => tail.titles.length === 1);
  stop.abort();
});

test("so many may read at a time and no more, however they end", async () => {
  for (let n = 0; n < 70; n++) {
    const head = await get("stream", { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  }
  const stop = new AbortController();
  const streams = () =>
    Promise.all(Array.from({ length: 70 }, () => get("stream", { signal: stop.signal })));
  const count = (answers: readonly Response[], status: number) =>
    answers.filter((answer) => answer.status === status).length;
  const answers = await streams();
  expect([count(answers, 200), count(answers, 503)]).toEqual([64, 6]);
  stop.abort();
  const again = new AbortController();
  while ((await get("stream", { signal: again.signal })).status !== 200) await sleep(10);
  again.abort();
  const handle = routes.routes.find(({ path }) => path === "/api/v1/alerts")?.handle;
  const page = async () => handle?.(new Request("http://x/api/v1/alerts?from=1"), {});
  // All of them ask before the first has its answer.
  const pages = await Promise.all(Array.from({ length: 20 }, page));
  expect(pages.map((one) => one?.status)).toEqual([...Array(16).fill(200), ...Array(4).fill(503)]);
  expect((await page())?.status).toBe(200);
});

test("a stream that was made anew is followed from its beginning", async () => {
  const encoder = new TextEncoder();
  const put = (...titles: readonly string[]) => {
    for (const title of titles) {
      const text = JSON.stringify({ id: title, rule: "r", severity: "high", title });
      broker.publish("other.high.r", encoder.encode(text));
    }
  };
  await makeStream(broker, "OTHER", ["other.>"]);
  const stop = new AbortController();
  const options = { broker, stream: "OTHER", root: "other", afterSeq: 0, random: new Random(1) };
  const filter = { rule: "*", severity: "info" } as const;
  put("a", "b", "c");
  const titles: string[] = [];
  for await (const item of followAlerts({ ...options, filter, signal: stop.signal })) {
    if (item.kind !== "alert") continue;
    titles.push(item.alert.title);
    if (titles.length === 3) {
      await broker.api("STREAM.DELETE.OTHER");
      await makeStream(broker, "OTHER", ["other.>"]);
      put("d", "e");
    }
    if (titles.length === 5) stop.abort();
  }
  expect(titles).toEqual(["a", "b", "c", "d", "e"]);
});

test("events are cut right wherever the pieces end, and a broken one comes again", () => {
  const text = "id: 1\nevent: alert\ndata: a\ndata: b\n\n: beat\n\nid: 2\n\nid: 3\ndata:c\n\n";
  const expected = [
    { event: "alert", id: "1", data: "a\nb" },
    { event: "message", id: "3", data: "c" },
  ];
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) {
      found.push(...parser.feed(text.slice(at, at + size)));
    }
    expect(found).toEqual(expected);
    expect(parser.lastId).toBe("3");
  }
  const parser = new EventParser();
  expect([...parser.feed("id: 1\ndata: a\n\nid: 2\ndata: hal")]).toHaveLength(1);
  parser.interrupt();
  expect(parser.lastId).toBe("1");
  expect([...parser.feed("id: 2\ndata: half\n\n")]).toEqual([
    { event: "message", id: "2", data: "half" },
  ]);
});

test("a plain NATS subscription chooses by severity and rule", async () => {
  const heard = new Map<string, string[]>();
  const patterns = ["alerts.>", "alerts.high.>", "alerts.*.aws.iam.*", "alerts.critical.gcp"];
  const ends = patterns.map((pattern) => {
    heard.set(pattern, []);
    return broker.subscribe(pattern, ({ subject }) => heard.get(pattern)?.push(subject));
  });
  for (const [severity, rule] of [
    ["high", "aws.iam.a"],
    ["low", "aws.iam.b"],
    ["critical", "gcp"],
    ["critical", "aws.s3"],
  ] as const) {
    await alert(severity, rule);
  }
  while (heard.get("alerts.>")?.length !== 4) await sleep(5);
  for (const end of ends) end();
  expect(patterns.slice(1).map((pattern) => heard.get(pattern))).toEqual([
    ["alerts.high.aws.iam.a"],
    ["alerts.high.aws.iam.a", "alerts.low.aws.iam.b"],
    ["alerts.critical.gcp"],
  ]);
});
