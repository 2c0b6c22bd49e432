/**
 * What nobody should send, and more of it than anybody should: hostile events, floods of keys and of partial matches,
 * an alert stream that takes nothing, a message that ends the process, memory that runs out.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import {
  type AlertRecord,
  awaitAlerts,
  Feeder,
  makeStream,
  readAlerts,
  ServiceProcess,
} from "./service-process.ts";
import { openServiceStage } from "./service-stage.ts";

const { broker, folderOf } = await openServiceStage();

const second = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString();

const RULES = `
stream s from "events.s" { time at }
rule r.one "One" { severity high  match by user within 1m { a: s where exists(user) }  alert "{user} {a.note}" }
rule r.keys "Keys" {
  severity low
  limit 200 open
  match by user within 1h { a: s where kind == "keys" then b: s where kind == "never" }
}
rule r.matches "Matches" {
  severity low
  limit 50 open per key
  match by kind within 1h { a: s where kind == "many" then b: s where kind == "never" }
}
`;

/** By the word that its dead record, or its alert, is known by. */
function hostile(): readonly (readonly [string, string])[] {
  const at = second(10);
  const event = (more: string) => `{"at":"${at}",${more}}`;
  const fields = Array.from({ length: 600 }, (_, i) => `"f${i}":1`).join(",");
  return [
    ["too large", event(`"user":"big","note":"${"x".repeat(70_000)}"`)],
    ["too deep", event(`"user":"deep","note":${"[".repeat(40)}1${"]".repeat(40)}`)],
    ["too many fields", event(`"user":"wide",${fields}`)],
    ["unreadable", `{"at":"${at}",`],
    ["unreadable", "\\u0000\\u0001"],
    ["not an object", "17"],
    ["not an object", `["a"]`],
    ["no time", `{"user":"timeless"}`],
    ["bad time", `{"at":"yesterday","user":"odd"}`],
    [
      "proto x",
      event(`"__proto__":{"user":"polluted","note":"y"},"constructor":1,"user":"proto","note":"x"`),
    ],
    ["last x", event(`"user":"first","user":"last","note":"x"`)],
    ["9007199254740993 x", event(`"user":9007199254740993,"note":"x"`)],
    ["123456789012345678901234567890 x", event(`"user":123456789012345678901234567890,"note":"x"`)],
    ["\\ud800 x", event(`"user":"\\ud800","note":"x"`)],
    ["nul\\u0000 x", event(`"user":"nul\\u0000","note":"x"`)],
    ["huge null", event(`"user":"huge","note":1e999`)],
    ["late", `{"at":"${second(0)}","user":"late"}`],
  ];
}

function shown(record: AlertRecord): string {
  const { reason, title } = JSON.parse(record.text) as { reason?: string; title?: string };
  if (record.subject.startsWith("alerts.late.")) return "late";
  return reason ?? title ?? record.subject;
}

test("hostile events, each told by its name, and what comes behind them", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const cases = hostile();
  const flood = (kind: string, count: number) =>
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({ at: second(20), kind, ...(kind === "keys" ? { user: `k${i}` } : {}) }),
    );
  const messages = [
    JSON.stringify({ at: second(9), user: "before", note: "x" }),
    ...cases.map(([, text]) => text),
    `[${flood("keys", 3000).join(",")}]`,
    flood("many", 3000).join("\n"),
    JSON.stringify({ at: second(30), user: "after", note: "x" }),
    JSON.stringify({ at: second(31), user: "end" }),
  ];
  const service = new ServiceProcess(folderOf(RULES));
  await service.running();
  await new Feeder(broker, "EVENTS", "events.s", messages).send(messages.length);
  await service.caughtUp();
  await awaitAlerts(broker, 3000);
  const metrics = await service.metrics();
  expect(await service.stop()).toEqual({ code: 0, signal: null });

  const records = (await readAlerts(broker)).map(shown);
  const expected = cases.map(([name]) => JSON.parse(`"${name}"`) as string);
  const without = records.filter((name) => !/^(k\d+ |before|after|end|alerts)/.test(name));
  expect([...without].sort()).toEqual([...expected].sort());
  expect(records).toContain("before x");
  expect(records).toContain("after x");
  expect(records.join()).not.toContain("polluted");
  // What does not fit is counted and told once a minute.
  expect(records.filter((name) => name === "alerts.control.limit").length).toBeGreaterThanOrEqual(
    2,
  );
  const figure = (line: string) =>
    Number(
      metrics
        .split("\n")
        .find((one) => one.startsWith(`sequitur_${line} `))
        ?.split(" ")[1],
    );
  expect(figure('open_starts{rule="r.keys"}')).toBeLessThanOrEqual(200);
  expect(figure('open_starts{rule="r.matches"}')).toBeLessThanOrEqual(50);
  expect(figure('limit_drops_total{rule="r.keys",limit="open"}')).toBe(2800);
  expect(figure("process_resident_memory_bytes")).toBeLessThan(400 << 20);
});

const EACH = `
stream s from "events.s" { time at }
rule r.each "Each" { severity high  match by n within 1s { a: s } }
`;

function numbered(count: number, pad: number): readonly string[] {
  return Array.from({ length: count }, (_, n) =>
    JSON.stringify({ at: second(n), n, pad: "x".repeat(pad) }),
  );
}

async function numbers(): Promise<readonly number[]> {
  const records = await readAlerts(broker);
  return records
    .filter(({ subject }) => subject.startsWith("alerts.high."))
    .map(({ text }) => (JSON.parse(text) as { key: { n: number } }).key.n);
}

test("an alert stream that takes nothing: intake pauses at the outbox's bound, and goes on", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const config = {
    name: "ALERTS",
    subjects: ["alerts.>"],
    storage: "file",
    retention: "limits",
    discard: "new",
    max_bytes: 200_000,
    deny_delete: true,
    deny_purge: true,
  };
  await broker.api("STREAM.CREATE.ALERTS", config);
  const count = 3000;
  const service = new ServiceProcess(folderOf(EACH, "limits: { outboxBytes: 1048576 }\n"));
  await service.running();
  await new Feeder(broker, "EVENTS", "events.s", numbered(count, 1000)).send(count);
  await service.untilProblem("alerts");
  await service.untilProblem("outbox");
  const metrics = await service.metrics();
  expect(Number(/^sequitur_outbox_bytes (\d+)$/m.exec(metrics)?.[1])).toBeLessThan(4 << 20);
  await broker.api("STREAM.UPDATE.ALERTS", { ...config, max_bytes: -1 });
  await awaitAlerts(broker, count - 1);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  const found = await numbers();
  expect(found).toEqual(Array.from({ length: found.length }, (_, n) => n));
});

test("a message that ends the process is put aside at the fourth start", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const texts = numbered(60, 0).map((text, n) =>
    n === 30 ? text.replace("{", '{"bad":"poison",') : text,
  );
  await new Feeder(broker, "EVENTS", "events.s", texts).send(texts.length);
  const folder = folderOf(EACH);
  const poison = { SEQUITUR_POISON: "throw:poison" };
  for (let life = 0; life < 3; life++) {
    const exit = await new ServiceProcess(folder, poison).exit;
    expect(exit).toEqual({ code: 1, signal: null });
  }
  const stopped = new ServiceProcess(folder, poison, ["--fail-on-poison"]);
  expect((await stopped.exit).code).toBe(3);
  expect(stopped.stderr).toContain("message 31 of the stream EVENTS: the process ended 3 times");
  const service = new ServiceProcess(folder, poison);
  await service.running();
  await service.caughtUp();
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  const found = await numbers();
  expect(found).toEqual(Array.from({ length: 60 }, (_, n) => n).filter((n) => n !== 30));
  const records = await readAlerts(broker);
  const skip = records.find(({ subject }) => subject === "alerts.control.skip");
  expect(JSON.parse(skip?.text ?? "{}")).toMatchObject({ feed: "EVENTS", seq: 31 });
  const dead = records.find(({ subject }) => subject === "alerts.dead.s");
  expect(JSON.parse(dead?.text ?? "{}")).toMatchObject({ seq: 31, reason: "poison" });
  // The state is built anew with the same decision.
  rmSync(join(folder.path, ".sequitur"), { recursive: true });
  const again = new ServiceProcess(folder, {});
  await again.running();
  expect(again.stderr).toContain("the state was built anew");
  expect(await again.stop()).toEqual({ code: 0, signal: null });
  expect(await readAlerts(broker)).toEqual(records);
});

test("two messages of which the process dies at once, far behind the same checkpoint, are both put aside", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  // So many events without a record that a mark of the next few commits would not reach the first of them.
  const quiet = Array.from({ length: 5000 }, () => JSON.stringify({ at: second(0) })).join("\n");
  const texts = numbered(20, 0).map((text, n) =>
    n < 2 ? text.replace("{", '{"bad":"poison",') : text,
  );
  const messages = [quiet, ...texts];
  await new Feeder(broker, "EVENTS", "events.s", messages).send(messages.length);
  const folder = folderOf(
    EACH.replace("a: s", "a: s where exists(n)"),
    "state: { checkpoint: 10s }\n",
  );
  const poison = { SEQUITUR_POISON: "abort:poison" };
  const lived: boolean[] = [];
  let service: ServiceProcess;
  do {
    service = new ServiceProcess(folder, poison);
    lived.push(
      await service.caughtUp().then(
        () => true,
        () => false,
      ),
    );
  } while (lived.at(-1) !== true && lived.length < 10);
  // Once to notice, twice to be sure of the first, twice to be sure of the second.
  expect(lived.length).toBeGreaterThanOrEqual(6);
  expect(lived.at(-1)).toBe(true);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
  expect(await numbers()).toEqual(Array.from({ length: 18 }, (_, n) => n + 2));
  const skipped = (await readAlerts(broker)).filter(({ subject }) => subject.endsWith(".skip"));
  expect(skipped.map(({ text }) => JSON.parse(text).seq)).toEqual([2, 3]);
});

test("memory that runs out ends the process before the system does", async () => {
  await makeStream(broker, "EVENTS", ["events.s"]);
  const little = new ServiceProcess(folderOf(EACH, "limits: { memoryBytes: 2097152 }\n"));
  expect((await little.exit).code).toBe(1);
  expect(little.stderr).toContain("the memory that it may use is used up");
});
