/**
 * The pages of an LMDB file, read without LMDB: a damaged tree ends a process inside of LMDB, where nothing can be
 * caught, and LMDB itself checks nothing. Only reads; knows the format of data version 2, which the package lmdb 3
 * writes, on a little-endian machine.
 *
 * A page begins with `u64 number | u64 transaction | u16 pad | u16 flags | u16 lower | u16 upper` (24 bytes), of an
 * overflow page the last four bytes are its count of pages. Places of nodes follow, two bytes each, as distances from
 * byte 24; there are lower / 2 of them. A node is `u32 size | u16 flags | u16 key size | key | data`; in a branch size
 * and flags together are the child's page number. Source: mdb.c of the package, "Page headers" and "MDB_node".
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { StoreError } from "./store.ts";

export const PAGE_HEADER = 24;
export const NODE_HEADER = 8;
export const PAGE_FLAGS = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const META_BYTES = PAGE_HEADER + 136;
const TREE_BYTES = 48;
const MAX_MAP_BYTES = 2 ** 46;
const NO_PAGE = 0xffffffff;
const TWO_32 = 4_294_967_296;

/** What is known of one tree: a space, the names of the spaces, or the free pages. */
export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Page number; null in an empty tree. */
  readonly root: number | null;
}

/** One of the two records that the file begins with; the one of the later transaction counts. */
export interface Meta {
  readonly transaction: number;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
}

export function damaged(what: string): StoreError {
  return new StoreError("corrupt", `the state file is damaged: ${what}`);
}

export class LmdbFile {
  readonly #descriptor: number;
  readonly pageBytes: number;
  readonly meta: Meta;
  /** Whole pages in the file when it was opened. */
  readonly pages: number;

  /** Throws StoreError "corrupt" where LMDB did not write the file, "version" where another version of it did. */
  constructor(path: string) {
    this.#descriptor = openSync(path, "r");
    try {
      const first = this.#read(0, META_BYTES);
      this.pageBytes = pageBytesOf(first);
      const metas = [first, this.#read(this.pageBytes, META_BYTES)].map((page) =>
        metaOf(page, this.pageBytes),
      );
      const [a, b] = metas as [Meta, Meta];
      this.meta = a.transaction >= b.transaction ? a : b;
      this.pages = Math.floor(fstatSync(this.#descriptor).size / this.pageBytes);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Reads so many pages from page `number` on. */
  readPages(number: number, count = 1): DataView {
    if (number + count > this.pages) {
      throw damaged(`it has ${this.pages} pages, and page ${number + count - 1} is in use`);
    }
    return this.#read(number * this.pageBytes, count * this.pageBytes);
  }

  #read(offset: number, length: number): DataView {
    const bytes = new Uint8Array(length);
    const read = readSync(this.#descriptor, bytes, 0, length, offset);
    if (read < length) throw damaged(`it ends at byte ${offset + read}`);
    return new DataView(bytes.buffer);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function pageBytesOf(page: DataView): number {
  checkMeta(page);
  const bytes = page.getUint32(PAGE_HEADER + 24, true);
  if (bytes < 512 || bytes > 65_536 || (bytes & (bytes - 1)) !== 0) {
    throw damaged(`its pages have ${bytes} bytes`);
  }
  return bytes;
}

function checkMeta(page: DataView): void {
  if (page.getUint32(PAGE_HEADER, true) !== MAGIC) {
    throw new StoreError("corrupt", "the state file was not written by LMDB");
  }
  const version = page.getUint32(PAGE_HEADER + 4, true) & 0xffff;
  if (version !== DATA_VERSION) {
    const message = `the state file has LMDB's format ${version}, this version reads ${DATA_VERSION}`;
    throw new StoreError("version", message);
  }
  if (page.getUint16(18, true) !== PAGE_FLAGS.meta)
    throw damaged("its first pages are no meta pages");
}

function metaOf(page: DataView, pageBytes: number): Meta {
  checkMeta(page);
  const at = PAGE_HEADER;
  if (page.getUint32(at + 24, true) !== pageBytes) throw damaged("its meta pages disagree");
  const mapBytes = numberAt(page, at + 16);
  const lastPage = numberAt(page, at + 24 + 2 * TREE_BYTES);
  if (mapBytes > MAX_MAP_BYTES) throw damaged(`it asks for ${mapBytes} bytes of memory`);
  return {
    transaction: numberAt(page, at + 32 + 2 * TREE_BYTES),
    lastPage,
    free: treeAt(page, at + 24),
    main: treeAt(page, at + 24 + TREE_BYTES),
  };
}

/** The record of a tree: in a meta page, or as the value of a space's name. */
export function treeAt(page: DataView, at: number): Tree {
  const empty =
    page.getUint32(at + 40, true) === NO_PAGE && page.getUint32(at + 44, true) === NO_PAGE;
  return {
    flags: page.getUint16(at + 4, true),
    depth: page.getUint16(at + 6, true),
    branchPages: numberAt(page, at + 8),
    leafPages: numberAt(page, at + 16),
    overflowPages: numberAt(page, at + 24),
    entries: numberAt(page, at + 32),
    root: empty ? null : numberAt(page, at + 40),
  };
}

export { TREE_BYTES };

/** An unsigned number of eight bytes; beyond 2^53, where nothing stands in a sound file, it loses digits. */
export function numberAt(page: DataView, at: number): number {
  return page.getUint32(at, true) + page.getUint32(at + 4, true) * TWO_32;
}
