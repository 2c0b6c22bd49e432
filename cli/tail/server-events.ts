/**
 * Reading server-sent events (HTML standard, section 9.2) of a running service, over every interruption: each return
 * names the last id that was seen.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../base/random.ts";
import { LinkedAbort } from "../../io/linked-abort.ts";
import { UsageError } from "../exit-code.ts";

export interface ServerEvent {
  /** "message" where the event has no name. */
  readonly event: string;
  /** The last id that was seen, "" before any. */
  readonly id: string;
  readonly data: string;
}

export interface ServerEventsOptions {
  readonly url: URL;
  /** Bearer token; null: none. */
  readonly token: string | null;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Hears once why there is no connection, and null when there is one again. */
  readonly onTrouble: (reason: string | null) => void;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 5000;
/** The service gives a sign of life every ten seconds. */
const SILENCE_MS = 30_000;

/** Events until the signal. Throws UsageError where the server says that asking again will not help. */
export async function* serverEvents(options: ServerEventsOptions): AsyncGenerator<ServerEvent> {
  const { random, signal, onTrouble } = options;
  const parser = new EventParser();
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      for await (const text of open(options, parser.lastId)) {
        retryMs = FIRST_RETRY_MS;
        yield* parser.feed(text);
      }
      onTrouble("the connection has ended");
    } catch (error) {
      if (error instanceof UsageError) throw error;
      if (!signal.aborted) onTrouble(reasonOf(error));
    }
    parser.interrupt();
    const pauseMs = retryMs * (0.5 + random.unit() / 2);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
  }
}

/** The texts of one connection, as they come. */
async function* open(options: ServerEventsOptions, lastId: string): AsyncGenerator<string> {
  const { url, token, signal, onTrouble } = options;
  const silence = new LinkedAbort(signal);
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await fetch(url, {
      headers: {
        accept: "text/event-stream",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(lastId === "" ? {} : { "last-event-id": lastId }),
      },
      redirect: "error",
      signal: silence.signal,
    });
    if (answer.status >= 400 && answer.status < 500) {
      await answer.body?.cancel();
      throw new UsageError(`${url.origin} refuses (${answer.status} ${answer.statusText})`);
    }
    if (answer.status !== 200 || answer.body === null) {
      await answer.body?.cancel();
      throw new Error(`the answer was ${answer.status}`);
    }
    onTrouble(null);
    const decoder = new TextDecoder();
    for await (const chunk of answer.body) {
      timer.refresh();
      yield decoder.decode(chunk as Uint8Array, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    silence.release();
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message: string; cause?: { code?: string } };
  return cause?.code ?? message;
}

/** Cuts the text into events; a piece may end anywhere. */
export class EventParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";
  #lastId = "";

  /** The id of the last event, also of one without data. */
  get lastId(): string {
    return this.#lastId;
  }

  /** The connection broke: what has come of an event is dropped, for it comes again. */
  interrupt(): void {
    this.#rest = "";
    this.#event = "";
    this.#data = [];
    this.#id = this.#lastId;
  }

  *feed(text: string): Generator<ServerEvent> {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") this.#field(line);
      else {
        this.#lastId = this.#id;
        const event = this.#event === "" ? "message" : this.#event;
        const data = this.#data.join("\n");
        const some = this.#data.length > 0;
        this.#event = "";
        this.#data = [];
        if (some) yield { event, id: this.#lastId, data };
      }
    }
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") this.#id = value;
    else if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
  }
}
