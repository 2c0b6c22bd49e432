/**
 * Door to the outside for HTTP: one POST to an address of a configuration, bounded in time and in what is read.
 *
 * Invariants
 *  W1  A name is resolved once per connection; all its addresses are judged, and the connection goes to one of those
 *      that were judged: a second look-up cannot answer differently.
 *  W2  No redirect is followed, and no proxy of the environment is used.
 *  W3  From the first byte to the answer's end it takes `timeoutMs` at most, and at most `maxAnswerBytes` are read.
 *  W4  No secret is in a `reason`: neither the URL's path nor headers nor contents of the answer.
 *
 * `fetch` cannot be told which address to use, so `node:http` and `node:https` with a `lookup` of our own are.
 */

import { lookup } from "node:dns/promises";
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { LinkedAbort } from "./linked-abort.ts";
import { type AddressPolicy, addressRefusal, judgeUrl, type UrlPolicy } from "./webhook-address.ts";

export interface PostOptions extends UrlPolicy {
  readonly url: string;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

export interface PostResult {
  /** The answer's status; null: there was none. */
  readonly status: number | null;
  /** Why there was none, a clause without secrets; "" where there was one. */
  readonly reason: string;
  /** What the receiver asks to wait for (`Retry-After` in seconds), in milliseconds; null: nothing. */
  readonly retryAfterMs: number | null;
}

/** Why a connection is not made. */
class AddressError extends Error {
  override readonly name = "AddressError";
  readonly code = "address";
}

/** Posts to one URL, with a connection that is kept between requests. */
export class WebhookDoor {
  readonly #options: PostOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #stop = new AbortController();

  constructor(options: PostOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const agentOptions = {
      keepAlive: true,
      maxSockets: 1,
      maxFreeSockets: 1,
      scheduling: "fifo",
    } as const;
    this.#agent =
      this.#url.protocol === "https:" ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  }

  /** Posts the body. Never throws: what went wrong is in the result. */
  async post(headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<PostResult> {
    const refusal = this.#refusal();
    if (refusal !== null) return failed(refusal);
    const { timeoutMs } = this.#options;
    const ending = new LinkedAbort(this.#stop.signal);
    const timer = setTimeout(() => ending.abort(), timeoutMs);
    try {
      return await this.#exchange(headers, body, ending.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return failed("the service ends");
      if (ending.signal.aborted) return failed(`no answer within ${timeoutMs} ms`);
      return failed(reasonOf(error));
    } finally {
      clearTimeout(timer);
      ending.release();
    }
  }

  /** Ends a request under way, and the kept connection. */
  close(): void {
    this.#stop.abort();
    this.#agent.destroy();
  }

  /** What can be said without a connection. */
  #refusal(): string | null {
    const fault = judgeUrl(this.#url, this.#options);
    if (fault === null) return null;
    if (fault.kind === "no TLS") return "the address is not https, and http is not allowed";
    return `${fault.address} is refused: ${fault.reason}`;
  }

  #exchange(
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<PostResult> {
    return new Promise((resolve, reject) => {
      const request = this.#request(headers, body, signal);
      let result: PostResult | null = null;
      // Once the status came, what happens to the rest of the answer changes nothing.
      request.on("error", (error) => (result === null ? reject(error) : resolve(result)));
      request.on("response", (answer: IncomingMessage) => {
        const answered = resultOf(answer);
        result = answered;
        let bytes = 0;
        const finish = (): void => resolve(answered);
        answer.on("data", (chunk: Uint8Array) => {
          bytes += chunk.length;
          if (bytes <= this.#options.maxAnswerBytes) return;
          // The status says all that is asked; a connection with an answer left in it cannot be kept.
          finish();
          request.destroy();
        });
        answer.on("end", finish);
        answer.on("error", finish);
      });
      request.end(body);
    });
  }

  #request(
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    signal: AbortSignal,
  ): ClientRequest {
    const options = {
      method: "POST",
      headers: { ...headers, "content-length": String(body.length) },
      agent: this.#agent,
      lookup: checkedLookup(this.#options),
      autoSelectFamily: false,
      maxHeaderSize: 16_384,
      signal,
    };
    return this.#url.protocol === "https:"
      ? httpsRequest(this.#url, options)
      : httpRequest(this.#url, options);
  }
}

/** Resolves a name, and gives the first address only where every one of them may be connected to. */
function checkedLookup(policy: AddressPolicy): LookupFunction {
  return (hostname, _options, callback) => {
    lookup(hostname, { all: true, order: "verbatim" }).then(
      (found) => {
        const [first] = found;
        for (const { address } of found) {
          const refusal = addressRefusal(address, policy);
          if (refusal !== null) {
            const message = `${hostname} is ${address}, which is refused: ${refusal}`;
            callback(new AddressError(message), "", 0);
            return;
          }
        }
        if (first === undefined) callback(new AddressError(`${hostname} has no address`), "", 0);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}

const MAX_RETRY_AFTER_S = 86_400;

function resultOf(answer: IncomingMessage): PostResult {
  const after = answer.headers["retry-after"];
  const seconds = after !== undefined && /^\d{1,9}$/.test(after) ? Number(after) : null;
  return {
    status: answer.statusCode ?? null,
    reason: "",
    retryAfterMs: seconds === null ? null : Math.min(seconds, MAX_RETRY_AFTER_S) * 1000,
  };
}

function failed(reason: string): PostResult {
  return { status: null, reason, retryAfterMs: null };
}

/** What an error says without telling more than a place: codes of Node, or our own words. */
function reasonOf(error: unknown): string {
  const { name, code, message } = error as { name?: string; code?: string; message: string };
  if (name === "AddressError") return message;
  return code === undefined ? "the request failed" : `the connection failed (${code})`;
}
