/**
 * Door of the package `nats`: a connection that outlives outages of the server, and the few operations of the
 * protocol that the rest needs. JetStream is used by its plain request subjects (nats-streams.ts, nats-reader.ts,
 * nats-publisher.ts), which differ less between versions than the client's layers above them.
 *
 * Invariants
 *  N1  An outage throws nothing: operations give an `Outcome`, the state of the connection goes to `onStatus`.
 *  N2  The connection is tried again for ever; it ends by `close` alone, or by the client's own decision, which is
 *      told as status "closed" and leaves nothing to be done but to end the process.
 */

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { checkServerIdentity } from "node:tls";
import {
  type ConnectionOptions,
  connect,
  createInbox,
  credsAuthenticator,
  type Msg,
  type MsgHdrs,
  headers as makeHeaders,
  type NatsConnection,
  nkeyAuthenticator,
  nkeys,
} from "nats";

export interface BrokerOptions {
  /** One URL, or several of one cluster. */
  readonly url: string | readonly string[];
  /** Name of the connection in the server's lists. */
  readonly name: string;
  /** Path of a credentials file. */
  readonly creds?: string;
  /** Path of a file that holds the seed of an NKEY. */
  readonly nkey?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Paths of PEM files; `{}` for TLS with the system's certificates. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** First tokens of reply subjects, for users who may subscribe to their own inbox only. */
  readonly inboxPrefix?: string;
  /** Hears of each change of the connection's state. */
  readonly onStatus?: (status: BrokerStatus) => void;
  /** Ends the waiting for a first connection. */
  readonly signal?: AbortSignal;
}

export interface BrokerStatus {
  readonly kind:
    | "waiting"
    | "connected"
    | "disconnected"
    | "reconnected"
    /** The user may not do what was tried; `text` names the subject. */
    | "denied"
    | "error"
    | "closed";
  /** One clause for people, without secrets. */
  readonly text: string;
}

/** What became of a request to the broker. */
export type Outcome<T> =
  | { readonly kind: "ok"; readonly value: T }
  /** What was asked for does not exist. */
  | { readonly kind: "missing"; readonly reason: string }
  /** No answer, or none yet: trying again later may help. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The broker said no; `code` is its error code. */
  | { readonly kind: "refused"; readonly reason: string; readonly code: number };

/** Why there is no connection and never will be: "auth", "options" or "aborted". */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
  readonly code: "auth" | "options" | "aborted";

  constructor(code: BrokerError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A message as it came in. */
export interface BrokerMessage {
  /** The subject it was published to, which for a JetStream delivery is not the one subscribed to. */
  readonly subject: string;
  /** Reply subject, "" where there is none; a JetStream delivery carries its positions here. */
  readonly reply: string;
  readonly data: Uint8Array;
  /** The status of a message without content that the server itself sent, or null. */
  readonly status: { readonly code: number; readonly text: string } | null;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;
const REQUEST_TIMEOUT_MS = 5000;
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Connects, waiting for the server for as long as it takes. Throws BrokerError where waiting cannot help: wrong
 * credentials, unusable options, or an aborted signal.
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const clientOptions = connectionOptions(options);
  const where = clientOptions.servers as string[];
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
    if (options.signal?.aborted) throw new BrokerError("aborted", "waiting for NATS was ended");
    try {
      const broker = new Broker(await connect(clientOptions), options);
      options.onStatus?.({ kind: "connected", text: `connected to NATS ${broker.serverVersion}` });
      return broker;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      if (isAuthCode(code)) {
        throw new BrokerError("auth", `NATS refused the credentials: ${message}`, error);
      }
      if (!isPassing(code)) {
        throw new BrokerError("options", `NATS cannot be used: ${message}`, error);
      }
      const text = `no NATS server at ${where.map(withoutSecrets).join(", ")}, waiting`;
      options.onStatus?.({ kind: "waiting", text });
      await sleep(retryMs, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

function connectionOptions(options: BrokerOptions): ConnectionOptions {
  const { url, name, creds, nkey, user, password, token, tls, inboxPrefix } = options;
  const authenticator = [
    ...(creds === undefined ? [] : [credsAuthenticator(readSecret(creds, "credentials"))]),
    ...(nkey === undefined ? [] : [nkeyAuthenticator(readSeed(nkey))]),
  ];
  return {
    servers: typeof url === "string" ? [url] : [...url],
    name,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => 100 + Math.random() * 400,
    ignoreAuthErrorAbort: true,
    pingInterval: 10_000,
    timeout: 5000,
    noAsyncTraces: true,
    ...(authenticator.length === 0 ? {} : { authenticator }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(tls === undefined ? {} : { tls: tlsOptions(tls, typeof url === "string" ? [url] : url) }),
  };
}

function tlsOptions(
  tls: NonNullable<BrokerOptions["tls"]>,
  urls: readonly string[],
): NonNullable<ConnectionOptions["tls"]> {
  const addresses = urls.map(hostOf).filter((host) => isIP(host) > 0);
  const options = {
    // The client names no host where the server's is an address, and Node would then check for "localhost".
    ...(addresses.length === 0 ? {} : { checkServerIdentity: identityCheck(addresses) }),
    ...(tls.ca === undefined ? {} : { caFile: tls.ca }),
    ...(tls.cert === undefined ? {} : { certFile: tls.cert }),
    ...(tls.key === undefined ? {} : { keyFile: tls.key }),
  };
  return options;
}

function identityCheck(addresses: readonly string[]): typeof checkServerIdentity {
  return (host, certificate) => {
    if (host !== "localhost") return checkServerIdentity(host, certificate);
    const errors = addresses.map((address) => checkServerIdentity(address, certificate));
    return errors.includes(undefined) ? undefined : errors[0];
  };
}

/** The host of a server's URL; a port and `nats://` may be left out. */
function hostOf(url: string): string {
  try {
    const { hostname } = new URL(url.includes("://") ? url : `nats://${url}`);
    return hostname.replace(/^\[(.*)\]$/, "$1");
  } catch {
    // The client says what is wrong with it.
    return "";
  }
}

function readSecret(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new BrokerError("options", `the ${what} file ${path} cannot be read`, cause);
  }
}

/** The seed that the file holds, alone or between other lines, as `nsc` writes it. */
function readSeed(path: string): Uint8Array {
  const text = new TextDecoder().decode(readSecret(path, "NKEY"));
  const seed = new TextEncoder().encode(/\bSU[A-Z2-7]{56}\b/.exec(text)?.[0] ?? "");
  try {
    nkeys.fromSeed(seed);
    return seed;
  } catch {
    // The cause could repeat what the file holds.
    throw new BrokerError("options", `the NKEY file ${path} holds no seed of a user`);
  }
}

function isAuthCode(code: string | undefined): boolean {
  return (
    code === "AUTHORIZATION_VIOLATION" ||
    code === "BAD_AUTHENTICATION" ||
    code === "BAD_CREDS" ||
    code === "AUTHENTICATION_EXPIRED" ||
    code === "ACCOUNT_EXPIRED"
  );
}

/** Errors of a first connection that end when the server or the network is there. */
function isPassing(code: string | undefined): boolean {
  return (
    code === "CONNECTION_REFUSED" ||
    code === "CONNECTION_TIMEOUT" ||
    code === "CONNECTION_CLOSED" ||
    code === "DISCONNECT" ||
    code === "TIMEOUT" ||
    code === "AUTHENTICATION_TIMEOUT" ||
    // Of the system, as ECONNREFUSED; those of Node itself, as ERR_TLS_…, do not pass.
    (code !== undefined && /^E(?!RR_)/.test(code))
  );
}

/** The URL without user and password. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}

/** What of the client's connection is used: all that reaches the network. */
export type Connection = Pick<
  NatsConnection,
  "info" | "subscribe" | "publish" | "request" | "status" | "closed" | "drain" | "close"
>;

/** A connection to NATS. Owns the client's connection and tells its state. */
export class Broker {
  readonly #connection: Connection;
  readonly #inboxPrefix: string | undefined;
  readonly #onStatus: (status: BrokerStatus) => void;
  readonly #lostListeners = new Set<() => void>();
  #connected = true;
  /** Is it being closed? Then it is not lost. */
  #closing = false;

  constructor(connection: Connection, options: BrokerOptions) {
    this.#connection = connection;
    this.#inboxPrefix = options.inboxPrefix;
    this.#onStatus = options.onStatus ?? (() => undefined);
    void this.#watch();
    void this.#awaitClose();
  }

  /** Is there a connection at this moment? */
  get connected(): boolean {
    return this.#connected;
  }

  /** Version of the server last connected to: `2.9.10`. */
  get serverVersion(): string {
    return this.#connection.info?.version ?? "0.0.0";
  }

  /** Does the server have what came with this version? */
  isAtLeast(major: number, minor: number): boolean {
    const [a = 0, b = 0] = this.serverVersion.split(".").map(Number);
    return a > major || (a === major && b >= minor);
  }

  /** Greatest message that the server takes, in bytes. */
  get maxPayloadBytes(): number {
    return this.#connection.info?.max_payload ?? 1 << 20;
  }

  /** Calls back when the connection is lost, each time; gives the function that ends it. */
  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  /** A subject that nobody else uses, for replies. */
  newInbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  /** Calls back for each message; gives the function that ends it. Outlives reconnections. */
  subscribe(subject: string, onMessage: (message: BrokerMessage) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) onMessage(brokerMessage(message));
        // A denial is told by the connection's own status.
        else if (!isDenial(error)) this.#onStatus({ kind: "error", text: error.message });
      },
    });
    return () => subscription.unsubscribe();
  }

  /**
   * Sends a message; while there is no connection it may be lost. Throws where it is too great, its subject or
   * headers are malformed, or the connection was closed.
   */
  publish(
    subject: string,
    data: Uint8Array,
    reply?: string,
    headers?: readonly (readonly [name: string, value: string])[],
  ): void {
    this.#connection.publish(subject, data, {
      ...(reply === undefined ? {} : { reply }),
      ...(headers === undefined ? {} : { headers: headersOf(headers) }),
    });
  }

  /**
   * A request to the JetStream API: `api("STREAM.INFO.EVENTS")`. The body goes as JSON; so comes the answer.
   * Without a connection it is unreachable at once.
   */
  async api(
    path: string,
    body?: unknown,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<Outcome<unknown>> {
    let off = (): void => undefined;
    const lost = new Promise<never>((_, reject) => {
      if (!this.#connected) reject(new Error("it is lost"));
      off = this.onLost(() => reject(new Error("it was lost meanwhile")));
    });
    try {
      const payload = body === undefined ? "" : JSON.stringify(body);
      const options = { timeout: timeoutMs };
      const answer = this.#connection.request(`$JS.API.${path}`, payload, options);
      return apiOutcome(JSON.parse((await Promise.race([lost, answer])).string()));
    } catch (error) {
      if (isDenial(error)) return { kind: "refused", reason: denialText(error), code: 403 };
      return { kind: "unreachable", reason: unreachableReason(error) };
    } finally {
      off();
    }
  }

  /** Ends the connection; what was published before is flushed where the server is there. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#connected) {
      const drained = this.#connection.drain().catch(() => undefined);
      await Promise.race([drained, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    }
    await this.#connection.close();
  }

  async #watch(): Promise<void> {
    for await (const { type, data, permissionContext } of this.#connection.status()) {
      if (type === "disconnect") this.#lose();
      else if (type === "reconnect") {
        this.#connected = true;
        this.#onStatus({
          kind: "reconnected",
          text: `connected to NATS ${this.serverVersion} again`,
        });
      } else if (type === "error") {
        if (permissionContext === undefined)
          this.#onStatus({ kind: "error", text: `NATS reports ${String(data)}` });
        else this.#onStatus({ kind: "denied", text: denialText({ permissionContext }) });
      }
    }
  }

  async #awaitClose(): Promise<void> {
    const error = await this.#connection.closed();
    if (this.#connected) this.#lose();
    const text = error
      ? `the NATS client gave up: ${error.message}`
      : "the NATS connection is closed";
    this.#onStatus({ kind: "closed", text });
  }

  #lose(): void {
    this.#connected = false;
    if (!this.#closing) {
      this.#onStatus({ kind: "disconnected", text: "the connection to NATS is lost" });
    }
    for (const listener of [...this.#lostListeners]) listener();
  }
}

function brokerMessage(message: Msg): BrokerMessage {
  const { headers, data } = message;
  const status =
    headers !== undefined && headers.code > 0 && data.length === 0
      ? { code: headers.code, text: headers.description }
      : null;
  return { subject: message.subject, reply: message.reply ?? "", data, status };
}

function headersOf(entries: readonly (readonly [name: string, value: string])[]): MsgHdrs {
  const headers = makeHeaders();
  for (const [name, value] of entries) headers.append(name, value);
  return headers;
}

/** JetStream's error codes for what does not exist (errors.json of nats-server). */
const MISSING = [
  10014, // consumer not found
  10037, // no message found
  10059, // stream not found
];

/** What an answer of the JetStream API says: its `error`, or itself. */
function apiOutcome(answer: unknown): Outcome<unknown> {
  const { error } = answer as {
    error?: { code: number; err_code?: number; description?: string };
  };
  if (error === undefined) return { kind: "ok", value: answer };
  const code = error.err_code ?? error.code;
  const reason = error.description ?? `error ${code}`;
  if (MISSING.includes(code)) return { kind: "missing", reason };
  // 5xx: no leader yet, JetStream starting or out of resources.
  if (error.code >= 500) return { kind: "unreachable", reason };
  return { kind: "refused", reason, code };
}

function isDenial(error: unknown): boolean {
  return (error as { code?: string }).code === "PERMISSIONS_VIOLATION";
}

/** What the client says where the user's permissions lack something. */
function denialText(error: unknown): string {
  const { permissionContext } = error as {
    permissionContext?: { readonly operation: string; readonly subject: string };
  };
  if (permissionContext === undefined) return "the user's permissions do not allow it";
  const { operation, subject } = permissionContext;
  const what = operation === "publish" ? "publish to" : "subscribe to";
  return `the user's permissions do not let it ${what} ${subject}`;
}

function unreachableReason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  if (code === "503") return "JetStream does not answer";
  if (code === "TIMEOUT") return "no answer from NATS in time";
  return `no connection to NATS (${message})`;
}
