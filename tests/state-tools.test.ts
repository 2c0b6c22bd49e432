/** `sequitur state` and `sequitur doctor` on a real state folder, beside a running service and after it. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { importState } from "../cli/state/state-archive.ts";
import type { Broker } from "../io/nats.ts";
import { runCli } from "./cli-process.ts";
import { NatsServer } from "./nats-server.ts";
import {
  awaitAlerts,
  connectTo,
  endServices,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  type ServiceFolder,
  ServiceProcess,
} from "./service-process.ts";

let server: NatsServer;
let broker: Broker;
let folder: ServiceFolder;
let state: string;
let feeder: Feeder;

const RULES = `
stream logins from "events.login" { time at }
rule r.pair "Twice" {
  severity high
  match by user, host within 1h { a: logins where step == 1 then b: logins where step == 2 }
}
rule r.other "Other" {
  severity low
  match by user within 1h { a: logins where step == 1 then b: logins where step == 3 }
}
`;

const event = (n: number, user: string, step: number) =>
  JSON.stringify({ at: `2026-01-01T00:00:${String(n).padStart(2, "0")}Z`, user, host: "h", step });

const EVENTS = [event(1, "ana", 1), event(2, "bob", 1), event(3, "ana", 2), event(4, "bob", 2)];

beforeAll(async () => {
  server = await NatsServer.start();
  broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.login"]);
  folder = makeServiceFolder(join(server.folder, "tools"), server.url, { "rules.seq": RULES });
  state = join(folder.path, ".sequitur");
  feeder = new Feeder(broker, "EVENTS", "events.login", EVENTS);
});
afterAll(async () => {
  endServices();
  await broker.close();
  await server.stop();
});

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder.path });

const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("a state is listed, checked and moved, beside the service and after it; nothing is lost by moving it", async () => {
  const service = new ServiceProcess(folder);
  await service.running();
  await feeder.send(2);
  await service.caughtUp();
  const listed = await cli("state", "ls", "--json");
  expect(listed.stderr).toBe("");
  expect(lines(listed.stdout)).toMatchObject([
    { rule: "r.other", keys: 2, draining: false },
    { rule: "r.pair", keys: 2 },
  ]);
  const shown = await cli("state", "show", "r.p*", "--key", "ana", "--json");
  const time = (text: string): string => `2026-01-01T${text}Z`;
  const given = { stream: "logins", feed: "EVENTS", seq: 1 };
  expect(lines(shown.stdout)).toMatchObject([
    {
      rule: "r.pair",
      key: ["ana", "h"],
      runs: [
        {
          reached: "a",
          awaits: "b",
          since: time("00:00:01"),
          until: time("01:00:01"),
          events: [{ step: "a", time: time("00:00:01"), ...given }],
        },
      ],
    },
  ]);
  expect((await cli("state", "show", "r.pair", "--key", "bob")).stdout.split("\n")).toEqual([
    expect.stringMatching(/^r\.pair {2}bob, h {2}\d+ bytes$/),
    `  reached a, awaits b until ${time("01:00:02")}; since ${time("00:00:02")}`,
    `    a  ${time("00:00:02")}  logins  EVENTS 2`,
    "",
  ]);
  expect((await cli("state", "check")).stdout).toMatch(/^sound: \d+ entries/);
  expect((await service.stop()).code).toBe(0);

  mkdirSync(join(state, "webhooks"));
  writeFileSync(join(state, "webhooks", "a.json"), "{}");
  const archive = join(folder.path, "state.ndjson.gz");
  expect((await cli("state", "export", archive)).exitCode).toBe(0);
  const nowhere = join(folder.path, "no", "such", "folder");
  expect(await cli("state", "export", nowhere)).toMatchObject({
    exitCode: 3,
    stderr: expect.stringMatching(/cannot be written \(ENOENT\)/),
  });
  const moved = join(folder.path, "moved");
  const text = gunzipSync(readFileSync(archive)).toString();
  const plain = join(folder.path, "state.ndjson");
  const cut = text.trimEnd().split("\n");
  for (const [damage, reason] of [
    [text.replace(/"value":"A/, '"value":"B'), /its checksum is another one/],
    [`${cut.slice(0, -1).join("\n")}\n`, /ends too early/],
    [`${text}${cut[1]}\n`, /goes on behind its end/],
    [text.replace("webhooks/a", "../a"), /none of format 1/],
    ["{}\n", /no state of format 1/],
  ] as const) {
    writeFileSync(plain, damage);
    await expect(importState(plain, moved)).rejects.toThrow(reason);
    expect(existsSync(moved)).toBe(false);
  }
  const short = join(folder.path, "short.gz");
  writeFileSync(short, readFileSync(archive).subarray(0, 60));
  await expect(importState(short, moved)).rejects.toThrow(/cannot be read/);
  await expect(importState(archive, folder.path)).rejects.toThrow(/is not empty/);
  expect(await cli("state", "import", archive, "--state", moved)).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^\d+ entries put into /),
  });
  expect(readFileSync(join(moved, "webhooks", "a.json"), "utf8")).toBe("{}");

  rmSync(state, { recursive: true });
  const next = new ServiceProcess(folder, {}, ["--set", `state.path=${moved}`]);
  await next.running();
  await feeder.send(2);
  await awaitAlerts(broker, 2);
  expect((await next.stop()).code).toBe(0);
  expect((await readAlerts(broker)).map(({ subject }) => subject)).toEqual([
    "alerts.high.r.pair",
    "alerts.high.r.pair",
  ]);

  const file = join(moved, "data.mdb");
  const bytes = readFileSync(file);
  const at = bytes.lastIndexOf("ana");
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(file, bytes);
  const damaged = await cli("state", "check", "--state", moved, "--json");
  expect(damaged.exitCode).toBe(1);
  expect(lines(damaged.stdout)).toMatchObject([{ kind: "damaged", reason: expect.any(String) }]);
});

test("doctor says what is red, and is red with 1", async () => {
  const doctor = async () => {
    const { exitCode, stdout } = await cli("doctor", "--json");
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { level: string; name: string; detail: string }[];
    };
    expect(ok).toBe(exitCode === 0);
    const red = findings.filter(({ level }) => level === "red");
    return { exitCode, findings, red: red.map(({ name, detail }) => `${name}: ${detail}`) };
  };
  const good = await doctor();
  expect(good.red).toEqual([]);
  const named = (name: string) => good.findings.find((one) => one.name === name)?.level;
  expect(["node", "configuration", "rules", "state", "disk", "nats"].map(named)).toEqual(
    Array.from({ length: 6 }, () => "ok"),
  );

  const { configPath } = folder;
  const settings = readFileSync(configPath, "utf8");
  writeFileSync(configPath, `${settings}\nrules: { kv: { bucket: SETS } }\n`);
  expect((await doctor()).red).toEqual([expect.stringMatching(/^rules: the bucket SETS: /)]);
  expect((await cli("rules", "push", "rules")).exitCode).toBe(0);
  const pushed = (await doctor()).findings;
  expect(pushed.filter(({ name }) => name === "rules").map(({ detail }) => detail)).toEqual([
    "2 in set 1 of the bucket SETS",
  ]);
  expect(pushed.map(({ name }) => name)).toContain("stream EVENTS");
  writeFileSync(configPath, settings);

  await broker.api("STREAM.DELETE.EVENTS");
  await broker.api("STREAM.CREATE.JOBS", {
    name: "JOBS",
    subjects: ["events.login"],
    retention: "workqueue",
    storage: "file",
  });
  expect((await doctor()).red).toEqual([expect.stringMatching(/^stream JOBS: retention is workq/)]);
  writeFileSync(join(folder.path, "rules", "bad.seq"), "rule {");
  await server.kill();
  const away = await doctor();
  expect(away.red).toEqual([
    expect.stringMatching(/^rules: /),
    expect.stringMatching(/^nats: nobody answers at nats:/),
  ]);
  expect(away.exitCode).toBe(1);
  writeFileSync(configPath, "natss: {}\n");
  expect((await doctor()).red).toEqual([expect.stringMatching(/^configuration: .*no setting/)]);
});
