/**
 * Checks rule sets in a thread, so that the service's loop goes on meanwhile. Owns the thread: it is started with the
 * first check and ends when there was none for a while, so that its memory is not kept.
 */

import { Worker } from "node:worker_threads";
import { type CheckedSet, type CheckRequest, failedSet, setProblem } from "./set-check.ts";

/** A set whose check takes longer is refused: most likely a test of its own does not end. */
const LONGEST_MS = 120_000;
const REST_MS = 20_000;

/** Beside this file, compiled as this one is. */
const ENTRY = new URL(import.meta.url.replace(/set-checker(\.[jt]s)$/, "check-worker$1"));

export class SetChecker {
  #worker: Worker | null = null;
  #resting: NodeJS.Timeout | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /** Checks are done one after the other. */
  async check(request: CheckRequest): Promise<CheckedSet> {
    const before = this.#queue;
    const mine = before.then(() => this.#check(request));
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  async #check(request: CheckRequest): Promise<CheckedSet> {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    let timer: NodeJS.Timeout | null = null;
    try {
      return await new Promise<CheckedSet>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.once("exit", () => reject(new Error("the thread ended")));
        timer = setTimeout(() => reject(new Error("it takes too long")), LONGEST_MS);
        worker.postMessage(request);
      });
    } catch (error) {
      void this.#end();
      const message = `the set cannot be checked: ${(error as Error).message}`;
      return failedSet([setProblem(message)]);
    } finally {
      if (timer !== null) clearTimeout(timer);
      for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
      this.#resting = setTimeout(() => void this.#end(), REST_MS);
      this.#resting.unref();
    }
  }

  #start(): Worker {
    const worker = new Worker(ENTRY);
    worker.unref();
    return worker;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async close(): Promise<void> {
    if (this.#resting !== null) clearTimeout(this.#resting);
    await this.#end();
  }
}
