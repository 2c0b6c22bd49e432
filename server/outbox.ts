/**
 * The outbox: records committed with the state that they follow from, until the alert stream has them, and for a while
 * longer, because a broker that lost power may lose what it acknowledged.
 *
 * Invariants
 *  O1  Numbers rise by one from record to record, across restarts; a record's number never changes.
 *  O2  A record is handed to the publisher only after the commit that holds it, or between two checkpoints.
 *  O3  The entries stored are an unbroken range that ends with the last number given: [firstStored, next). Between two
 *      checkpoints the end of that range is in memory only: a restart finds it again by stepping the same messages.
 *  O4  Acknowledged entries are removed from the front only, in slices, as part of a later commit.
 */

import { assert } from "../base/assert.ts";
import type { Store, StoreChange } from "../state/store.ts";
import {
  decodeRecord,
  encodeRecord,
  type NumberedRecord,
  type OutboxRecord,
} from "./outbox-record.ts";

export const OUTBOX_SPACE = "outbox";

export interface OutboxLimits {
  /** Unacknowledged records at which intake pauses. */
  readonly entries: number;
  readonly bytes: number;
  /** How long an acknowledged entry is kept, in milliseconds of the monotonic clock. */
  readonly keepMs: number;
  /** Acknowledged entries kept at most, whatever their age. */
  readonly keepEntries: number;
}

export const OUTBOX_LIMITS: OutboxLimits = {
  entries: 100_000,
  bytes: 64 * 1024 * 1024,
  keepMs: 600_000,
  keepEntries: 100_000,
};

/** Entries that one commit removes at most, beside twice as many as it stores. */
const PRUNE_SLICE = 1_000;

/** Age of entries is told by marks that span so long. */
const MARK_MS = 1_000;

/** All entries up to a number were acknowledged by `atMs`, those of this mark since `fromMs`. */
interface AckMark {
  readonly number: number;
  readonly fromMs: number;
  readonly atMs: number;
}

export class Outbox {
  readonly #store: Pick<Store, "get" | "scan">;
  readonly #limits: OutboxLimits;
  /** Number of the next record. */
  #next: number;
  #firstStored: number;
  #acked: number;
  /** Committed, in the order of numbers; from `#head` on those after `#acked`. */
  #waiting: NumberedRecord[] = [];
  #head = 0;
  #waitingBytes = 0;
  /** Numbered, and on their way into a commit. */
  #staged: NumberedRecord[] = [];
  /** Handed out and not stored: they go into the next commit. */
  #unstored: NumberedRecord[] = [];
  #unstoredBytes = 0;
  /** Are those staged to be stored? */
  #storing = true;
  #marks: AckMark[] = [];
  /** Entries that the next commit may remove. */
  #slice = PRUNE_SLICE;
  #pruned = 0;

  /** `next`: the number after the last one given, as stored. Call `reload` before the first use. */
  constructor(
    store: Pick<Store, "get" | "scan">,
    next: number,
    limits: OutboxLimits = OUTBOX_LIMITS,
  ) {
    this.#store = store;
    this.#limits = limits;
    this.#next = next;
    this.#acked = next - 1;
    this.#firstStored = next;
    for (const { key } of store.scan(OUTBOX_SPACE, { limit: 1 })) this.#firstStored = numberOf(key);
  }

  get next(): number {
    return this.#next;
  }

  get acked(): number {
    return this.#acked;
  }

  /** Committed records that are not acknowledged. */
  get entries(): number {
    return this.#waiting.length - this.#head;
  }

  get bytes(): number {
    return this.#waitingBytes;
  }

  /** Should intake wait until the alert stream has taken some? */
  get full(): boolean {
    return this.entries >= this.#limits.entries || this.#waitingBytes >= this.#limits.bytes;
  }

  /** Is so much not stored that it is time for a commit? */
  get needsStoring(): boolean {
    const { entries, bytes } = this.#limits;
    return this.#unstored.length >= entries || this.#unstoredBytes >= bytes;
  }

  /** The lowest number that can be sent again. */
  get firstStored(): number {
    return this.#firstStored;
  }

  /** The committed record of a number after `acked`; undefined where none was committed. */
  waiting(number: number): NumberedRecord | undefined {
    return this.#waiting[this.#head + number - this.#acked - 1];
  }

  /** The stored record of this number, or null where it was removed. */
  stored(number: number): NumberedRecord | null {
    const [first] = this.#unstored;
    if (first !== undefined && number >= first.number) {
      return this.#unstored[number - first.number] ?? null;
    }
    const bytes = this.#store.get(OUTBOX_SPACE, keyOf(number));
    return bytes === null ? null : decodeRecord(number, bytes);
  }

  /** The alert stream's last number is `acked`: what comes after it waits again. It must still be stored. */
  reload(acked: number, nowMs: number): void {
    assert(acked >= this.#firstStored - 1 && acked < this.#next, "what is sent again is stored");
    this.#acked = acked;
    this.#waiting = [];
    this.#head = 0;
    this.#waitingBytes = 0;
    for (const { key, value } of this.#store.scan(OUTBOX_SPACE, { from: keyOf(acked + 1) })) {
      this.#add(decodeRecord(numberOf(key), value));
    }
    for (const record of this.#unstored) if (record.number > acked) this.#add(record);
    const mark = { number: acked, fromMs: nowMs, atMs: nowMs };
    this.#marks = acked >= this.#firstStored ? [mark] : [];
  }

  #add(record: NumberedRecord): void {
    this.#waiting.push(record);
    this.#waitingBytes += record.payload.length;
  }

  /** Numbers the records of a commit and gives the changes that store them, and those before that are not stored. */
  stage(records: readonly OutboxRecord[]): StoreChange[] {
    this.#number(records);
    this.#storing = true;
    const stored = [...this.#unstored, ...this.#staged];
    // More than come, or they would pile up.
    this.#slice = PRUNE_SLICE + 2 * stored.length;
    return stored.map((record) => ({
      space: OUTBOX_SPACE,
      key: keyOf(record.number),
      value: encodeRecord(record),
    }));
  }

  /** Numbers the records of a commit that stores nothing. */
  stageUnstored(records: readonly OutboxRecord[]): void {
    this.#number(records);
    this.#storing = false;
  }

  #number(records: readonly OutboxRecord[]): void {
    for (const record of records) this.#staged.push({ ...record, number: this.#next++ });
  }

  /** What was numbered and is not committed yet. */
  get staged(): readonly NumberedRecord[] {
    return this.#staged;
  }

  /** Changes that remove entries which are acknowledged for long enough. */
  stagePruning(nowMs: number): StoreChange[] {
    const before = Math.max(this.#expired(nowMs), this.#acked - this.#limits.keepEntries);
    const end = Math.min(before, this.#firstStored - 1 + this.#slice);
    const changes: StoreChange[] = [];
    for (let number = this.#firstStored; number <= end; number++) {
      changes.push({ space: OUTBOX_SPACE, key: keyOf(number), value: null });
    }
    this.#pruned = changes.length;
    return changes;
  }

  /** The highest number acknowledged for long enough; 0 where there is none. */
  #expired(nowMs: number): number {
    let expired = 0;
    while (this.#marks[0] !== undefined && this.#marks[0].atMs + this.#limits.keepMs <= nowMs) {
      expired = this.#marks[0].number;
      // The mark stays until a later one is due as well: one slice may not remove all that it covers.
      if (expired > this.#firstStored - 1 + this.#slice) return expired;
      this.#marks.shift();
    }
    return expired;
  }

  /** The commit that holds what was staged is durable, or stores nothing. */
  committed(): void {
    if (this.#storing) {
      this.#unstored = [];
      this.#unstoredBytes = 0;
    }
    for (const record of this.#staged) {
      this.#add(record);
      if (this.#storing) continue;
      this.#unstored.push(record);
      this.#unstoredBytes += record.payload.length;
    }
    this.#staged = [];
    this.#firstStored += this.#pruned;
    this.#pruned = 0;
    this.#slice = PRUNE_SLICE;
  }

  /** The alert stream has everything up to `number`. */
  acknowledge(number: number, nowMs: number): void {
    const count = number - this.#acked;
    assert(count >= 0 && count <= this.entries, "acknowledged records were waiting");
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      this.#waitingBytes -= this.#waiting[this.#head++]?.payload.length ?? 0;
    }
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#acked = number;
    this.#mark(number, nowMs);
  }

  /** One mark a second is enough to tell the age of an entry: it counts from the last one that the mark spans. */
  #mark(number: number, atMs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && atMs - last.fromMs < MARK_MS) {
      this.#marks[this.#marks.length - 1] = { number, fromMs: last.fromMs, atMs };
    } else this.#marks.push({ number, fromMs: atMs, atMs });
  }
}

const TWO_32 = 4_294_967_296;

/** Big-endian, so that entries sort by number. */
function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(8);
  const view = new DataView(key.buffer);
  view.setUint32(0, Math.floor(number / TWO_32));
  view.setUint32(4, number % TWO_32);
  return key;
}

function numberOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(0) * TWO_32 + view.getUint32(4);
}
