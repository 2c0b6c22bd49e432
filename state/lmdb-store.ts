/**
 * The store on disk: one LMDB environment per folder. Door of the package `lmdb`.
 *
 * Invariants
 *  L1  Writes happen in `transactionSync` only: its callback aborts when it throws, and it returns after the flush
 *      to disk, for `overlappingSync` is off. (The asynchronous `transaction` commits what a throwing callback wrote.)
 *  L2  No read transaction outlives a call: entries are copied out a slice at a time, so that no reader pins pages.
 *  L3  Every value is framed with its checksum (value-frame.ts).
 *  L4  Opened by the main thread only, by one process at a time (store-owner.ts).
 *
 * A damaged tree can abort the whole process inside LMDB, where nothing can be caught: who must know beforehand lets
 * a child process open and scan the folder.
 */

import { closeSync, existsSync, mkdirSync, openSync, readSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type Database, open, type RootDatabase } from "lmdb";
import { assert } from "../base/assert.ts";
import {
  assertKey,
  assertSpaceName,
  FRAME_BYTES,
  MAX_SPACES,
  type Store,
  type StoreChange,
  type StoreEntry,
  StoreError,
  type StoreRange,
} from "./store.ts";
import { claimStore, type OwnerRecord, releaseStore } from "./store-owner.ts";
import { readFrame, spaceSeed, writeFrame } from "./value-frame.ts";

export interface LmdbOptions {
  /** Address space to reserve, in bytes; LMDB grows beyond it, at the price of mapping anew. */
  readonly mapBytes?: number;
}

const DEFAULT_MAP_BYTES = 4 * 1024 ** 3;

/** A slice of a scan ends after this many entries or bytes of values. */
const SLICE_ENTRIES = 512;
const SLICE_BYTES = 1 << 20;

/** Below this many free bytes a refused write is put down to a full disk: LMDB reports both as EIO. */
const FULL_BYTES = 1 << 20;

/** The space, outside of the names that callers may use, that tells which process has the store open. */
const OWNER_SPACE = "_owner";
const OWNER_KEY = Uint8Array.of(1);

type Bytes = Database<Uint8Array, Uint8Array>;

const SPACE_OPTIONS = { encoding: "binary", keyEncoding: "binary", cache: false } as const;
const LMDB_OPTIONS = {
  ...SPACE_OPTIONS,
  noSubdir: false,
  overlappingSync: false,
  noMemInit: false,
  maxReaders: 32,
  maxDbs: MAX_SPACES + 2,
} as const;

/**
 * Opens the store in `folder`, making both where they are missing.
 * Throws StoreError "locked" where another process that lives has it open, "io" where the folder cannot be used.
 */
export function openLmdbStore(folder: string, options: LmdbOptions = {}): Store {
  let root: RootDatabase<Uint8Array, Uint8Array>;
  try {
    mkdirSync(folder, { recursive: true });
    checkHeader(join(folder, "data.mdb"));
    root = open<Uint8Array, Uint8Array>({
      ...LMDB_OPTIONS,
      path: folder,
      mapSize: options.mapBytes ?? DEFAULT_MAP_BYTES,
    });
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw failure(folder, `the state folder ${folder} cannot be opened`, cause);
  }
  try {
    return new LmdbStore(folder, root);
  } catch (error) {
    root.close().catch(() => undefined);
    throw error instanceof StoreError
      ? error
      : failure(folder, `the state folder ${folder} cannot be read`, error);
  }
}

/**
 * Opens the store of a folder for reading only, in one snapshot whose pages stay as they are until the function given
 * is called, whatever another process commits meanwhile. Reads the ends of each space, as LMDB sees them. For a child
 * process: where the file is damaged, this may end the process.
 */
export function pinLmdb(folder: string): () => Promise<void> {
  const root = open<Uint8Array, Uint8Array>({
    ...LMDB_OPTIONS,
    path: folder,
    readOnly: true,
    mapSize: DEFAULT_MAP_BYTES,
  });
  for (const name of [...root.getKeys()].map(spaceName)) {
    const space = root.openDB<Uint8Array, Uint8Array>({ name, ...SPACE_OPTIONS });
    for (const reverse of [false, true]) Array.from(space.getKeys({ limit: 1, reverse }));
  }
  const snapshot = root.useReadTransaction();
  return async () => {
    snapshot.done();
    await root.close();
  };
}

/** LMDB's mark of its first page, behind a page header of 24 bytes; in the machine's own byte order. */
const MDB_MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;

/** Refuses a file that LMDB did not write: opening one ends the process with a segmentation fault. */
function checkHeader(file: string): void {
  if (!existsSync(file)) return;
  const header = new Uint32Array(7);
  const descriptor = openSync(file, "r");
  const length = readSync(descriptor, header, 0, header.byteLength, 0);
  closeSync(descriptor);
  if (length === 0 || header[MAGIC_OFFSET / 4] === MDB_MAGIC) return;
  throw new StoreError("corrupt", `${file} is not an LMDB file`);
}

interface Space {
  readonly name: string;
  readonly seed: number;
  readonly entries: Bytes;
}

class LmdbStore implements Store {
  readonly #folder: string;
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly #owner: Space;
  readonly #spaces = new Map<string, Space>();
  /** Frames are built here one after the other; LMDB copies them at once. */
  #frame = new Uint8Array(4096);
  #commits = 0;
  #closed = false;

  constructor(folder: string, root: RootDatabase<Uint8Array, Uint8Array>) {
    this.#folder = folder;
    this.#root = root;
    const names = [...root.getKeys()].map(spaceName).filter((name) => name !== OWNER_SPACE);
    this.#owner = this.#openSpace(OWNER_SPACE);
    for (const name of names) this.#spaces.set(name, this.#openSpace(name));
    root.transactionSync(() => claimStore(folder, this.#ownerRecord()));
  }

  get(space: string, key: Uint8Array): Uint8Array | null {
    assertKey(key);
    return this.#read(this.#space(space), key);
  }

  *scan(space: string, range: StoreRange = {}): Iterable<StoreEntry> {
    const commits = this.#commits;
    const opened = this.#space(space);
    let rest = range.limit ?? Number.POSITIVE_INFINITY;
    let from = range.from;
    let after = false;
    while (rest > 0) {
      const slice = this.#slice(opened, from, after, range.to, Math.min(rest, SLICE_ENTRIES));
      for (const entry of slice.entries) {
        yield entry;
        assert(commits === this.#commits, "no commit happens while a scan is being read");
      }
      if (slice.done) return;
      rest -= slice.entries.length;
      from = slice.entries.at(-1)?.key;
      after = true;
    }
  }

  commit(changes: Iterable<StoreChange>): number {
    // Spaces are opened before the transaction: one opened in it would vanish with its abort.
    const staged = Array.from(changes, ({ space, key, value }): Write => {
      assertKey(key);
      return { space: this.#space(space), key, value };
    });
    let bytes = 0;
    try {
      this.#root.transactionSync(() => {
        for (const write of staged) bytes += this.#write(write);
      });
    } catch (cause) {
      throw failure(this.#folder, `a commit to the state folder ${this.#folder} failed`, cause);
    }
    this.#commits++;
    return bytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#root.transactionSync(() => releaseStore(this.#ownerRecord()));
    } catch {
      // On a full disk the record stays, and counts as nobody's once this process has ended.
    }
    await this.#root.close();
  }

  #space(name: string): Space {
    assert(!this.#closed, "a closed store is not used");
    let space = this.#spaces.get(name);
    if (space === undefined) {
      assertSpaceName(name);
      assert(this.#spaces.size < MAX_SPACES, `a store has at most ${MAX_SPACES} spaces`);
      space = this.#openSpace(name);
      this.#spaces.set(name, space);
    }
    return space;
  }

  #openSpace(name: string): Space {
    try {
      const entries = this.#root.openDB<Uint8Array, Uint8Array>({
        name,
        ...SPACE_OPTIONS,
      });
      return { name, seed: spaceSeed(name), entries };
    } catch (cause) {
      throw failure(this.#folder, `the space "${name}" in ${this.#folder} cannot be opened`, cause);
    }
  }

  #read(space: Space, key: Uint8Array): Uint8Array | null {
    let stored: Uint8Array | undefined;
    try {
      stored = space.entries.get(key);
    } catch (cause) {
      throw failure(this.#folder, `space "${space.name}" cannot be read`, cause);
    }
    return stored === undefined ? null : readFrame(stored, space.name, space.seed, key);
  }

  #write({ space, key, value }: Write): number {
    if (value === null) {
      space.entries.removeSync(key);
      return key.length;
    }
    const length = FRAME_BYTES + value.length;
    if (this.#frame.length < length) this.#frame = new Uint8Array(length * 2);
    writeFrame(this.#frame, space.seed, key, value);
    space.entries.putSync(key, this.#frame.subarray(0, length));
    return key.length + length;
  }

  /** The next entries of a scan, copied out; no cursor stays open. `from` is left out where `after` is set. */
  #slice(
    space: Space,
    from: Uint8Array | undefined,
    after: boolean,
    to: Uint8Array | undefined,
    limit: number,
  ): Slice {
    const entries: StoreEntry[] = [];
    let bytes = 0;
    try {
      const range = space.entries.getRange({
        ...(from === undefined || from.length === 0 ? {} : { start: from, exclusiveStart: after }),
        ...(to === undefined ? {} : { end: to }),
        limit,
      });
      for (const { key, value } of range) {
        const ownKey = new Uint8Array(key.buffer, key.byteOffset, key.length);
        entries.push({ key: ownKey, value: readFrame(value, space.name, space.seed, ownKey) });
        bytes += value.length;
        if (bytes >= SLICE_BYTES) return { entries, done: false };
      }
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw failure(this.#folder, `space "${space.name}" cannot be read`, cause);
    }
    return { entries, done: entries.length < limit };
  }

  #ownerRecord(): OwnerRecord {
    const key = OWNER_KEY;
    return {
      read: () => this.#read(this.#owner, key),
      write: (value) => {
        this.#write({ space: this.#owner, key, value });
      },
    };
  }
}

interface Write {
  readonly space: Space;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

interface Slice {
  readonly entries: readonly StoreEntry[];
  readonly done: boolean;
}

/** LMDB keeps the names of spaces as keys of the root, ended by a zero byte. */
function spaceName(key: Uint8Array): string {
  return new TextDecoder().decode(key).replace(/\0$/, "");
}

/** LMDB's own codes for a damaged file (lmdb.h). */
const DAMAGED = [
  -30797, // MDB_PAGE_NOTFOUND
  -30796, // MDB_CORRUPTED
  -30793, // MDB_INVALID
];
const MDB_VERSION_MISMATCH = -30794;
const ENOSPC = 28;
const EIO = 5;

/** What LMDB or the file system threw, as a StoreError; broken invariants of ours come through as they are. */
function failure(folder: string, message: string, cause: unknown): unknown {
  if (!(typeof cause === "object" && cause !== null && "code" in cause)) return cause;
  const { code } = cause;
  if (DAMAGED.includes(code as number)) return new StoreError("corrupt", message, cause);
  if (code === MDB_VERSION_MISMATCH) return new StoreError("version", message, cause);
  if (code === ENOSPC || (code === EIO && isFull(folder))) {
    return new StoreError("disk-full", `${message}: the disk has no room`, cause);
  }
  return new StoreError("io", message, cause);
}

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < FULL_BYTES;
}
