/**
 * Restart with a large state: makes a week of partial matches in a state folder, as the engine stores them, starts the
 * service on it, and measures from the start of the process to its first alert. Half of the runs wait for an event that
 * completes a stored match, half for one whose time passes stored deadlines.
 *
 *   npm run build && node --import ./tests/long/typescript-hooks.js tests/long/restart-run.ts --keys 1000000 --runs 4
 *
 * Prints one JSON line; exit code 1 where an alert was missing, wrong or out of order.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createEngine } from "../../engine/engine.ts";
import type { Broker } from "../../io/nats.ts";
import { streamEnd } from "../../io/nats-streams.ts";
import { dataOf, usable } from "../../server/reload/running-set.ts";
import { checkSet } from "../../server/reload/set-check.ts";
import { openLmdbStore } from "../../state/lmdb-store.ts";
import { NatsServer } from "../nats-server.ts";
import {
  connectTo,
  endServices,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  type ServiceFolder,
  ServiceProcess,
} from "../service-process.ts";

const RULES = `
stream s from "in.s" { time at }
rule test.pair "a, then b" {
  severity low
  match by k within 8d { a: s where t == "a"  then b: s where t == "b" }
  limit 10000000 open
  alert "{k}"
}
rule test.unanswered "o, and no p in a week" {
  severity low
  match by k within 7d { o: s where t == "o"  then no s where t == "p" }
  limit 10000000 open
  alert "{k}"
}
`;

const WEEK_MS = 7 * 86_400_000;
/** Of so many keys one waits for a deadline; the others wait for an event. */
const DEADLINE_EVERY = 10;
const COMMIT_EVENTS = 10_000;
/** Bytes of an event, about. */
const EVENT_BYTES = 900;

const PADDING = "x".repeat(EVENT_BYTES - 100);

function eventOf(n: number, keys: number, startMs: number): Record<string, string | number> {
  const at = startMs + Math.floor((n * WEEK_MS) / keys);
  const t = n % DEADLINE_EVERY === 0 ? "o" : "a";
  return { at, t, k: `user-${(n * 7919) % keys}`, pad: PADDING };
}

/** Writes the state that the service would have after so many events. */
async function makeState(folder: ServiceFolder, keys: number, startMs: number): Promise<void> {
  const limits = { openPerKey: 1000, openPerRule: 1_000_000 };
  const input = { kind: "folder", path: join(folder.path, "rules"), buckets: [] } as const;
  const set = usable(checkSet({ input, limits, runTests: false, todayMs: 0 }));
  if (set === null) throw new Error("the rules compile");
  const store = openLmdbStore(join(folder.path, ".sequitur"));
  const engine = createEngine(set.plan, { data: dataOf(set, []) }, store);
  const feed = engine.feed("s", "IN", { broker: true });
  for (let n = 0; n < keys; n++) {
    const data = eventOf(n, keys, startMs);
    // They stand before the first message of the stream, which is the one that comes after the restart.
    engine.accept(feed, 0, n + 1, Number(data["at"]), data);
    if ((n + 1) % COMMIT_EVENTS === 0) {
      engine.takeOutputs();
      store.commit(engine.takeChanges());
    }
  }
  engine.takeOutputs();
  store.commit(engine.takeChanges());
  await store.close();
}

/** A key in the middle of the stored ones that waits for an event. */
function middleOf(keys: number): number {
  const middle = Math.floor(keys / 2);
  return middle % DEADLINE_EVERY === 0 ? middle + 1 : middle;
}

interface Run {
  readonly firstAlertMs: number;
  readonly runningMs: number;
  /** CPU time of the process until then, as the system counts it: what a busy machine does not change much. */
  readonly cpuMs: number;
  readonly right: boolean;
}

async function measure(
  server: NatsServer,
  made: ServiceFolder,
  keys: number,
  startMs: number,
  waitsForEvent: boolean,
): Promise<Run> {
  const path = mkdtempSync(join(tmpdir(), "sequitur-restart-"));
  const folder = makeServiceFolder(path, server.url, { "r.seq": RULES });
  cpSync(join(made.path, ".sequitur"), join(path, ".sequitur"), { recursive: true });
  const broker = await connectTo(server.url);
  await makeStream(broker, "IN", ["in.>"]);
  const last = Number(eventOf(keys - 1, keys, startMs)["at"]);
  const k = `user-${(middleOf(keys) * 7919) % keys}`;
  // The first deadline passes a week and a millisecond after the first event: here three of them do.
  const passed = Number(eventOf(2 * DEADLINE_EVERY, keys, startMs)["at"]) + WEEK_MS + 1;
  const event = waitsForEvent ? { at: last + 1, t: "b", k } : { at: passed, t: "x", k: "none" };
  const due = [0, 1, 2].map((n) => `user-${(n * DEADLINE_EVERY * 7919) % keys}`);
  const expected = waitsForEvent ? [k] : due;
  await new Feeder(broker, "IN", "in.s", [JSON.stringify(event)]).send(1);
  const begin = performance.now();
  const service = new ServiceProcess(folder);
  const first = firstAlert(broker, begin);
  await service.running();
  const runningMs = performance.now() - begin;
  const firstAlertMs = await first;
  const cpuMs = cpuOf(service);
  await sleep(300);
  const alerts = await readAlerts(broker);
  const titles = alerts.map(({ text }) => (JSON.parse(text) as { readonly title?: string }).title);
  await service.kill("SIGKILL");
  await broker.close();
  rmSync(path, { recursive: true });
  const right = JSON.stringify(titles) === JSON.stringify(expected);
  if (!right) process.stderr.write(`expected ${expected.join()}, came ${titles.join()}\n`);
  return { firstAlertMs: Math.round(firstAlertMs), runningMs: Math.round(runningMs), cpuMs, right };
}

/** Milliseconds of CPU that the service has used; 0 where the system does not tell. */
function cpuOf(service: ServiceProcess): number {
  const pid = /"pid":(\d+)/.exec(service.stderr)?.[1];
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

async function firstAlert(broker: Broker, begin: number): Promise<number> {
  while (performance.now() - begin < 120_000) {
    const end = await streamEnd(broker, "ALERTS");
    if (end.kind === "ok" && end.value.lastSeq > 0) return performance.now() - begin;
    await sleep(5);
  }
  throw new Error("no alert came in two minutes");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      keys: { type: "string", default: "1000000" },
      runs: { type: "string", default: "4" },
    },
  });
  const keys = Number(values.keys);
  const startMs = Date.now() - WEEK_MS - 3_600_000;
  const path = mkdtempSync(join(tmpdir(), "sequitur-restart-"));
  const made = makeServiceFolder(path, "nats://127.0.0.1:1", { "r.seq": RULES });
  const begin = performance.now();
  await makeState(made, keys, startMs);
  const makeS = Math.round((performance.now() - begin) / 1000);
  const stateMb = Math.round(statSync(join(path, ".sequitur", "data.mdb")).size / 2 ** 20);
  const runs: Run[] = [];
  for (let i = 0; i < Number(values.runs); i++) {
    const server = await NatsServer.start();
    runs.push(await measure(server, made, keys, startMs, i % 2 === 0));
    await server.kill("SIGKILL");
  }
  rmSync(path, { recursive: true });
  endServices();
  process.stdout.write(`${JSON.stringify({ keys, stateMb, makeS, runs })}\n`);
  if (runs.some(({ right }) => !right)) process.exitCode = 1;
}

await main();
