/**
 * The store contract: what keeps the engine's state between runs. Named spaces of entries in key order, changed by
 * commits that happen whole or not at all.
 *
 * Invariants
 *  S1  After `commit` returned, all its changes are durable; after it threw, or the process died in it before the
 *      last write reached the disk, none is visible.
 *  S2  Keys are 1 to 511 bytes and ordered bytewise, a prefix before what it begins; values are any bytes, also none.
 *  S3  Bytes handed out belong to the caller, bytes handed in may be reused once the call returned.
 *  S4  One process has a store open at a time, and no commit happens while a scan of the same store is being read.
 *
 * Implementations: `memory-store.ts` and `lmdb-store.ts`; a generated test holds them to the same answers.
 */

import { assert } from "../base/assert.ts";

/** Longest key in bytes: LMDB's limit with pages of 4 KB. The caller hashes what is longer. */
export const MAX_KEY_BYTES = 511;

/** What a stored value takes beside its payload: counted where no frame is written as well. */
export const FRAME_BYTES = 5;

/** Most spaces in one store. */
export const MAX_SPACES = 32;

/** What a space may be called. */
export const SPACE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** A key that breaks S2 is a bug of the caller. */
export function assertKey(key: Uint8Array): void {
  assert(
    key.length > 0 && key.length <= MAX_KEY_BYTES,
    `a key has 1 to ${MAX_KEY_BYTES} bytes, not ${key.length}`,
  );
}

export function assertSpaceName(name: string): void {
  assert(SPACE_NAME.test(name), `a space is called ${SPACE_NAME.source}, not "${name}"`);
}

/** One write of a commit. `value` null deletes the entry; deleting what is not there is no error. */
export interface StoreChange {
  readonly space: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A part of a space. Absent bounds are open. */
export interface StoreRange {
  /** First key, inclusive. */
  readonly from?: Uint8Array;
  /** End of the keys, exclusive. */
  readonly to?: Uint8Array;
  /** Most entries to give, at least 0. */
  readonly limit?: number;
}

export interface Store {
  /** The entry's value, or null where there is none. Throws StoreError "corrupt" where the checksum is wrong. */
  get(space: string, key: Uint8Array): Uint8Array | null;
  /** Entries in ascending key order, read a slice at a time as the caller goes on. Errors as in `get`. */
  scan(space: string, range?: StoreRange): Iterable<StoreEntry>;
  /**
   * Applies all changes in order (the last one of a key counts) or none, durably, and gives the bytes of the keys
   * and framed values written. Throws StoreError "disk-full" or "io"; the same changes may be tried again.
   * What the iterable itself throws aborts the commit and comes through.
   */
  commit(changes: Iterable<StoreChange>): number;
  /** Ends the use of the store; another process may open it then. Closing twice is no error. */
  close(): void | Promise<void>;
}

/**
 * Why a store failed.
 *  disk-full  the disk has no room; retrying helps once it has
 *  io         the disk refused for another reason
 *  corrupt    stored bytes are not what was written: stop, restore a snapshot
 *  locked     another process has the store open
 *  version    the value was written by another version of the format
 */
export type StoreErrorCode = "disk-full" | "io" | "corrupt" | "locked" | "version";

/** A failure of the world below the store. The message is a sentence without a full stop that names the place. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
