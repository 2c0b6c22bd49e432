/**
 * NATS KV buckets by the plain protocol (ADR-8): a bucket B is the stream KV_B, its key k the subject $KV.B.k. All
 * reads come from the stream's leader, never from a replica: what was acknowledged before is seen. Writing is `create`
 * alone, which is safe with two writers on every server; `update` is not, before 2.9.21.
 */

import type { Random } from "../base/random.ts";
import type { Broker, BrokerMessage, Outcome } from "./nats.ts";
import { openReader } from "./nats-reader.ts";
import { lastOfSubject, type StoredMessage, streamInfo } from "./nats-streams.ts";

export interface KvEntry {
  readonly key: string;
  /** Sequence in the bucket's stream. */
  readonly seq: number;
  /** When the broker stored it, whole milliseconds since 1970. */
  readonly timeMs: number;
  readonly data: Uint8Array;
}

export interface BucketContents {
  /** In the order of their last change. */
  readonly entries: readonly KvEntry[];
  /** The bucket's last sequence when it was read. */
  readonly lastSeq: number;
}

/** What became of `createEntry`. Unlike other requests it may have been done though it is "unreachable". */
export type CreateOutcome =
  | { readonly kind: "ok"; readonly seq: number }
  /** There is an entry of that key. */
  | { readonly kind: "exists" }
  | { readonly kind: "missing" | "unreachable" | "refused"; readonly reason: string };

const ACK_TIMEOUT_MS = 5000;
const OPERATION = "KV-Operation";
/** The key's sequence is not what it should be: 10071, and 10164 from 2.11 where another write is in flight. */
const EXISTS = [10071, 10164];
/** There is no room: in the bucket (10077), for the server (10023, 10047), or for the account (10002, 10028). */
const FULL = [10077, 10023, 10047, 10002, 10028];

export function bucketStream(bucket: string): string {
  return `KV_${bucket}`;
}

export function bucketSubject(bucket: string, key: string): string {
  return `$KV.${bucket}.${key}`;
}

/** The bucket's last sequence: it rises with every change. */
export async function bucketEnd(broker: Broker, bucket: string): Promise<Outcome<number>> {
  const info = await streamInfo(broker, bucketStream(bucket));
  if (info.kind === "ok") return { kind: "ok", value: info.value.lastSeq };
  return info.kind === "missing" ? noBucket(bucket) : info;
}

function noBucket(bucket: string): { readonly kind: "missing"; readonly reason: string } {
  return { kind: "missing", reason: `there is no bucket ${bucket}` };
}

/** Makes the bucket where it is missing: history 1, full means refused. True where it was made. */
export async function ensureBucket(broker: Broker, bucket: string): Promise<Outcome<boolean>> {
  const found = await bucketEnd(broker, bucket);
  if (found.kind === "ok") return { kind: "ok", value: false };
  if (found.kind !== "missing") return found;
  const made = await broker.api(`STREAM.CREATE.${bucketStream(bucket)}`, {
    name: bucketStream(bucket),
    subjects: [bucketSubject(bucket, ">")],
    retention: "limits",
    storage: "file",
    discard: "new",
    num_replicas: 1,
    max_msgs_per_subject: 1,
    max_msgs: -1,
    max_bytes: -1,
    max_age: 0,
    max_msg_size: -1,
    max_consumers: -1,
    deny_delete: true,
    allow_rollup_hdrs: true,
    duplicate_window: 120_000_000_000,
  });
  return made.kind === "ok" ? { kind: "ok", value: true } : made;
}

/** The entry of a key; "missing" where there is none, or it was deleted. */
export async function entryAt(
  broker: Broker,
  bucket: string,
  key: string,
): Promise<Outcome<KvEntry>> {
  const stored = await lastOfSubject(broker, bucketStream(bucket), bucketSubject(bucket, key));
  if (stored.kind !== "ok") return stored;
  if (isDeleted(stored.value)) return { kind: "missing", reason: `${key} was deleted` };
  return { kind: "ok", value: entryOf(bucket, stored.value) };
}

function isDeleted({ headers }: StoredMessage): boolean {
  return headers.some(([name]) => name === OPERATION);
}

function entryOf(bucket: string, message: Omit<StoredMessage, "headers">): KvEntry {
  const { seq, timeMs, data, subject } = message;
  return { key: subject.slice(bucketSubject(bucket, "").length), seq, timeMs, data };
}

/** Keys below a prefix that have a message, deleted ones among them, as the leader lists them. */
export async function bucketKeys(
  broker: Broker,
  bucket: string,
  filter: string,
): Promise<Outcome<readonly string[]>> {
  const body = { subjects_filter: bucketSubject(bucket, filter) };
  const outcome = await broker.api(`STREAM.INFO.${bucketStream(bucket)}`, body);
  if (outcome.kind === "missing") return noBucket(bucket);
  if (outcome.kind !== "ok") return outcome;
  const { state } = outcome.value as { state: { subjects?: Record<string, number> | null } };
  const start = bucketSubject(bucket, "").length;
  const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(start));
  return { kind: "ok", value: keys.sort() };
}

/** Reads the whole bucket as it was at one moment or, where it changes meanwhile, a little later. */
export async function readBucket(
  broker: Broker,
  bucket: string,
  random: Random,
): Promise<Outcome<BucketContents>> {
  const end = await bucketEnd(broker, bucket);
  if (end.kind !== "ok") return end;
  const lastSeq = end.value;
  const entries = new Map<string, KvEntry>();
  const reader = openReader(broker, { stream: bucketStream(bucket), afterSeq: 0, random });
  try {
    for (let seq = 0; seq < lastSeq; ) {
      const result = await reader.next();
      if (result.kind === "messages") {
        for (const message of result.messages) {
          const entry = entryOf(bucket, message);
          entries.delete(entry.key);
          entries.set(entry.key, entry);
          seq = message.seq;
        }
      } else if (result.kind === "idle" && result.caughtUp) break;
      else if (result.kind !== "idle") {
        return { kind: "unreachable", reason: `the bucket ${bucket} cannot be read` };
      }
    }
  } finally {
    reader.close();
  }
  // Whether nothing is a value or the mark of a deletion stands in the headers.
  for (const { key, data } of [...entries.values()]) {
    if (data.length > 0) continue;
    const found = await entryAt(broker, bucket, key);
    if (found.kind === "missing") entries.delete(key);
    else if (found.kind !== "ok") return found;
    else entries.set(key, found.value);
  }
  return { kind: "ok", value: { entries: [...entries.values()], lastSeq } };
}

/** Calls back when something is written into the bucket: a hint, for it may be missed. Gives the function that ends it. */
export function onBucketHint(broker: Broker, bucket: string, hint: () => void): () => void {
  return broker.subscribe(bucketSubject(bucket, ">"), hint);
}

/** Writes an entry whose key is new. With two writers of one key exactly one hears "ok". */
export async function createEntry(
  broker: Broker,
  bucket: string,
  key: string,
  data: Uint8Array,
): Promise<CreateOutcome> {
  const headers = [["Nats-Expected-Last-Subject-Sequence", "0"]] as const;
  const inbox = broker.newInbox();
  let end = (): void => undefined;
  try {
    const answer = await new Promise<BrokerMessage | string>((resolve) => {
      const off = broker.subscribe(inbox, resolve);
      const timer = setTimeout(() => resolve("no answer from NATS in time"), ACK_TIMEOUT_MS);
      const offLost = broker.onLost(() => resolve("the connection to NATS was lost meanwhile"));
      end = () => {
        clearTimeout(timer);
        offLost();
        off();
      };
      if (!broker.connected) resolve("there is no connection to NATS");
      else broker.publish(bucketSubject(bucket, key), data, inbox, headers);
    });
    return typeof answer === "string"
      ? { kind: "unreachable", reason: answer }
      : ackOf(answer, bucket);
  } catch (error) {
    return { kind: "refused", reason: (error as Error).message };
  } finally {
    end();
  }
}

function ackOf({ status, data }: BrokerMessage, bucket: string): CreateOutcome {
  // Nobody listens to the subject: no bucket, or no JetStream.
  if (status?.code === 503) return noBucket(bucket);
  if (status !== null) return { kind: "unreachable", reason: `${status.code} ${status.text}` };
  const ack = JSON.parse(new TextDecoder().decode(data)) as {
    readonly seq?: number;
    readonly error?: {
      readonly code: number;
      readonly err_code?: number;
      readonly description?: string;
    };
  };
  if (ack.error === undefined) return { kind: "ok", seq: ack.seq ?? 0 };
  const { code, err_code: errorCode = 0, description = `error ${code}` } = ack.error;
  if (EXISTS.includes(errorCode)) return { kind: "exists" };
  const mayPass = code === 503 && !FULL.includes(errorCode);
  return {
    kind: mayPass ? "unreachable" : "refused",
    reason: `${description} (${errorCode})`,
  };
}
