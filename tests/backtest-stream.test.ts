/** `sequitur backtest` over ranges of a JetStream stream: the same as over a file, and nothing left on the server. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { checkInputs } from "../cli/backtest/backtest-input.ts";
import { findRange, rangeEnd, type StreamRange } from "../cli/replay/stream-range.ts";
import type { Broker } from "../io/nats.ts";
import { messageAt } from "../io/nats-streams.ts";
import { runCli } from "./cli-process.ts";
import { NatsServer } from "./nats-server.ts";
import { connectTo, Feeder } from "./service-process.ts";

const RULES = `stream s from "events.>" { time at }
rule r.pair "A pair" {
  severity low
  match by u within 1m { a: s where kind == "a"  then b: s where kind == "b" }
}
`;
const COUNT = 40;

let server: NatsServer;
let broker: Broker;
let folder = "";
let rules = "";
/** When the messages were stored, by their places from 0. */
const storedMs: number[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-backtest-"));
  rules = join(folder, "rules.seq");
  writeFileSync(rules, RULES);
  server = await NatsServer.start();
  broker = await connectTo(server.url);
  const made = await broker.api("STREAM.CREATE.EVENTS", {
    name: "EVENTS",
    subjects: ["events.>"],
    retention: "limits",
    storage: "memory",
  });
  expect(made.kind).toBe("ok");
  // Pairs, each for a key of its own, a minute apart: alert n has messages 2n - 1 and 2n.
  const messages = Array.from({ length: COUNT }, (_, i) =>
    JSON.stringify({
      at: new Date(Date.UTC(2026, 0, 1) + i * 30_000).toISOString(),
      kind: i % 2 === 0 ? "a" : "b",
      u: Math.floor(i / 2),
    }),
  );
  const feeder = new Feeder(broker, "EVENTS", "events.x", messages);
  while (feeder.left > 0) {
    await feeder.send(1);
    const found = await messageAt(broker, "EVENTS", COUNT - feeder.left);
    if (found.kind === "ok") storedMs.push(found.value.timeMs);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
});
afterAll(async () => {
  await broker.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly summary: { readonly events: number; readonly alerts: number };
  readonly stream: Record<string, unknown>;
  readonly lines: readonly Record<string, unknown>[];
}

async function backtest(...flags: readonly string[]): Promise<Outcome> {
  const args = ["backtest", rules, "--stream", "EVENTS", "--nats", server.url, ...flags];
  const { exitCode, stdout, stderr } = await runCli([...args, "--output", "ndjson"]);
  const lines = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const of = (kind: string) => lines.find((line) => line.kind === kind);
  return { exitCode, stderr, summary: of("summary"), stream: of("stream"), lines };
}

async function consumers(): Promise<unknown> {
  const names = await broker.api("CONSUMER.NAMES.EVENTS");
  return names.kind === "ok" ? (names.value as { consumers: unknown }).consumers : names.reason;
}

async function range(from: string | null, to: string | null): Promise<Partial<StreamRange>> {
  const found = await findRange(broker, "EVENTS", rangeEnd("--from", from), rangeEnd("--to", to));
  const { fromSeq, toSeq, shortfalls } = found;
  return { fromSeq, toSeq, shortfalls };
}

/** When message `seq` was stored, as a flag says it. */
function stored(seq: number): string {
  return new Date(storedMs[seq - 1] ?? 0).toISOString();
}

test("the whole stream, and ranges of it by sequence and by time, both ends included", async () => {
  const all = await backtest();
  expect(all).toMatchObject({ exitCode: 0, stderr: "", summary: { events: COUNT, alerts: 20 } });
  expect(all.stream).toMatchObject({ from: 1, to: COUNT, missing: 0, shortfalls: [] });
  // Message 2 has no first half, message 7 no second one.
  const part = await backtest("--from", "2", "--to", stored(7));
  expect(part.summary).toMatchObject({ events: 6, alerts: 2 });
  const shortfalls: string[] = [];
  expect(await range(stored(2), stored(7))).toEqual({ fromSeq: 2, toSeq: 7, shortfalls });
  expect(await range(null, "1999-01-01")).toEqual({ fromSeq: 1, toSeq: 0, shortfalls });
  expect(await range("2099-01-01", null)).toEqual({ fromSeq: 41, toSeq: 40, shortfalls });
  expect((await range(null, "99")).shortfalls).toEqual([`it ends at ${COUNT}, before 99`]);
  await expect(range("9", "8")).rejects.toThrow("--from lies behind --to");
  await expect(range("yesterday", null)).rejects.toThrow("neither a sequence nor a time");
  expect(await consumers()).toEqual([]);
});

test("another version, and expectations, as over files", async () => {
  const changed = join(folder, "changed.seq");
  writeFileSync(changed, RULES.replace('kind == "b"', 'kind == "b" and u < 5'));
  const counts = join(folder, "counts.json");
  writeFileSync(counts, '{"r.pair": 19}');
  const outcome = await backtest("--against", changed, "--expect", counts);
  const { summary, lines, exitCode, stderr } = outcome;
  expect(summary).toMatchObject({ against: { alerts: 5, same: 5, added: 15, removed: 0 } });
  const added = lines.find(({ kind }) => kind === "added") as { alert: { events: object } };
  // Events have the places at which the stream holds them.
  expect(added.alert.events).toMatchObject({ a: [{ seq: 11 }], b: [{ seq: 12 }] });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("r.pair: 19 alerts expected, 20 came");
});

test("what the stream does not hold any more is told", async () => {
  for (const seq of [11, 12, COUNT]) await broker.api("STREAM.MSG.DELETE.EVENTS", { seq });
  await broker.api("STREAM.PURGE.EVENTS", { seq: 5 });
  const told = "its messages 3 to 4 are no longer there";
  const args = ["backtest", rules, "--stream", "EVENTS", "--nats", server.url, "--from", "3"];
  const { exitCode, stdout, stderr } = await runCli(args);
  expect(exitCode).toBe(0);
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    `EVENTS: messages 5 to ${COUNT}; ${told}; 3 between are not there`,
    "33 events over 17m: 16 alerts",
  ]);
  expect(stderr).toBe(
    `sequitur: the stream EVENTS: ${told}\nsequitur: the stream EVENTS: 3 messages of the range are not there\n`,
  );
  expect((await range(null, null)).shortfalls).toEqual(["its messages 1 to 4 are no longer there"]);
  const begins = `it begins at 5 (${stored(5)}): what was stored before is no longer there`;
  expect((await range(stored(3), null)).shortfalls).toEqual([begins]);
  expect(await range(stored(21), null)).toEqual({ fromSeq: 21, toSeq: COUNT, shortfalls: [] });
  expect(await consumers()).toEqual([]);
});

const NOTHING = { inputs: [], streams: [], from: null, to: null, config: null, nats: null };
test.each([
  [{ streams: ["EVENTS", "OTHER"], from: "9" }, "a sequence is of one stream"],
  [{ streams: ["EVENTS", "EVENTS"] }, "a name stands twice"],
  [{ inputs: ["x"], from: "9" }, "what to read of a --stream"],
  [{}, "what is to be read?"],
])("%j is refused", (options, message) => {
  expect(() => checkInputs({ ...NOTHING, ...options })).toThrow(message);
});

test("a stream that is not there is told", async () => {
  const nothing = findRange(broker, "NONE", null, null);
  await expect(nothing).rejects.toThrow("the stream NONE: stream not found");
});
