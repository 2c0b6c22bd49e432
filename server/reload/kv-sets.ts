/**
 * Rule sets in a NATS KV bucket: one key for each set, `set.1`, `set.2` and so on, whose value is the whole set. A set
 * is written by creating the next key, so that of two who push at once one is refused, and never changed afterwards;
 * who reads sees all of a set or nothing of it.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Broker, Outcome } from "../../io/nats.ts";
import { bucketKeys, createEntry, entryAt, type KvEntry } from "../../io/nats-kv.ts";
import { type PackedSet, unpackSet } from "./set-package.ts";

export interface NumberedSet {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** When it was pushed, in ms since 1970. */
  readonly pushedMs: number;
}

const PREFIX = "set.";

function numberOf(key: string): number | null {
  const digits = key.slice(PREFIX.length);
  return key.startsWith(PREFIX) && /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : null;
}

function numbered({ key, data, timeMs }: KvEntry): NumberedSet {
  return { number: numberOf(key) ?? 0, bytes: data, pushedMs: timeMs };
}

/** Numbers of the sets that the bucket holds or held, ascending. */
export async function setNumbers(
  broker: Broker,
  bucket: string,
): Promise<Outcome<readonly number[]>> {
  const keys = await bucketKeys(broker, bucket, `${PREFIX}*`);
  if (keys.kind !== "ok") return keys;
  const numbers = keys.value.flatMap((key) => numberOf(key) ?? []);
  return { kind: "ok", value: numbers.sort((a, b) => a - b) };
}

/** The set of this number; "missing" where there is none. */
export async function setAt(
  broker: Broker,
  bucket: string,
  number: number,
): Promise<Outcome<NumberedSet>> {
  const found = await entryAt(broker, bucket, PREFIX + number);
  return found.kind === "ok" ? { kind: "ok", value: numbered(found.value) } : found;
}

/** The set with the highest number; null in a bucket without sets. */
export async function newestSet(
  broker: Broker,
  bucket: string,
): Promise<Outcome<NumberedSet | null>> {
  // The last one written is the newest, unless it was deleted by hand.
  const last = await entryAt(broker, bucket, `${PREFIX}*`);
  if (last.kind === "ok") return { kind: "ok", value: numbered(last.value) };
  const numbers = await setNumbers(broker, bucket);
  if (numbers.kind !== "ok") return numbers;
  for (const number of [...numbers.value].reverse()) {
    const found = await setAt(broker, bucket, number);
    if (found.kind !== "missing") return found;
  }
  return { kind: "ok", value: null };
}

/** The number that the next set gets: above all that ever were, deleted ones too. */
async function nextNumber(broker: Broker, bucket: string): Promise<Outcome<number>> {
  const numbers = await setNumbers(broker, bucket);
  return numbers.kind === "ok" ? { kind: "ok", value: (numbers.value.at(-1) ?? 0) + 1 } : numbers;
}

export type PushOutcome =
  | { readonly kind: "pushed"; readonly number: number }
  /** Somebody else has pushed a set of this number. */
  | { readonly kind: "conflict"; readonly number: number; readonly other: PackedSet | null }
  | { readonly kind: "too large"; readonly bytes: number; readonly limit: number }
  /** Nothing was written: the bucket is full, is not there, or may not be written to. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not known whether it was written: the connection did not come back in time. */
  | { readonly kind: "unreachable"; readonly reason: string };

/** Headers and subject take their part of what the server accepts. */
const OVERHEAD_BYTES = 1024;
const RETRY_MS = 250;

/**
 * Pushes a packed set. `after`: the number of the newest set that the pusher knows; null: whatever is there. A lost
 * connection is waited for; what the bucket then holds under the number tells whether the set was written.
 */
export async function pushSet(
  broker: Broker,
  bucket: string,
  bytes: Uint8Array,
  options: { readonly after: number | null; readonly patienceMs: number },
): Promise<PushOutcome> {
  const limit = broker.maxPayloadBytes - OVERHEAD_BYTES;
  if (bytes.length > limit) return { kind: "too large", bytes: bytes.length, limit };
  const endMs = performance.now() + options.patienceMs;
  let number = options.after === null ? null : options.after + 1;
  let reason = "no answer";
  do {
    if (number === null) {
      const next = await nextNumber(broker, bucket);
      if (next.kind === "ok") number = next.value;
      else if (next.kind !== "unreachable") return { kind: "refused", reason: next.reason };
      else reason = next.reason;
    }
    if (number !== null) {
      const made = await createEntry(broker, bucket, PREFIX + number, bytes);
      if (made.kind === "ok") return { kind: "pushed", number };
      if (made.kind === "exists") {
        const judged = await judgeExisting(broker, bucket, number, bytes);
        if (judged !== null) return judged;
      } else if (made.kind !== "unreachable") return { kind: "refused", reason: made.reason };
      else reason = made.reason;
    }
    await sleep(RETRY_MS);
  } while (performance.now() < endMs);
  return { kind: "unreachable", reason };
}

/** The number is taken: by this very push, whose answer was lost, or by somebody else; null: it cannot be read now. */
async function judgeExisting(
  broker: Broker,
  bucket: string,
  number: number,
  bytes: Uint8Array,
): Promise<PushOutcome | null> {
  const found = await setAt(broker, bucket, number);
  if (found.kind === "unreachable") return null;
  if (found.kind !== "ok") return { kind: "conflict", number, other: null };
  if (Buffer.compare(found.value.bytes, bytes) === 0) return { kind: "pushed", number };
  const other = unpackSet(found.value.bytes);
  return { kind: "conflict", number, other: "set" in other ? other.set : null };
}
