/** Where the commands of `sequitur rules` find the service and the bucket of rule sets: flags, then the configuration. */

import { type Broker, BrokerError, connectBroker } from "../../io/nats.ts";
import { brokerOptions } from "../../server/broker-options.ts";
import { alertRoot, type Config, loadConfig } from "../../server/config.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { UsageError } from "../exit-code.ts";

export interface TargetFlags {
  readonly config: string | null;
  /** The service's address; null: as the configuration says. */
  readonly server: string | null;
  readonly token: string | null;
  readonly nats: string | null;
  /** The bucket of rule sets; null: as the configuration says. */
  readonly bucket: string | null;
}

export interface RulesTarget {
  readonly config: Config;
  readonly server: string;
  readonly token: string | null;
  /** Null: rule sets go to the service itself. */
  readonly bucket: string | null;
  /** First tokens of the alert stream's subjects. */
  readonly root: string;
}

/** Throws UsageError where the configuration is wrong. */
export function findTarget(flags: TargetFlags): RulesTarget {
  const overrides = new Map<string, unknown>();
  if (flags.nats !== null) overrides.set("nats.url", flags.nats);
  const loaded = loadConfig({
    configPath: flags.config,
    overrides,
    environment: process.env,
    folder: process.cwd(),
  });
  if ("problems" in loaded) throw new UsageError(loaded.problems.join("\nsequitur: "));
  const { config } = loaded;
  const { host, port, token } = config.http;
  const own = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  // A service named by its address is asked itself, whatever bucket the configuration here names.
  const bucket = flags.bucket ?? (flags.server === null ? (config.rules.kv?.bucket ?? null) : null);
  return {
    config,
    server: (flags.server ?? own).replace(/\/+$/, ""),
    token: flags.token ?? token,
    bucket,
    root: alertRoot(config),
  };
}

const CONNECT_MS = 10_000;

/**
 * Connects, and waits for the server a little. `name`: how the server's lists call the connection. Throws UsageError where
 * there is none.
 */
export async function connectTarget(
  { config }: RulesTarget,
  output: ConsoleOutput,
  name = "sequitur rules",
): Promise<Broker> {
  let last = "there is no answer";
  try {
    return await connectBroker({
      ...brokerOptions(config.nats),
      name,
      signal: AbortSignal.timeout(CONNECT_MS),
      onStatus: ({ kind, text }) => {
        if (kind === "waiting") last = text;
        else if (kind === "disconnected" || kind === "reconnected") output.err(`sequitur: ${text}`);
      },
    });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new UsageError(error.code === "aborted" ? last : error.message, { cause: error });
  }
}
