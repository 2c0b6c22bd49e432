/**
 * Who the service is to NATS: every way to say it, the least that it must be allowed, and what is told where something
 * is missing. docs/OPERATIONS.md, "NATS: identity and permissions", gives users the lists that are tried here.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { nkeys } from "nats";
import { type Broker, type BrokerStatus, connectBroker } from "../io/nats.ts";
import { ensureBucket } from "../io/nats-kv.ts";
import { streamInfo } from "../io/nats-streams.ts";
import { makeCertificate } from "./certificate.ts";
import { runCli } from "./cli-process.ts";
import { makeOperator } from "./nats-operator.ts";
import { NatsServer } from "./nats-server.ts";
import {
  awaitAlerts,
  endServices,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  ServiceProcess,
  until,
} from "./service-process.ts";

const folder = mkdtempSync(join(tmpdir(), "sequitur-security-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterAll(() => endServices());

const user = nkeys.createUser();
const SEED = new TextDecoder().decode(user.getSeed());

/** The lists of docs/OPERATIONS.md, so that what is tried is what is written. */
function documented(title: string): { publish: readonly string[]; subscribe: readonly string[] } {
  const text = readFileSync("docs/OPERATIONS.md", "utf8");
  const block = new RegExp(`^# ${title}$([^#\`]*)`, "m").exec(text)?.[1] ?? "";
  const list = (name: string) =>
    [...(new RegExp(`${name}: \\[([^\\]]*)\\]`).exec(block)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(
      ([, subject]) => subject as string,
    );
  return { publish: list("publish"), subscribe: list("subscribe") };
}

const engine = documented("the engine");
const alertReader = documented("webhooks, the HTTP interface and tail");
const ENGINE = {
  publish: [...engine.publish, ...alertReader.publish],
  subscribe: engine.subscribe,
};

const bucketReader = documented("rules from the bucket RULES");
/** The engine's list for the stream that it captures into, and the two that make it. */
const CAPTURE = [
  ...ENGINE.publish.map((subject) => subject.replace("EVENTS", "CAPTURE")),
  "$JS.API.STREAM.CREATE.CAPTURE",
  "$JS.API.STREAM.UPDATE.CAPTURE",
];

const permissions = (publish: readonly string[], subscribe: readonly string[]) =>
  `permissions: { publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)} }`;

const without = (...subjects: readonly string[]) =>
  permissions(
    ENGINE.publish.filter((subject) => !subjects.includes(subject)),
    ENGINE.subscribe,
  );

const CONFIG = `
accounts {
  APP {
    jetstream: enabled
    users: [
      { user: admin, password: adm1n }
      { user: engine, password: "p@ss/w:rd", ${permissions(ENGINE.publish, ENGINE.subscribe)} }
      { user: reader, password: r3ader, ${permissions(alertReader.publish, alertReader.subscribe)} }
      { user: blind, password: bl1nd, ${without("$JS.API.STREAM.INFO.EVENTS")} }
      { user: mute, password: mut3, ${without("alerts.>")} }
      { user: bucket, password: buck3t, ${permissions([...ENGINE.publish, ...bucketReader.publish], [...ENGINE.subscribe, ...bucketReader.subscribe])} }
      { user: capturer, password: captur3, ${permissions(CAPTURE, ENGINE.subscribe)} }
      { nkey: ${user.getPublicKey()} }
    ]
  }
  SYS { users: [ { user: sys, password: sys } ] }
}
system_account: SYS
`;

const RULES = `
stream s from "events.s" { time at }
rule r.one "One" { severity high  match by n within 1m { a: s } }
`;

const event = (n: number) =>
  JSON.stringify({ at: `2026-01-01T00:00:${String(n).padStart(2, "0")}Z`, n });

let server: NatsServer;
let admin: Broker;

beforeAll(async () => {
  const path = join(folder, "users.conf");
  writeFileSync(path, CONFIG);
  server = await NatsServer.start(["-c", path]);
  admin = await connectBroker({ url: server.url, name: "admin", user: "admin", password: "adm1n" });
  await makeStream(admin, "EVENTS", ["events.s"]);
});
afterAll(async () => {
  await admin.close();
  await server.stop();
});

function serviceFolder(
  name: string,
  userName: string,
  rules = RULES,
  settings = "",
): ReturnType<typeof makeServiceFolder> {
  const made = makeServiceFolder(join(folder, name), server.url, { "rules.seq": rules }, settings);
  const text = readFileSync(made.configPath, "utf8").replace(
    "nats: {",
    `nats: { user: ${userName}, inboxPrefix: _INBOX_sequitur,`,
  );
  writeFileSync(made.configPath, text);
  return made;
}

test("with the permissions that are written down the service and tail do all they do, and nothing more", async () => {
  expect(ENGINE.publish.length).toBeGreaterThan(10);
  const made = serviceFolder("least", "engine");
  writeFileSync(join(made.path, "password"), "p@ss/w:rd\n");
  const environment = { SEQUITUR_NATS__PASSWORD_FILE: "password" };
  const feeder = new Feeder(admin, "EVENTS", "events.s", [1, 2, 3, 4].map(event));
  let stderr = "";
  for (const round of [1, 2]) {
    const service = new ServiceProcess(made, environment);
    await service.running();
    await feeder.send(2);
    await awaitAlerts(admin, round * 2);
    await service.caughtUp();
    const url = await service.httpUrl();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const page = await fetch(`${url}/api/v1/alerts`);
    expect(((await page.json()) as { alerts: unknown[] }).alerts).toHaveLength(round * 2);
    expect(await (await fetch(`${url}/api/v1/status`)).text()).not.toContain("p@ss");
    expect((await service.stop()).code).toBe(0);
    stderr += service.stderr;
  }
  expect(await readAlerts(admin)).toHaveLength(4);
  expect(stderr).not.toContain("p@ss");
  expect(stderr).not.toContain("permissions");
  const told = await runCli(["tail", "--nats", server.url, "--from", "1"], {
    env: {
      SEQUITUR_NATS__USER: "reader",
      SEQUITUR_NATS__PASSWORD: "r3ader",
      SEQUITUR_NATS__INBOX_PREFIX: "_INBOX_tail",
    },
    closeWhen: (stdout) => stdout.split("\n").length > 4,
    killWhen: (stdout) => stdout.split("\n").length > 4,
  });
  expect(told.stdout.trimEnd().split("\n")).toHaveLength(4);
  expect(server.log).not.toContain("Violation");

  const statuses: BrokerStatus[] = [];
  const broker = await connectBroker({
    url: server.url,
    name: "engine",
    user: "engine",
    password: "p@ss/w:rd",
    inboxPrefix: "_INBOX_sequitur",
    onStatus: (status) => statuses.push(status),
  });
  broker.publish("events.s", new TextEncoder().encode(event(9)));
  expect(await broker.api("STREAM.DELETE.EVENTS")).toEqual({
    kind: "refused",
    code: 403,
    reason: "the user's permissions do not let it publish to $JS.API.STREAM.DELETE.EVENTS",
  });
  while (statuses.length < 3) await sleep(10);
  expect(statuses).toContainEqual({
    kind: "denied",
    text: "the user's permissions do not let it publish to events.s",
  });
  await broker.close();
  expect(await streamInfo(admin, "EVENTS")).toMatchObject({ value: { lastSeq: 4 } });
});

test("what is missing is told by its subject: at the start it ends the service, later it makes it not ready", async () => {
  const blind = new ServiceProcess(serviceFolder("blind", "blind"), {
    SEQUITUR_NATS__PASSWORD: "bl1nd",
  });
  expect((await blind.exit).code).toBe(3);
  expect(blind.stderr).toContain("do not let it publish to $JS.API.STREAM.INFO.EVENTS");
  expect(blind.stderr).not.toContain("bl1nd");

  await admin.api("STREAM.DELETE.ALERTS");
  const mute = new ServiceProcess(serviceFolder("mute", "mute"), {
    SEQUITUR_NATS__PASSWORD: "mut3",
  });
  await mute.running();
  await mute.said("do not let it publish to alerts.high.r.one");
  const ready = await fetch(`${await mute.httpUrl()}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain("alerts.high.r.one");
  await mute.kill("SIGKILL");

  const wrong = new ServiceProcess(serviceFolder("wrong", "engine"), {
    SEQUITUR_NATS__PASSWORD: "wr0ng",
  });
  expect((await wrong.exit).code).toBe(3);
  expect(wrong.stderr).toContain("NATS refused the credentials");
  expect(wrong.stderr).not.toContain("wr0ng");
});

test("a bucket of rules, and a capture, need the rights that are written down and no more", async () => {
  expect(bucketReader.publish.length).toBeGreaterThan(4);
  const { length } = server.log;
  await admin.api("STREAM.DELETE.ALERTS");
  await ensureBucket(admin, "RULES");
  const settings = "rules: { path: rules, kv: { bucket: RULES }, warmStart: false }\n";
  const made = serviceFolder("bucket", "bucket", RULES, settings);
  const asAdmin = { SEQUITUR_NATS__USER: "admin", SEQUITUR_NATS__PASSWORD: "adm1n" };
  const push = () => runCli(["rules", "push", "rules"], { cwd: made.path, env: asAdmin });
  const service = new ServiceProcess(made, { SEQUITUR_NATS__PASSWORD: "buck3t" });
  await service.said("a rule set in the bucket RULES");
  expect(await push()).toMatchObject({ exitCode: 0 });
  await service.running();
  const told = (subject: string) =>
    until(
      async () => (await readAlerts(admin)).map((record) => record.subject),
      (subjects) => subjects.includes(subject),
    );
  await told("alerts.high.r.one");
  writeFileSync(
    join(made.path, "rules", "more.seq"),
    RULES.replace(/^stream.*$/m, "").replace("r.one", "r.two"),
  );
  expect(await push()).toMatchObject({ exitCode: 0 });
  await told("alerts.control.activate");
  expect((await service.stop()).code).toBe(0);

  await admin.api("STREAM.DELETE.ALERTS");
  const captured = serviceFolder("capture", "capturer", RULES.replace("events.s", "core.s"));
  const config = readFileSync(captured.configPath, "utf8");
  writeFileSync(captured.configPath, config.replace("nats: {", "nats: { capture: {},"));
  const capturing = new ServiceProcess(captured, { SEQUITUR_NATS__PASSWORD: "captur3" });
  await capturing.running();
  admin.publish("core.s", new TextEncoder().encode(event(1)));
  await awaitAlerts(admin, 1);
  expect((await capturing.stop()).code).toBe(0);
  expect(server.log.slice(length)).not.toContain("Violation");
});

test("NKEY: the seed signs, another one is refused, and a file without one is told without its contents", async () => {
  const path = join(folder, "engine.nk");
  writeFileSync(path, `# engine\n${SEED}\n`);
  const broker = await connectBroker({ url: server.url, name: "nkey", nkey: path });
  expect((await streamInfo(broker, "EVENTS")).kind).toBe("ok");
  await broker.close();
  writeFileSync(path, new TextDecoder().decode(nkeys.createUser().getSeed()));
  await expect(connectBroker({ url: server.url, name: "nkey", nkey: path })).rejects.toMatchObject({
    code: "auth",
  });
  writeFileSync(path, "s3cret");
  await expect(connectBroker({ url: server.url, name: "nkey", nkey: path })).rejects.toMatchObject({
    code: "options",
    message: `the NKEY file ${path} holds no seed of a user`,
  });
});

test("credentials of an operator's server, and TLS with certificates on both sides", async () => {
  const { config, creds } = makeOperator(folder);
  const operated = await NatsServer.start(["-c", config]);
  const broker = await connectBroker({ url: operated.url, name: "creds", creds });
  await makeStream(broker, "EVENTS", ["events.s"]);
  await broker.close();
  await expect(connectBroker({ url: operated.url, name: "none" })).rejects.toMatchObject({
    code: "auth",
  });
  await operated.stop();

  const authority = makeCertificate("authority", null);
  const stranger = makeCertificate("stranger", null);
  const serverSide = makeCertificate("server", authority);
  const client = makeCertificate("client", authority);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const ca = file("ca.pem", authority.certificate);
  const tls = join(folder, "tls.conf");
  writeFileSync(
    tls,
    `tls { cert_file: "${file("server.pem", serverSide.certificate)}", key_file: "${file("server.key", serverSide.privateKey)}", ca_file: "${ca}", verify: true }
authorization { token: "t0ken" }`,
  );
  const secured = await NatsServer.start(["-c", tls]);
  const cert = file("client.pem", client.certificate);
  const key = file("client.key", client.privateKey);
  const connectWith = (options: NonNullable<Parameters<typeof connectBroker>[0]["tls"]>) =>
    connectBroker({ url: secured.url, name: "tls", token: "t0ken", tls: options });
  const open = await connectWith({ ca, cert, key });
  expect(open.serverVersion).toMatch(/^\d/);
  await open.close();
  const foreign = file("stranger.pem", stranger.certificate);
  await expect(connectWith({ ca: foreign, cert, key })).rejects.toMatchObject({ code: "options" });
  const elsewhere = makeCertificate("server", authority, [127, 0, 0, 9]);
  file("server.pem", elsewhere.certificate);
  file("server.key", elsewhere.privateKey);
  await secured.restart();
  await expect(connectWith({ ca, cert, key })).rejects.toMatchObject({
    code: "options",
    message: expect.stringContaining("127.0.0.9"),
  });
  await secured.stop();
});
