/** `sequitur tail`: alerts as they come, from the alert stream itself or from a running service. */

import { Random } from "../../base/random.ts";
import type { Alert } from "../../engine/outputs.ts";
import { type Broker, BrokerError, connectBroker } from "../../io/nats.ts";
import { streamInfo } from "../../io/nats-streams.ts";
import type { AlertFilter } from "../../server/alert-feed/alert-filter.ts";
import { type Followed, followAlerts } from "../../server/alert-feed/follow-alerts.ts";
import { brokerOptions } from "../../server/broker-options.ts";
import { alertRoot, type Config, loadConfig } from "../../server/config.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { alertText } from "../replay/alert-text.ts";
import { serverEvents } from "./server-events.ts";

export interface TailOptions {
  /** The configuration file; null: the nearest one, if any. */
  readonly config: string | null;
  /** Address of a service's HTTP side; null: the alert stream is read. */
  readonly server: string | null;
  /** Address of NATS instead of the configuration's. */
  readonly nats: string | null;
  readonly filter: AlertFilter;
  /** Sequence in the alert stream to begin with; null: with the next alert. */
  readonly from: number | null;
  /** Null: for people on a terminal, else one JSON object a line. */
  readonly output: "human" | "ndjson" | null;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs until a signal, and gives its exit code. */
export async function tailCommand(options: TailOptions, output: ConsoleOutput): Promise<number> {
  const config = readConfig(options);
  const stop = new AbortController();
  let exitCode: number = EXIT.ok;
  const onSignal = (name: NodeJS.Signals): void => {
    exitCode = SIGNALS[name as keyof typeof SIGNALS];
    stop.abort();
  };
  for (const name of Object.keys(SIGNALS)) process.once(name, onSignal);
  const view = new TailView(options, output);
  const source = options.server === null ? fromNats : fromServer;
  try {
    for await (const item of source(options, config, view, stop.signal)) await view.show(item);
  } catch (error) {
    if (error instanceof BrokerError && error.code === "aborted") return exitCode;
    if (error instanceof BrokerError) throw new UsageError(error.message);
    throw error;
  }
  view.end();
  return exitCode;
}

function readConfig({ config, nats, server }: TailOptions): Config {
  if (nats !== null && server !== null) throw new UsageError("--server and --nats exclude another");
  const loaded = loadConfig({
    configPath: config,
    overrides: nats === null ? new Map() : new Map([["nats.url", nats]]),
    environment: process.env,
    folder: process.cwd(),
  });
  if ("problems" in loaded) throw new UsageError(loaded.problems.join("\n"));
  return loaded.config;
}

/** What is shown, and where one would go on. */
class TailView {
  readonly #output: ConsoleOutput;
  readonly #human: boolean;
  #trouble: string | null = null;
  #next: number | null = null;

  constructor({ output: form }: TailOptions, output: ConsoleOutput) {
    this.#output = output;
    this.#human = (form ?? (process.stdout.isTTY === true ? "human" : "ndjson")) === "human";
  }

  async show(item: Followed): Promise<void> {
    switch (item.kind) {
      case "alert": {
        this.trouble(null);
        const { alert, text } = item;
        await this.#output.out(this.#human ? alertText(alert, this.#output.outPaint) : `${text}\n`);
        this.#next = item.seq + 1;
        break;
      }
      case "passed":
        this.trouble(null);
        this.#next = item.seq + 1;
        break;
      case "removed":
        this.#output.err(`tail: ${item.count} records are no longer in the alert stream`);
        break;
      case "trouble":
        this.trouble(item.reason);
        break;
    }
  }

  /** Tells once that alerts cannot be read, and once that they can again. */
  trouble(reason: string | null): void {
    if (reason !== null && this.#trouble === null) this.#output.err(`tail: ${reason}; waiting`);
    if (reason === null && this.#trouble !== null) this.#output.err("tail: reading again");
    this.#trouble = reason;
  }

  end(): void {
    if (this.#next !== null) this.#output.err(`tail: go on with --from ${this.#next}`);
  }
}

async function* fromNats(
  options: TailOptions,
  config: Config,
  view: TailView,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  const broker = await connectBroker({
    ...brokerOptions(config.nats),
    name: "sequitur tail",
    signal,
    onStatus: ({ kind, text }) => {
      if (kind !== "closed")
        view.trouble(kind === "connected" || kind === "reconnected" ? null : text);
    },
  });
  try {
    const { alertStream: stream } = config.nats;
    const afterSeq = options.from === null ? await endOf(broker, stream) : options.from - 1;
    const root = alertRoot(config);
    const random = new Random(process.pid);
    const { filter } = options;
    yield* followAlerts({ broker, stream, root, afterSeq, filter, random, signal });
  } finally {
    await broker.close();
  }
}

async function endOf(broker: Broker, stream: string): Promise<number> {
  const info = await streamInfo(broker, stream);
  if (info.kind === "ok") return info.value.lastSeq;
  throw new UsageError(`the alert stream ${stream}: ${info.reason}`);
}

async function* fromServer(
  { server, filter, from }: TailOptions,
  config: Config,
  view: TailView,
  signal: AbortSignal,
): AsyncGenerator<Followed> {
  let url: URL;
  try {
    url = new URL("/api/v1/stream", server ?? "");
  } catch {
    throw new UsageError(`--server: ${server} is no URL`);
  }
  url.searchParams.set("rule", filter.rule);
  url.searchParams.set("severity", filter.severity);
  if (filter.shadow === true) url.searchParams.set("shadow", "true");
  if (from !== null) url.searchParams.set("from", String(from));
  const { token } = config.http;
  const random = new Random(process.pid);
  const onTrouble = (reason: string | null): void =>
    view.trouble(reason === null ? null : `${url.origin}: ${reason}`);
  for await (const { event, id, data } of serverEvents({ url, token, random, signal, onTrouble })) {
    if (event === "removed") yield { kind: "removed", count: JSON.parse(data).count as number };
    if (event !== "alert") continue;
    yield { kind: "alert", seq: Number(id), alert: JSON.parse(data) as Alert, text: data };
  }
}
