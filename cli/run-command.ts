/** `sequitur run`: the service, in this process. */

import { runService } from "../server/run.ts";
import { UsageError } from "./exit-code.ts";

export interface RunOptions {
  /** The configuration file; null: the nearest one. */
  readonly config: string | null;
  /** Settings by path, as `nats.url=nats://…`. */
  readonly set: readonly string[];
  readonly acceptDataLoss: boolean;
  readonly failOnPoison: boolean;
}

export async function runCommand(options: RunOptions): Promise<number> {
  const overrides = new Map<string, unknown>();
  for (const setting of options.set) {
    const [, path, value] = /^([\w.]+)=(.*)$/s.exec(setting) ?? [];
    if (path === undefined) throw new UsageError(`--set: ${setting} is not PATH=VALUE`);
    overrides.set(path, value);
  }
  const { config, acceptDataLoss, failOnPoison } = options;
  return runService({ configPath: config, overrides, acceptDataLoss, failOnPoison });
}
