/** `sequitur rules compare` over a real alert stream: a rule, and a changed version of it in the shadow. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
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
  ServiceProcess,
} from "./service-process.ts";

const rule = (name: string, mode: string, count: number): string => `rule ${name} "Failures" {
  severity low
  ${mode}
  match by u within 10m { a: ${count} s where kind == "a"  then b: s where kind == "b" }
}
`;
const STREAM = 'stream s from "events.>" { time at }\n';
/** Kinds of events, each key's at once: `fails.live` wants two failures, `fails.next` three. */
const KEYS = ["aab", "aaab", "aab", "aaab", "ab"];

let server: NatsServer;
let broker: Broker;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-compare-"));
  server = await NatsServer.start();
  broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.>"]);
  const text = `${STREAM}${rule("fails.live", "", 2)}${rule("fails.next", "mode shadow", 3)}`;
  const { path, configPath } = makeServiceFolder(folder, server.url, { "a.seq": text });
  const service = new ServiceProcess({ path, configPath });
  const events = KEYS.flatMap((kinds, u) =>
    [...kinds].map((kind, second) => {
      const at = new Date(Date.UTC(2026, 0, 1, u) + second * 1000).toISOString();
      return JSON.stringify({ at, kind, u });
    }),
  );
  await new Feeder(broker, "EVENTS", "events.x", events).send(events.length);
  await awaitAlerts(broker, 6);
  await service.stop();
});
afterAll(async () => {
  endServices();
  await broker.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const compare = (...flags: readonly string[]) =>
  runCli(["rules", "compare", "fails.live", "fails.next", ...flags], { cwd: folder });

test("alerts of both, of one only, by key, and how many an hour", async () => {
  const { exitCode, stdout, stderr } = await compare();
  expect(stdout.split("\n").slice(2)).toEqual([
    expect.stringMatching(/^ {8}rule +alerts {2}an hour {2}keys {2}version$/),
    expect.stringMatching(/^live {4}fails\.live +4 +1\.33 +4 {2}[0-9a-f]{16}$/),
    expect.stringMatching(/^shadow {2}fails\.next +2 +0\.67 +2 {2}[0-9a-f]{16}$/),
    "",
    "both 2, only live 2, only shadow 0",
    '- 2026-01-01T00:00:02Z  "Failures"  u=0',
    '- 2026-01-01T02:00:02Z  "Failures"  u=2',
    "",
    "keys that differ  both  only live  only shadow",
    "u=0                  0          1            0",
    "u=2                  0          1            0",
    "",
  ]);
  expect(stderr).toContain("1 of the live alerts come before the first one of fails.next");
  expect(exitCode).toBe(0);
});

test("as JSON, from a time on; a rule without alerts is told", async () => {
  const { stdout } = await compare("--json");
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({
    live: { rule: "fails.live", alerts: 4, per_hour: 1.33 },
    shadow: { alerts: 2 },
    only_live: [{ key: { u: 0 } }, { key: { u: 2 } }],
    only_shadow: [],
    keys: [{ key: { u: 0 }, both: 0, only_live: 1, only_shadow: 0 }, {}, { both: 1 }, {}],
  });
  expect(found.both[0]).toMatchObject({ common: 3, later_ms: 0, live: { key: { u: 1 } } });
  const later = await compare("--json", "--from", String(found.to));
  expect(JSON.parse(later.stdout)).toMatchObject({ from: found.to });
  const none = await compare("--from", "2099-01-01");
  expect(none.exitCode).toBe(3);
  expect(none.stderr).toContain("neither a live alert of fails.live");
});

test("a change of one of the rules is where the comparison begins", async () => {
  const verdicts = [{ rule: "fails.next", verdict: "reset" }];
  const record = new TextEncoder().encode(JSON.stringify({ kind: "activate", verdicts }));
  broker.publish("alerts.control.activate", record);
  await awaitAlerts(broker, 7);
  const since = await compare();
  expect(since.exitCode).toBe(3);
  const all = await compare("--from", "1");
  expect(all.exitCode).toBe(0);
  expect(all.stderr).toMatch(/^sequitur: at \d+ one of the rules was switched: --from \d+\n$/);
});
