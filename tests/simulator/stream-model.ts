/**
 * One JetStream stream as nats-server 2.9.10 keeps it: its messages, its checks on what is published, what of it is
 * left after a restart or a loss of power. tests/simulator-models.test.ts holds it to the real one.
 */

import { assert } from "../../base/assert.ts";

export type Headers = readonly (readonly [name: string, value: string])[];

export interface ModelMessage {
  readonly seq: number;
  readonly subject: string;
  readonly headers: Headers;
  readonly data: Uint8Array;
  /** Wall clock of the server. */
  readonly timeMs: number;
}

export interface ModelStreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly [setting: string]: unknown;
}

/** What the server answers to a publisher. */
export type PublishAnswer =
  | { readonly kind: "stored"; readonly seq: number; readonly duplicate: boolean }
  | {
      readonly kind: "refused";
      readonly code: number;
      readonly errCode: number;
      readonly description: string;
    };

export const EXPECTED_STREAM = "Nats-Expected-Stream";
export const EXPECTED_SEQ = "Nats-Expected-Last-Sequence";
export const EXPECTED_ID = "Nats-Expected-Last-Msg-Id";
export const MESSAGE_ID = "Nats-Msg-Id";

/** The window where the configuration names none. */
const DEFAULT_WINDOW_MS = 120_000;

export class StreamModel {
  readonly config: ModelStreamConfig;
  readonly created: string;
  /** By sequence - 1; null where deleted. */
  #messages: (ModelMessage | null)[] = [];
  #firstSeq = 1;
  #count = 0;
  #lastId = "";
  readonly #ids = new Map<string, { readonly seq: number; readonly atMs: number }>();

  constructor(config: ModelStreamConfig, created: string) {
    this.config = config;
    this.created = created;
  }

  get lastSeq(): number {
    return this.#messages.length;
  }

  /** As the server tells it: 1 in a new stream, one above the last where all are gone. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  get count(): number {
    return this.#count;
  }

  at(seq: number): ModelMessage | null {
    return this.#messages[seq - 1] ?? null;
  }

  /** Checks and stores, in the server's order of checks. */
  publish(subject: string, headers: Headers, data: Uint8Array, nowMs: number): PublishAnswer {
    const header = (name: string) => headers.find(([key]) => key === name)?.[1];
    const expectedStream = header(EXPECTED_STREAM);
    if (expectedStream !== undefined && expectedStream !== this.config.name) {
      return refused(10060, "expected stream does not match");
    }
    const id = header(MESSAGE_ID) ?? "";
    const known = id === "" ? undefined : this.#known(id, nowMs);
    if (known !== undefined) return { kind: "stored", seq: known, duplicate: true };
    const expectedSeq = header(EXPECTED_SEQ);
    if (expectedSeq !== undefined && Number(expectedSeq) !== this.lastSeq) {
      return refused(10071, `wrong last sequence: ${this.lastSeq}`);
    }
    const expectedId = header(EXPECTED_ID);
    if (expectedId !== undefined && expectedId !== this.#lastId) {
      return refused(10070, `wrong last msg ID: ${this.#lastId}`);
    }
    const seq = this.lastSeq + 1;
    this.#messages.push({ seq, subject, headers, data, timeMs: nowMs });
    this.#count++;
    this.#lastId = id;
    if (id !== "") this.#ids.set(id, { seq, atMs: nowMs });
    return { kind: "stored", seq, duplicate: false };
  }

  #known(id: string, nowMs: number): number | undefined {
    const found = this.#ids.get(id);
    return found !== undefined && nowMs - found.atMs <= this.#windowMs ? found.seq : undefined;
  }

  get #windowMs(): number {
    const { duplicate_window: nanoseconds } = this.config as { duplicate_window?: number };
    return nanoseconds === undefined ? DEFAULT_WINDOW_MS : nanoseconds / 1_000_000;
  }

  delete(seq: number): boolean {
    if (this.at(seq) === null) return false;
    this.#messages[seq - 1] = null;
    this.#count--;
    this.#trim();
    return true;
  }

  #trim(): void {
    while (this.#firstSeq <= this.lastSeq && this.at(this.#firstSeq) === null) this.#firstSeq++;
  }

  /** The oldest go, as if they had expired. */
  expireBefore(seq: number): void {
    for (let one = this.#firstSeq; one < seq && one <= this.lastSeq; one++) this.delete(one);
  }

  /** The power went: what lay behind this sequence had not reached the disk. */
  rollBack(lastSeq: number): void {
    assert(lastSeq <= this.lastSeq, "a stream goes back, not forth");
    for (let seq = lastSeq + 1; seq <= this.lastSeq; seq++)
      if (this.at(seq) !== null) this.#count--;
    this.#messages = this.#messages.slice(0, lastSeq);
    this.#firstSeq = Math.min(this.#firstSeq, lastSeq + 1);
  }

  /** After a restart the ids are read off the messages that are younger than the window. */
  restart(nowMs: number): void {
    this.#ids.clear();
    this.#lastId = "";
    for (const message of this.#messages) {
      const id = message?.headers.find(([name]) => name === MESSAGE_ID)?.[1] ?? "";
      if (message === null || id === "" || nowMs - message.timeMs > this.#windowMs) continue;
      this.#ids.set(id, { seq: message.seq, atMs: message.timeMs });
      this.#lastId = id;
    }
  }
}

function refused(errCode: number, description: string): PublishAnswer {
  return { kind: "refused", code: 400, errCode, description };
}
