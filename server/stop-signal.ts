/**
 * SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once. An end that takes too
 * long is cut short; the state is whole at any moment.
 */

import { constants } from "node:os";
import type { Log } from "./log.ts";

export class StopSignal {
  readonly #controller = new AbortController();
  readonly #log: Log;
  readonly #lastExitMs: number;
  readonly #onSignal = (name: NodeJS.Signals): void => this.#hear(name);
  #timer: NodeJS.Timeout | null = null;

  constructor(log: Log, lastExitMs: number) {
    this.#log = log;
    this.#lastExitMs = lastExitMs;
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGINT", this.#onSignal);
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #hear(name: NodeJS.Signals): void {
    if (this.signal.aborted) process.exit(128 + constants.signals[name]);
    this.#log.info(`${name}: draining; once more ends at once`);
    this.#timer = setTimeout(() => {
      this.#log.warn("not drained in time");
      process.exit(0);
    }, this.#lastExitMs);
    this.#controller.abort();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGINT", this.#onSignal);
  }
}
