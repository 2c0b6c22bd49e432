/**
 * A real nats-server for tests: on a free port of the loopback interface, with JetStream in a folder of its own. A
 * watchdog outside of this process ends the server and removes the folder when the test process dies, however.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const READY_TIMEOUT_MS = 15_000;

/** Remembers the last process id it is told; at the end of its input it kills that process and removes the folder. */
const WATCHDOG = `last=""
while read -r pid; do last=$pid; done
if [ -n "$last" ]; then kill -9 "$last" 2>/dev/null; fi
rm -rf "$1"`;

export class NatsServer {
  readonly port: number;
  /** Folder of the store, the log and what a test puts beside them; removed at the end. */
  readonly folder: string;
  readonly #watchdog: ChildProcess;
  readonly #arguments: readonly string[];
  #process: ChildProcess | null = null;

  private constructor(port: number, folder: string, extra: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#arguments = extra;
    this.#watchdog = spawn("sh", ["-c", WATCHDOG, "sh", folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    // The watchdog must not keep a finished test alive.
    this.#watchdog.unref();
  }

  /** Starts a server and waits until it answers. `extra` are further command-line arguments. */
  static async start(extra: readonly string[] = []): Promise<NatsServer> {
    const folder = mkdtempSync(join(tmpdir(), "sequitur-nats-"));
    const server = new NatsServer(await freePort(), folder, extra);
    await server.restart();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** What the server wrote to its log. */
  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  /** Sends a signal; waits for the end of the process where the signal ends it. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    process.kill(signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    if (process.exitCode === null && process.signalCode === null) await once(process, "exit");
    this.#process = null;
    this.#watch("");
  }

  /** Starts the server on the same port and store, ending one that runs, and waits until it answers. */
  async restart(): Promise<void> {
    await this.kill();
    const { PATH = "" } = process.env;
    const path = [PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter);
    const started = spawn("nats-server", this.#commandLine(), {
      stdio: "ignore",
      env: { ...process.env, PATH: path },
    });
    this.#process = started;
    await once(started, "spawn");
    this.#watch(String(started.pid));
    const end = performance.now() + READY_TIMEOUT_MS;
    while (!(await answers(this.port))) {
      if (started.exitCode !== null || performance.now() > end) {
        throw new Error(`nats-server did not start:\n${this.log}`);
      }
      await sleep(20);
    }
  }

  /** Ends the server and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    const ended = once(this.#watchdog, "exit");
    this.#watchdog.ref();
    this.#watchdog.stdin?.end();
    await ended;
  }

  #commandLine(): readonly string[] {
    const store = join(this.folder, "store");
    const log = join(this.folder, "log");
    const fixed = ["-a", "127.0.0.1", "-p", String(this.port), "-js", "-sd", store, "-l", log];
    return [...fixed, ...this.#arguments];
  }

  #watch(pid: string): void {
    this.#watchdog.stdin?.write(`${pid}\n`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** Does a NATS server greet on the port? It does so only once its streams are recovered. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    const [greeting] = await once(socket, "data", { signal: AbortSignal.timeout(1000) });
    return String(greeting).startsWith("INFO ");
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
