/** The other processes of W9: nats-server, the service. Both are killed when this process ends, however. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packageFolder } from "../package-folder.ts";
import { w9Rules } from "./rules.ts";

const started = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** Starts `command` with its output in a file. */
function start(
  command: string,
  args: readonly string[],
  folder: string,
  log: string,
): ChildProcess {
  const { PATH = "" } = process.env;
  const out = openSync(log, "a");
  const child = spawn(command, args, {
    cwd: folder,
    stdio: ["ignore", out, out],
    env: { ...process.env, PATH: [PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter) },
  });
  started.add(child);
  child.on("exit", () => started.delete(child));
  return child;
}

/** Seconds of CPU that a process has used; null where the system does not tell (/proc). */
export function cpuSecondsOf(pid: number | undefined): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    // Fields 14 and 15 of proc(5), counted from the third; in ticks of a hundredth.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

/** Most memory that a process has had, in megabytes; null where the system does not tell. */
export function peakMbOf(pid: number | undefined): number | null {
  try {
    const [, kb] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kb === undefined ? null : Number(kb) / 1024;
  } catch {
    return null;
  }
}

/** nats-server with JetStream in a folder, on a free port of this machine. */
export class NatsProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(folder: string): Promise<NatsProcess> {
    const port = await freePort();
    const store = join(folder, "jetstream");
    const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store];
    const child = start("nats-server", args, folder, join(folder, "nats-server.log"));
    await once(child, "spawn");
    return new NatsProcess(`nats://127.0.0.1:${port}`, child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await ended;
  }
}

const PATIENCE_MS = 60_000;

/** The service with the rules of W9, the way an operator runs it. Its state stays where the process is killed. */
export class ServiceProcess {
  readonly #folder: string;
  readonly #log: string;
  #child: ChildProcess | null = null;
  /** Length of the log when the process was started. */
  #seen = 0;

  constructor(folder: string, natsUrl: string) {
    this.#folder = folder;
    this.#log = join(folder, "service.log");
    mkdirSync(join(folder, "rules"), { recursive: true });
    for (const { file, text } of w9Rules()) writeFileSync(join(folder, "rules", file), text);
    writeFileSync(
      join(folder, "sequitur.yaml"),
      `nats: { url: "${natsUrl}" }\nhttp: { port: 0 }\n`,
    );
    writeFileSync(this.#log, "");
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts, and waits until it takes events. Throws with its log where it does not come to that. */
  async start(): Promise<void> {
    this.#seen = readFileSync(this.#log).length;
    const entry = join(packageFolder(), "dist", "cli", "main.js");
    const args = [entry, "run", "-c", join(this.#folder, "sequitur.yaml")];
    this.#child = start(process.execPath, args, this.#folder, this.#log);
    const end = performance.now() + PATIENCE_MS;
    while (!this.#said('"msg":"running"')) {
      if (this.#child.exitCode !== null || performance.now() > end) {
        throw new Error(`the service did not start:\n${readFileSync(this.#log, "utf8")}`);
      }
      await sleep(5);
    }
  }

  #said(text: string): boolean {
    return readFileSync(this.#log).subarray(this.#seen).includes(text);
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
