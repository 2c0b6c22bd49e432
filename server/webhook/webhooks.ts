/** All webhooks of a service: made where they left off, run beside the loop, ended together. */

import { join } from "node:path";
import type { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import type { Clock } from "../../io/clock.ts";
import type { Broker } from "../../io/nats.ts";
import type { Log } from "../log.ts";
import { RefusalError } from "../refusal.ts";
import { type Cursor, readCursor } from "./cursor-file.ts";
import { Webhook, type WebhookStatus } from "./webhook.ts";
import type { WebhookSettings } from "./webhook-settings.ts";

export interface WebhooksParts {
  readonly webhooks: readonly WebhookSettings[];
  readonly broker: Broker;
  readonly stream: string;
  readonly root: string;
  /** The alert stream as it is at the start: its identity, and its last sequence. */
  readonly end: Cursor;
  /** The state folder: positions lie in its folder `webhooks`. */
  readonly statePath: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly giveUp: (body: { readonly [name: string]: Value }) => Promise<void>;
}

export class Webhooks {
  readonly #webhooks: readonly Webhook[];

  /** Throws RefusalError where a position cannot be read. */
  constructor(parts: WebhooksParts) {
    this.#webhooks = parts.webhooks.map((settings) => {
      const cursorPath = join(parts.statePath, "webhooks", `${settings.name}.json`);
      const start = startOf(settings, cursorPath, parts.end);
      return new Webhook({ ...parts, settings, cursorPath, start });
    });
  }

  get status(): readonly WebhookStatus[] {
    return this.#webhooks.map(({ status }) => status);
  }

  async run(): Promise<void> {
    await Promise.all(this.#webhooks.map((webhook) => webhook.run()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#webhooks.map((webhook) => webhook.close()));
  }
}

/** Where a webhook goes on in the alert stream whose end is given. Throws RefusalError where the file is no cursor. */
export function startOf(
  { name, from }: Pick<WebhookSettings, "name" | "from">,
  path: string,
  end: Cursor,
): Cursor {
  const { created } = end;
  let stored: Cursor | null;
  try {
    stored = readCursor(path);
  } catch (error) {
    throw new RefusalError(3, `the webhook ${name}: ${(error as Error).message}`, [], error);
  }
  if (stored === null) return { created, seq: from === "new" ? end.seq : 0 };
  // Of a stream that was made anew nothing was sent yet, and of one that went back its end may be new.
  return { created, seq: stored.created === created ? Math.min(stored.seq, end.seq) : 0 };
}
