/** The service as an operator runs it: a configuration, a real nats-server, rules, signals. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import type { BrokerMessage } from "../io/nats.ts";
import { streamInfo } from "../io/nats-streams.ts";
import { NatsServer } from "./nats-server.ts";
import {
  awaitAlerts,
  connectTo,
  Feeder,
  makeStream,
  readAlerts,
  readEvents,
  readRules,
  type ServiceFolder,
  ServiceProcess,
  until,
} from "./service-process.ts";
import { openServiceStage } from "./service-stage.ts";

const { server, broker, folderOf } = await openServiceStage();

function feed(stream: string, subject: string, messages: readonly string[]): Promise<void> {
  return new Feeder(broker, stream, subject, messages).send(messages.length);
}

const text = (message: BrokerMessage) => new TextDecoder().decode(message.data);

interface AlertJson {
  readonly rule: string;
  readonly time: string;
  readonly key: unknown;
  readonly data: unknown;
  readonly events: Readonly<
    Record<string, readonly { readonly seq: number; readonly index?: number }[]>
  >;
}

interface Expectation {
  readonly at: string;
  readonly key: unknown;
  readonly steps: Readonly<Record<string, readonly number[]>>;
}

/** Events by messages: one, an array, lines, in turn; and the line number of an event by its position. */
function pack(lines: readonly string[]): {
  messages: string[];
  lineOf: (seq: number, index: number) => number;
} {
  const messages: string[] = [];
  const starts: number[] = [];
  for (let at = 0; at < lines.length; ) {
    const kind = messages.length % 3;
    const some = lines.slice(at, at + (kind === 0 ? 1 : 7));
    messages.push(kind === 1 ? `[${some.join(",")}]` : some.join("\n"));
    starts.push(at);
    at += some.length;
  }
  return { messages, lineOf: (seq, index) => (starts[seq - 1] ?? Number.NaN) + index };
}

test("events in messages of one and of many, alerts by a plain subscription and in the stream", async () => {
  const lines = readEvents("aws-iam");
  const sentinel = {
    ...JSON.parse(lines.at(-1) ?? ""),
    eventID: "end",
    eventName: "End",
    eventTime: "2023-07-10T14:00:00Z",
  };
  const { messages, lineOf } = pack([...lines, JSON.stringify(sentinel)]);
  await makeStream(broker, "EVENTS", ["events.aws.>"]);
  const heard: BrokerMessage[] = [];
  const high: BrokerMessage[] = [];
  broker.subscribe("alerts.>", (message) => heard.push(message));
  broker.subscribe("alerts.high.aws.>", (message) => high.push(message));
  const service = new ServiceProcess(folderOf(readRules("aws-iam")));
  await service.running();
  await feed("EVENTS", "events.aws.cloudtrail.eu", messages);
  const expected = JSON.parse(readFileSync("samples/aws-iam/expected.json", "utf8")) as {
    readonly alerts: Readonly<Record<string, readonly Expectation[]>>;
  };
  const wanted = Object.entries(expected.alerts).flatMap(([rule, alerts]) =>
    alerts.map(({ at, key, steps }) => ({ rule, at, key, steps })),
  );
  await awaitAlerts(broker, wanted.length);
  expect(await service.stop()).toEqual({ code: 0, signal: null });

  const records = await readAlerts(broker);
  const found = records.map((record) => {
    const { rule, time, key, events } = JSON.parse(record.text) as AlertJson;
    const steps = Object.entries(events).map(([label, taken]) => [
      label,
      taken.map(({ seq, index = 0 }) => lineOf(seq, index)),
    ]);
    return { rule, at: time, key, steps: Object.fromEntries(steps) };
  });
  const sorted = (list: readonly unknown[]) => list.map((one) => JSON.stringify(one)).sort();
  expect(sorted(found)).toEqual(sorted(wanted));
  expect(records.some(({ text }) => text.includes('"index":3,'))).toBe(true);
  expect(heard.map(text)).toEqual(records.map((record) => record.text));
  expect(high.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(["alerts.high.aws.iam.admin_user"]),
  );
  expect(records[0]?.headers).toMatch(
    /^\[\["Sequitur-Out","1"\],\["Sequitur-Rules","[0-9a-f]{16}"\],\["Sequitur-Id","[0-9a-f]{32}"\],\["Sequitur-Version","[0-9a-f]{16}"\]\]$/,
  );
});

const PAIR = `
stream logins from "events.auth.login" { time at }
stream files from "events.*.file" { time at }
rule r.pair "A login, then a file" {
  severity high
  match by user within 1h { a: logins then b: files }
  alert "{user} read {b.name}"
}
rule r.file "A secret file" {
  severity low
  match by user within 1m { b: files where name == "secret" }
  alert "{user}" to "alerts.secrets.{user}"
}
`.replace(' to "alerts.secrets.{user}"', ' to "alerts.special"');

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
const login = (minute: number, user: string) => JSON.stringify({ at: at(minute), user });
const file = (minute: number, user: string, name: string) =>
  JSON.stringify({ at: at(minute), user, name });

test("a stream that holds several streams of the rules is read once and routed; bad input is put aside", async () => {
  await makeStream(broker, "EVENTS", ["events.>"]);
  const service = new ServiceProcess(folderOf(PAIR));
  await service.running();
  const send = (subject: string, payload: string) =>
    broker.publish(subject, new TextEncoder().encode(payload));
  send("events.auth.login", login(1, "ana"));
  send("events.a.file", file(2, "ana", "plan"));
  send("events.auth.login", login(3, "bob"));
  send("events.none.of.ours", "not json");
  send("events.b.file", "not json");
  send("events.auth.login", login(1, "eve"));
  send("events.auth.login", login(4, "bob"));
  send("events.c.file", `${file(5, "bob", "secret")}\n{"broken\n${file(6, "bob", "x")}`);
  send("events.auth.login", login(9, "zoe"));
  send("events.d.file", file(9, "zoe", "y"));
  send("events.auth.login", login(10, "zoe"));
  await awaitAlerts(broker, 7);
  const url = await service.httpUrl();
  const metrics = await (await fetch(`${url}/metrics`)).text();
  await service.stop();

  const records = await readAlerts(broker);
  const shown = records.map(({ subject, text }) => {
    const { rule = "", key = {}, reason = "", index } = JSON.parse(text);
    return [subject, rule, key.user ?? reason, index]
      .filter((part) => part !== "" && part !== undefined)
      .join(" ");
  });
  expect(shown.sort()).toEqual([
    "alerts.dead.files unreadable",
    "alerts.dead.files unreadable 1",
    "alerts.high.r.pair r.pair ana",
    "alerts.high.r.pair r.pair bob",
    "alerts.high.r.pair r.pair zoe",
    "alerts.late.logins late",
    "alerts.special r.file bob",
  ]);
  expect(metrics).toContain('sequitur_rejected_total{stream="files",reason="unreadable"} 2');
  expect(metrics).toContain('sequitur_alerts_total{rule="r.pair",severity="high"} 3');
  expect(metrics).toContain('sequitur_late_events_total{stream="logins",scope="stream"} 1');
  expect(metrics).toContain('sequitur_messages_total{stream="EVENTS"} 11');
  expect(metrics).not.toMatch(/ana|bob|zoe/);
});

const ABSENCE = `
stream ticks from "events.tick" { idle 300ms }
rule r.absent "No answer" {
  severity high
  match by k within 500ms { a: ticks where kind == "ask" then no ticks where kind == "answer" }
}
`;

test("silence decides absence: idle, tick and wake are recorded, and survive crashes around them", async () => {
  await makeStream(broker, "EVENTS", ["events.tick"]);
  const folder = folderOf(ABSENCE);
  const asked: string[] = [];
  const ask = async (): Promise<void> => {
    asked.push(`k${asked.length}`);
    await feedOn("EVENTS", "events.tick", JSON.stringify({ k: asked.at(-1), kind: "ask" }));
  };
  for (const crash of [
    "before-decision:1",
    "before-decision:2",
    "before-decision:3",
    "after-decision:1",
    "after-decision:2",
    "after-decision:3",
  ]) {
    const service = new ServiceProcess(folder, { SEQUITUR_CRASH: crash });
    await service.running();
    while (!service.ended) {
      await ask();
      // Behind its alert all was decided that the silence calls for.
      await until(
        async () => service.ended || (await highAlerts()) >= asked.length,
        (done) => done,
      );
    }
    expect((await service.exit).signal).toBe("SIGKILL");
  }
  const service = new ServiceProcess(folder);
  await service.running();
  await ask();
  await until(highAlerts, (count) => count === asked.length);
  await service.stop();
  const records = await readAlerts(broker);
  const keys = records
    .filter(({ subject }) => subject === "alerts.high.r.absent")
    .map(({ text }) => (JSON.parse(text) as { key: { k: string } }).key.k);
  expect(keys).toEqual(asked);
  const kinds = records
    .filter(({ subject }) => subject.startsWith("alerts.control."))
    .map(({ subject }) => subject.slice(15));
  expect(new Set(kinds)).toEqual(new Set(["idle", "tick", "wake"]));
  // A decision comes before the alert that depends on it.
  const ends = records.slice(-2).map(({ subject }) => subject);
  expect(ends).toEqual(["alerts.control.tick", "alerts.high.r.absent"]);
  const idle = records.find(({ subject }) => subject === "alerts.control.idle");
  expect(JSON.parse(idle?.text ?? "{}")).toEqual({
    kind: "idle",
    feed: "EVENTS",
    stream: "ticks",
    positions: { EVENTS: expect.any(Number) },
  });
});

async function feedOn(stream: string, subject: string, payload: string): Promise<void> {
  const info = (await broker.api(`STREAM.INFO.${stream}`)) as {
    value: { state: { last_seq: number } };
  };
  const before = info.value.state.last_seq;
  broker.publish(subject, new TextEncoder().encode(payload));
  for (;;) {
    const now = (await broker.api(`STREAM.INFO.${stream}`)) as typeof info;
    if (now.value.state.last_seq > before) return;
    await sleep(10);
  }
}

async function highAlerts(): Promise<number> {
  const info = await streamInfo(broker, "ALERTS");
  if (info.kind !== "ok") return 0;
  const records = await readAlerts(broker);
  return records.filter(({ subject }) => subject.startsWith("alerts.high.")).length;
}

const ONE = `
stream s from "events.s" { time at }
rule r.one "One" { severity high  match by user within 1m { a: s } }
`;

test("it waits for NATS and for the stream, says so, and goes on when they are there", async () => {
  const late = await NatsServer.start();
  await late.kill();
  const service = new ServiceProcess(folderOf(ONE, "", late.url));
  await service.said("no NATS server at");
  const url = await service.httpUrl();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ problems: [{ name: "nats" }] });
  await late.restart();
  await service.said("a JetStream stream for the subject events.s");
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
    problems: [{ name: "starting" }],
  });
  const other = await connectTo(late.url);
  await makeStream(other, "EVENTS", ["events.s"]);
  await service.running();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await new Feeder(other, "EVENTS", "events.s", [login(1, "a"), login(2, "b")]).send(2);
  await awaitAlerts(other, 2);
  await late.kill();
  await service.said("the connection to NATS is lost");
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  await other.close();
  await late.stop();
});

test("subjects of core NATS are captured where the configuration asks for it", async () => {
  await makeStream(broker, "OTHER", ["events.auth.login"]);
  const folder = folderOf(PAIR);
  const text = readFileSync(folder.configPath, "utf8");
  const withCapture = text.replace(
    /^nats: \{ (.*) \}/m,
    "nats: { $1, capture: { maxAgeHours: 1 } }",
  );
  writeFileSync(folder.configPath, withCapture);
  expect(withCapture).not.toBe(text);
  const service = new ServiceProcess(folder);
  await service.running();
  expect(service.stderr).toContain("no stream held events.*.file: CAPTURE captures from now on");
  broker.publish("events.auth.login", new TextEncoder().encode(login(1, "ana")));
  broker.publish("events.a.file", new TextEncoder().encode(file(2, "ana", "plan")));
  broker.publish("events.auth.login", new TextEncoder().encode(login(3, "zoe")));
  broker.publish("events.a.file", new TextEncoder().encode(file(3, "zoe", "x")));
  await awaitAlerts(broker, 1);
  await service.stop();
  expect((await readAlerts(broker)).map(({ subject }) => subject)).toContain("alerts.high.r.pair");
  // What another stream holds meanwhile is not captured twice.
  const again = new ServiceProcess(folder);
  await again.running();
  await again.stop();
  expect(again.stderr).not.toContain("captures from now on");
});

test("what cannot be started says why, and its exit code tells the kind", async () => {
  const outcome = async (folder: ServiceFolder, flags: readonly string[] = []) => {
    const service = new ServiceProcess(folder, {}, flags);
    const { code } = await service.exit;
    return `${code} ${service.stderr}`;
  };
  expect(await outcome(folderOf(ONE, "stat: {}\n"))).toMatch(
    /^3 sequitur: .*sequitur\.yaml:3:1: there is no setting "stat"; did you mean "state"\?/,
  );
  expect(await outcome(folderOf(ONE.replace("match by", "macht by")))).toMatch(
    /2 [\s\S]*the rules in .* have[\s\S]*error\[E/,
  );
  expect(await outcome(folderOf(PAIR.replace("alerts.special", "elsewhere")))).toMatch(
    /2 [\s\S]*"elsewhere", which is outside/,
  );
  expect(await outcome(folderOf(ONE, "rules: { path: ./none }\n"))).toMatch(
    /3 [\s\S]*cannot be read \(ENOENT\)/,
  );
  const taken = new URL(server.url).port;
  writeFileSync(
    join(server.folder, "port.yaml"),
    `http: { port: ${taken} }\nrules: { path: ./service-0/rules }\n`,
  );
  const occupied = { path: server.folder, configPath: join(server.folder, "port.yaml") };
  expect(await outcome(occupied)).toMatch(
    /3 [\s\S]*HTTP cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/,
  );
});

test("one state folder has one service, and a second signal ends at once", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const folder = folderOf(ONE);
  const first = new ServiceProcess(folder);
  await first.running();
  const second = new ServiceProcess(folder);
  expect((await second.exit).code).toBe(3);
  expect(second.stderr).toMatch(/is in use by process \d+/);
  // A server that does not answer holds the orderly end up.
  await server.kill("SIGSTOP");
  const slow = first.kill("SIGTERM");
  await first.said("draining");
  await first.kill("SIGTERM");
  await server.kill("SIGCONT");
  expect(await slow).toEqual({ code: 143, signal: null });
});

test("a stream that is not what was read is refused, until an operator accepts the loss", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const folder = folderOf(ONE);
  const run = async (flags: readonly string[], alerts: number) => {
    const service = new ServiceProcess(folder, {}, flags);
    if (await service.running()) {
      await awaitAlerts(broker, alerts);
      await service.caughtUp();
      await service.stop();
    }
    return { ...(await service.exit), stderr: service.stderr };
  };
  await feed("EVENTS", "events.s", [login(1, "a"), login(2, "b")]);
  expect((await run([], 2)).code).toBe(0);
  await broker.api("STREAM.DELETE.EVENTS");
  await makeStream(broker, "EVENTS", ["events.s"]);
  await feed("EVENTS", "events.s", [login(3, "c"), login(4, "d"), login(5, "e")]);
  const refused = await run([], 0);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(
    /the stream EVENTS is another one: it was made at .*\n.*nothing was done\n--accept-data-loss/,
  );
  expect((await run(["--accept-data-loss"], 6)).code).toBe(0);
  const records = await readAlerts(broker);
  expect(records.map(({ subject }) => subject)).toEqual([
    ...Array.from({ length: 2 }, () => "alerts.high.r.one"),
    "alerts.control.gap",
    ...Array.from({ length: 3 }, () => "alerts.high.r.one"),
  ]);
});

test("an alert stream that was made anew gets what the outbox still has; a lost state folder is built anew", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const folder = folderOf(ONE);
  await feed("EVENTS", "events.s", [login(1, "a"), login(2, "b"), login(3, "c")]);
  const first = new ServiceProcess(folder);
  await first.running();
  await awaitAlerts(broker, 3);
  await first.stop();
  const before = await readAlerts(broker);
  await broker.api("STREAM.DELETE.ALERTS");

  const second = new ServiceProcess(folder);
  await second.running();
  await awaitAlerts(broker, 3);
  await second.stop();
  expect(await readAlerts(broker)).toEqual(before);

  rmSync(join(folder.path, ".sequitur"), { recursive: true });
  const third = new ServiceProcess(folder);
  await third.said("it holds records up to number 3, but the state folder is new");
  await third.said("the state was built anew");
  await third.running();
  await third.stop();
  expect(await readAlerts(broker)).toEqual(before);

  rmSync(join(folder.path, ".sequitur"), { recursive: true });
  writeFileSync(join(folder.path, "rules", "rules.seq"), ONE.replace("One", "Another"));
  const fourth = new ServiceProcess(folder);
  expect((await fourth.exit).code).toBe(3);
  expect(fourth.stderr).toMatch(
    /cannot be built anew up to the alert stream: record 3 was decided by other rules/,
  );
  expect(await readAlerts(broker)).toEqual(before);
});
