/**
 * What the corruption runs do: a service works half through a recorded set and ends; its state folder is damaged in a
 * way that a seed decides; the service runs again on it and has the rest. Each mutant gets the same input and the same
 * alert stream back, as they were when the service ended.
 */

import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Random } from "../base/random.ts";
import { killEvents, killRules } from "./kill-set.ts";
import { NatsServer } from "./nats-server.ts";
import {
  type AlertRecord,
  awaitAlerts,
  connectTo,
  Feeder,
  makeServiceFolder,
  makeStream,
  readAlerts,
  type ServiceFolder,
  ServiceProcess,
} from "./service-process.ts";

/** Small commits make a file of many pages, some of them free. */
const SETTINGS = "state: { commit: { events: 50, everyMs: 2 } }\n";
const PAGE = 4096;
/** Enough for a state of some hundred pages, and few enough for many mutants. */
const EVENTS = 600;
/** The one mutation that may be refused: everything else is healed. */
const FOREIGN = "the state of another service";
/** A service that dies is started again, as a supervisor does. */
const MAX_STARTS = 4;

/** Copies of what stood on disk when the service had ended. */
export interface CorruptionStage {
  readonly expected: readonly AlertRecord[];
  /** Plays one mutant to its end. */
  play(random: Random): Promise<Outcome>;
  close(): Promise<void>;
}

/**
 * healed    the alert stream is equal, byte for byte, to the one of a run that nothing damaged
 * refused   the service refused to run, with an account, and published nothing: it has the state of another service
 * wrong     anything else
 */
export interface Outcome {
  readonly verdict: "healed" | "refused" | "wrong";
  /** What was done to the folder. */
  readonly mutation: string;
  /** Did the service set the state aside? */
  readonly quarantined: boolean;
  readonly detail: string;
}

export async function openCorruptionStage(): Promise<CorruptionStage> {
  const all = killEvents();
  // The last event is what nothing waits behind.
  const events = [...all.slice(0, EVENTS), ...all.slice(-1)];
  const server = await NatsServer.start();
  const root = join(server.folder, "corruption");
  const folder = makeServiceFolder(join(root, "service"), server.url, killRules(), SETTINGS);
  const state = join(folder.path, ".sequitur");
  const copies = {
    early: join(root, "early"),
    late: join(root, "late"),
    store: join(root, "store"),
  };
  const other = join(root, "other");
  const half = events.length >> 1;

  let broker = await connectTo(server.url);
  await makeStream(broker, "EVENTS", ["events.windows.>"]);
  const feeder = new Feeder(broker, "EVENTS", "events.windows.all", events);
  const liveUpTo = async (upTo: number): Promise<void> => {
    await feeder.send(upTo);
    const service = new ServiceProcess(folder);
    await service.running();
    await service.caughtUp();
    await service.stop();
  };
  await liveUpTo(half >> 1);
  cpSync(state, copies.early, { recursive: true });
  await liveUpTo(half - (half >> 1));
  cpSync(state, copies.late, { recursive: true });
  await foreignState(server, other);
  await feeder.send(feeder.left);
  await broker.close();
  await server.kill("SIGTERM");
  cpSync(join(server.folder, "store"), copies.store, { recursive: true });

  const restore = async (): Promise<void> => {
    await server.kill("SIGKILL");
    for (const path of [join(server.folder, "store"), state]) rmSync(path, { recursive: true });
    cpSync(copies.store, join(server.folder, "store"), { recursive: true });
    cpSync(copies.late, state, { recursive: true });
    await server.restart();
    broker = await connectTo(server.url);
  };
  await restore();
  const expected = await finish(folder, broker, null);
  if (!Array.isArray(expected)) throw new Error(`the undamaged state does not run: ${expected}`);

  return {
    expected,
    play: async (random) => {
      await broker.close();
      await restore();
      const before = await readAlerts(broker);
      const mutation = mutate(state, random, { early: copies.early, other });
      const found = await finish(folder, broker, expected.length);
      const quarantined = readdirSync(state).some((name) => name.startsWith("quarantine-"));
      const outcome = { mutation, quarantined };
      if (typeof found === "string") {
        const told =
          mutation === FOREIGN &&
          !found.startsWith("no account") &&
          sameRecords(await readAlerts(broker), before);
        return { ...outcome, verdict: told ? "refused" : "wrong", detail: found };
      }
      if (sameRecords(found, expected)) return { ...outcome, verdict: "healed", detail: "" };
      const at = found.findIndex((record, i) => !sameRecords([record], expected.slice(i, i + 1)));
      const detail = `${found.length} records, ${expected.length} expected, the first other one is ${at + 1}`;
      return { ...outcome, verdict: "wrong", detail };
    },
    close: async () => {
      await broker.close();
      await server.stop();
    },
  };
}

/** Lets the service run to the end of the input, starting it again where it dies. A text: why it does not run. */
async function finish(
  folder: ServiceFolder,
  broker: Awaited<ReturnType<typeof connectTo>>,
  records: number | null,
): Promise<readonly AlertRecord[] | string> {
  for (let starts = 1; ; starts++) {
    const found = await live(folder, broker, records);
    if (typeof found === "string" || !("died" in found)) return found;
    if (starts === MAX_STARTS) return `no account: it died ${starts} times: ${found.died}`;
  }
}

async function live(
  folder: ServiceFolder,
  broker: Awaited<ReturnType<typeof connectTo>>,
  records: number | null,
): Promise<readonly AlertRecord[] | string | { readonly died: string }> {
  const service = new ServiceProcess(folder);
  if (!(await service.running())) {
    const { code, signal } = await service.exit;
    if (code !== 3) return { died: `${code ?? signal} ${service.stderr.slice(-600)}` };
    const told = service.stderr.split("\n").filter((line) => line.startsWith("sequitur: "));
    return told.length > 0 ? told.join(" ") : "no account";
  }
  if (records === null) await service.caughtUp();
  else await Promise.race([awaitAlerts(broker, records).catch(() => undefined), service.exit]);
  if (service.ended) return { died: service.stderr.slice(-600) };
  await service.stop();
  return readAlerts(broker);
}

function sameRecords(a: readonly AlertRecord[], b: readonly AlertRecord[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The state of another service on the same server: other rules, another alert stream. */
async function foreignState(server: NatsServer, path: string): Promise<void> {
  const rules = {
    "other.seq": `stream s from "events.windows.>" { time \`@timestamp\` }
rule other.logon "L" { severity low  match by Hostname within 1m { a: s where EventID == 4624 } }`,
  };
  const settings = 'nats: { alertStream: OTHER, alertSubject: "other.{severity}.{rule}" }\n';
  const folder = makeServiceFolder(path, server.url, rules);
  const text = readFileSync(folder.configPath, "utf8").replace(/^nats: .*\n/, "");
  writeFileSync(folder.configPath, `nats: { url: "${server.url}", ${settings.slice(8)}${text}`);
  const service = new ServiceProcess(folder);
  if (!(await service.running()))
    throw new Error(`the other service does not run:\n${service.stderr}`);
  await service.caughtUp();
  await service.stop();
}

interface Copies {
  readonly early: string;
  readonly other: string;
}

type Mutation = (file: string, random: Random, copies: Copies) => string;

/** How often each kind comes, and what it does to the file; gives what it did. */
const MUTATIONS: readonly (readonly [weight: number, mutate: Mutation])[] = [
  [6, flipAnywhere],
  [3, flipInHeader],
  [2, flipInMeta],
  [4, zeroPage],
  [2, swapPages],
  [3, cutShort],
  [2, oldCopy],
  [2, foreignFile],
  [1, lockFile],
];

function mutate(state: string, random: Random, copies: Copies): string {
  const total = MUTATIONS.reduce((sum, [weight]) => sum + weight, 0);
  let left = random.below(total);
  for (const [weight, how] of MUTATIONS) {
    left -= weight;
    if (left < 0) return how(join(state, "data.mdb"), random, copies);
  }
  throw new Error("the weights cover the total");
}

function edit(file: string, change: (bytes: Buffer) => string): string {
  const bytes = readFileSync(file);
  const what = change(bytes);
  writeFileSync(file, bytes);
  return what;
}

function flip(bytes: Buffer, at: number, random: Random): string {
  const bit = random.below(8);
  bytes[at] = (bytes[at] as number) ^ (1 << bit);
  return `bit ${bit} of byte ${at} flipped`;
}

function flipAnywhere(file: string, random: Random): string {
  return edit(file, (bytes) =>
    Array.from({ length: 1 + random.below(4) }, () =>
      flip(bytes, random.below(bytes.length), random),
    ).join(", "),
  );
}

/** In a page's header, the places of its nodes, or its first node. */
function flipInHeader(file: string, random: Random): string {
  return edit(file, (bytes) =>
    flip(bytes, random.below(bytes.length / PAGE) * PAGE + random.below(80), random),
  );
}

function flipInMeta(file: string, random: Random): string {
  return edit(file, (bytes) => flip(bytes, random.below(2) * PAGE + random.below(168), random));
}

function zeroPage(file: string, random: Random): string {
  return edit(file, (bytes) => {
    const page = random.below(bytes.length / PAGE);
    bytes.fill(0, page * PAGE, (page + 1) * PAGE);
    return `page ${page} zeroed`;
  });
}

/** As a disk does that writes a page to the wrong place. */
function swapPages(file: string, random: Random): string {
  return edit(file, (bytes) => {
    const [from, to] = [random.below(bytes.length / PAGE), random.below(bytes.length / PAGE)];
    bytes.copy(bytes, to * PAGE, from * PAGE, (from + 1) * PAGE);
    return `page ${from} written over page ${to}`;
  });
}

function cutShort(file: string, random: Random): string {
  const { length } = readFileSync(file);
  const kept = random.below(2) === 0 ? random.below(length) : random.below(length / PAGE) * PAGE;
  truncateSync(file, kept);
  return `cut to ${kept} of ${length} bytes`;
}

function oldCopy(file: string, random: Random, { early }: Copies): string {
  const state = join(file, "..");
  rmSync(state, { recursive: true });
  if (random.below(4) === 0) return "the folder removed";
  cpSync(early, state, { recursive: true });
  return "an old copy";
}

function foreignFile(file: string, random: Random, { other }: Copies): string {
  switch (random.below(4)) {
    case 0:
      writeFileSync(file, Buffer.from(Array.from({ length: 3 * PAGE }, () => random.below(256))));
      return "random bytes";
    case 1:
      writeFileSync(file, "this is no state\n".repeat(1000));
      return "a text file";
    case 2:
      writeFileSync(file, "");
      return "an empty file";
    default: {
      const state = join(file, "..");
      rmSync(state, { recursive: true });
      cpSync(join(other, ".sequitur"), state, { recursive: true });
      return FOREIGN;
    }
  }
}

function lockFile(file: string, random: Random): string {
  const lock = join(file, "..", "lock.mdb");
  if (!existsSync(lock)) return "nothing: there is no lock file";
  return `lock file: ${edit(lock, (bytes) => flip(bytes, random.below(bytes.length), random))}`;
}
