/**
 * The service as a child process, the way an operator runs it, in a folder of its own; and the two sides of it that a
 * test sees: messages published into a stream, and the records of the alert stream.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { type Broker, connectBroker } from "../io/nats.ts";
import { Publisher } from "../io/nats-publisher.ts";
import { ensureStream, messageAt, streamEnd, streamInfo } from "../io/nats-streams.ts";
import type { Readiness } from "../server/http.ts";

const ROOT = process.cwd();
const ENTRY = [join(ROOT, "dist/cli/main.js"), "run", "-c"];

/** How long a test waits for what must come; a long run beside others asks for more. */
export const PATIENCE_MS = Number(process.env["TEST_PATIENCE_MS"] ?? 60_000);

/**
 * Kills what is left of the services when the test process ends, however. One that has ended is taken off the list
 * ("-PID"): its number may belong to somebody else by then.
 */
const WATCHDOG = `pids=""
while read -r pid; do
  left=""
  for one in $pids; do if [ "-$one" != "$pid" ]; then left="$left $one"; fi; done
  case "$pid" in -*) pids="$left" ;; *) pids="$left $pid" ;; esac
done
if [ -n "$pids" ]; then kill -9 $pids 2>/dev/null; fi`;
let watchdog: ChildProcess | null = null;

function watch(pid: number | undefined): void {
  watchdog ??= spawn("sh", ["-c", WATCHDOG], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin?.write(`${pid}\n`);
}

function unwatch(pid: number | undefined): void {
  watchdog?.stdin?.write(`-${pid}\n`);
}

/** For the end of a test file: kills what a failed test left. */
export function endServices(): void {
  watchdog?.stdin?.end();
  watchdog = null;
}

export interface ServiceFolder {
  readonly path: string;
  readonly configPath: string;
}

/** Makes a folder with rules and a configuration. `rules`: texts by file name. `settings`: more lines of YAML. */
export function makeServiceFolder(
  path: string,
  natsUrl: string,
  rules: Readonly<Record<string, string>>,
  settings = "",
): ServiceFolder {
  mkdirSync(join(path, "rules"), { recursive: true });
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(path, "rules", name), text);
  const configPath = join(path, "sequitur.yaml");
  writeFileSync(configPath, `nats: { url: "${natsUrl}" }\nhttp: { port: 0 }\n${settings}`);
  return { path, configPath };
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ServiceProcess {
  readonly #process: ChildProcess;
  readonly exit: Promise<Exit>;
  readonly #token: string;
  #stderr = "";
  #ended = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    folder: ServiceFolder,
    environment: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ) {
    this.#process = spawn(process.execPath, [...ENTRY, folder.configPath, ...flags], {
      cwd: folder.path,
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.#token = environment["SEQUITUR_HTTP__TOKEN"] ?? "";
    watch(this.#process.pid);
    this.#process.stderr?.on("data", (bytes) => {
      this.#stderr += String(bytes);
      for (const listener of this.#listeners) listener();
    });
    this.exit = once(this.#process, "close").then(([code, signal]) => {
      this.#ended = true;
      unwatch(this.#process.pid);
      for (const listener of this.#listeners) listener();
      return { code, signal } as Exit;
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until stderr holds the text; false where the process ended without it. */
  async said(text: string): Promise<boolean> {
    const end = performance.now() + PATIENCE_MS;
    while (!this.#stderr.includes(text)) {
      if (this.#ended) return false;
      if (performance.now() > end) {
        throw new Error(`the service never said "${text}":\n${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        const listener = (): void => {
          clearTimeout(timer);
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
    return true;
  }

  /** Waits until the loop runs; false where the process ended before. */
  async running(): Promise<boolean> {
    return this.said('"msg":"running"');
  }

  async httpUrl(): Promise<string> {
    await this.said('"msg":"HTTP listens"');
    const port = /"port":(\d+),"msg":"HTTP listens"/.exec(this.#stderr)?.[1];
    return `http://127.0.0.1:${port}`;
  }

  /** Waits until everything that its streams hold was stepped. */
  async caughtUp(): Promise<void> {
    const url = `${await this.httpUrl()}/readyz`;
    const end = performance.now() + PATIENCE_MS;
    while (!(await this.#isCaughtUp(url))) {
      if (this.#ended || performance.now() > end) {
        throw new Error(`the service never caught up:\n${this.#stderr}`);
      }
      await sleep(50);
    }
  }

  /**
   * Waits until this process has stepped so many messages of a stream. Unlike `caughtUp` it is right for what was just
   * published: where a stream ends the service asks only now and then.
   */
  async stepped(stream: string, messages: number): Promise<void> {
    const line = `sequitur_messages_total{stream="${stream}"} `;
    await until(
      async () => {
        const at = (await this.metrics()).split(line)[1];
        return at === undefined ? 0 : Number.parseInt(at, 10);
      },
      (count) => count >= messages,
    );
  }

  /** What `/metrics` says. */
  async metrics(): Promise<string> {
    const headers = { authorization: `Bearer ${this.#token}` };
    return (await fetch(`${await this.httpUrl()}/metrics`, { headers })).text();
  }

  /** The names of the problems that `/readyz` tells. */
  async problems(): Promise<readonly string[]> {
    const answer = await fetch(`${await this.httpUrl()}/readyz`);
    return ((await answer.json()) as Readiness).problems.map(({ name }) => name);
  }

  /** Waits until there is such a problem; with `there` false, until it is gone. */
  async untilProblem(name: string, there = true): Promise<void> {
    await until(
      () => this.problems(),
      (names) => names.includes(name) === there,
    );
  }

  async #isCaughtUp(url: string): Promise<boolean> {
    const answer = await fetch(url).catch(() => null);
    if (answer === null) return false;
    const { lag } = (await answer.json()) as Readiness;
    return lag.length > 0 && lag.every(({ messages }) => messages === 0);
  }

  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#process.kill(signal);
    return this.exit;
  }

  /** SIGTERM; kills the process where it does not follow. */
  async stop(): Promise<Exit> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 11_000);
    const exit = await this.kill("SIGTERM");
    clearTimeout(timer);
    return exit;
  }
}

/** Asks until the answer is such a one, and gives it. Throws where it never is. */
export async function until<T>(
  ask: () => T | Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (performance.now() > end) throw new Error(`it stayed ${JSON.stringify(value)}`);
    await sleep(20);
  }
}

/** The lines of a packed sample file, each one event. */
export function readEvents(sample: string): readonly string[] {
  const packed = readFileSync(join(ROOT, "samples", sample, "events.ndjson.gz"));
  return gunzipSync(packed).toString("utf8").trimEnd().split("\n");
}

export function readRules(sample: string): string {
  return readFileSync(join(ROOT, "samples", sample, "rules.seq"), "utf8");
}

/** Connects to a test's server. */
export function connectTo(url: string): Promise<Broker> {
  return connectBroker({ url, name: "test" });
}

export async function makeStream(
  broker: Broker,
  name: string,
  subjects: readonly string[],
): Promise<void> {
  const made = await ensureStream(broker, { name, subjects });
  if (made.kind !== "ok") throw new Error(`the stream ${name} was not made: ${made.reason}`);
}

/** Publishes to a stream in order, each message once, however often the server goes away. */
export class Feeder {
  readonly #broker: Broker;
  readonly #publisher: Publisher;
  readonly #stream: string;
  readonly #subject: string;
  readonly #payloads: Uint8Array[] = [];
  #sent = 0;

  constructor(broker: Broker, stream: string, subject: string, messages: readonly string[] = []) {
    this.#broker = broker;
    this.#stream = stream;
    this.#subject = subject;
    this.#publisher = new Publisher(broker, { stream, timeoutMs: 2000 });
    this.#add(messages);
  }

  #add(messages: readonly string[]): void {
    for (const text of messages) this.#payloads.push(new TextEncoder().encode(text));
  }

  get left(): number {
    return this.#payloads.length - this.#sent;
  }

  /** Publishes these behind all before. */
  async add(...messages: readonly string[]): Promise<void> {
    this.#add(messages);
    await this.send(this.left);
  }

  /** Publishes the next messages; the stream must hold what this feeder sent and nothing else. */
  async send(count: number): Promise<void> {
    const end = Math.min(this.#payloads.length, this.#sent + count);
    while (this.#sent < end) {
      const records = this.#payloads
        .slice(this.#sent, end)
        .map((data) => ({ subject: this.#subject, headers: [], data }));
      const { lastSeq, stopped } = await this.#publisher.publishInOrder(records, this.#sent);
      this.#sent = lastSeq;
      if (stopped === null) continue;
      const found = await streamEnd(this.#broker, this.#stream);
      if (found.kind === "ok") this.#sent = found.value.lastSeq;
      else await sleep(50);
    }
  }
}

/** A record of the alert stream, without the positions, which depend on where commits fell. */
export interface AlertRecord {
  readonly subject: string;
  readonly headers: string;
  readonly text: string;
}

/** Everything that the alert stream holds, in order. */
export async function readAlerts(broker: Broker, stream = "ALERTS"): Promise<AlertRecord[]> {
  const records: AlertRecord[] = [];
  const end = await streamEnd(broker, stream);
  if (end.kind !== "ok") throw new Error(end.reason);
  for (let from = 1; from <= end.value.lastSeq; from += 100) {
    const seqs = Array.from(
      { length: Math.min(100, end.value.lastSeq - from + 1) },
      (_, i) => from + i,
    );
    records.push(...(await Promise.all(seqs.map((seq) => readAlert(broker, stream, seq)))));
  }
  return records;
}

async function readAlert(broker: Broker, stream: string, seq: number): Promise<AlertRecord> {
  const found = await messageAt(broker, stream, seq);
  if (found.kind !== "ok") throw new Error(found.reason);
  const { subject, headers, data } = found.value;
  const stable = headers.filter(
    ([name]) => name.startsWith("Sequitur-") && name !== "Sequitur-Pos",
  );
  return { subject, headers: JSON.stringify(stable), text: new TextDecoder().decode(data) };
}

/** Waits until the alert stream has so many records, and a moment longer for any too many. */
export async function awaitAlerts(broker: Broker, count: number, stream = "ALERTS"): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const info = await streamInfo(broker, stream);
    if (info.kind === "ok" && info.value.lastSeq >= count) break;
    if (performance.now() > end) {
      const found = info.kind === "ok" ? info.value.lastSeq : info.reason;
      throw new Error(`${count} records are expected, the alert stream has ${found}`);
    }
    await sleep(20);
  }
  await sleep(100);
}
