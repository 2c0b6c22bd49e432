/**
 * Is a state file whole? Walks the trees of an LMDB file page by page (lmdb-pages.ts) and compares everything that can
 * be compared: each page says where it stands and belongs to one tree only, none in use is listed as free, keys ascend
 * within what their parents promise, each value has its checksum, and pages and entries are as many as the trees say,
 * so that a lost record is seen as well as a changed one.
 *
 * What such a file can still be is an older state of itself; the alert stream tells that (alert-log.ts of the server).
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  damaged,
  LmdbFile,
  NODE_HEADER,
  numberAt,
  PAGE_FLAGS,
  PAGE_HEADER,
  TREE_BYTES,
  type Tree,
  treeAt,
} from "./lmdb-pages.ts";
import { readFrame, spaceSeed } from "./value-frame.ts";

/** "shape": branches, names and free pages only, in a time that hardly grows with the state. "all": every byte. */
export type CheckDepth = "shape" | "all";

export interface CheckedFile {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Entries by space, as the file tells; with "all" each of them was read. */
  readonly entries: ReadonlyMap<string, number>;
}

/** Bytes of the state file in a folder; 0 where there is none, or an empty one, which LMDB fills. */
export function stateFileBytes(folder: string): number {
  const path = stateFile(folder);
  return existsSync(path) ? statSync(path).size : 0;
}

export function stateFile(folder: string): string {
  return join(folder, "data.mdb");
}

/** Hears of an entry of a space, in the order of names and keys. The bytes are its own for the call only. */
export type EntryListener = (space: string, key: Uint8Array, value: Uint8Array) => void;

/**
 * Reads the state file of a folder and gives what it holds. Nobody may write to it meanwhile, unless a read transaction
 * that began before keeps its pages. With "all" `onEntry` hears of each entry. Throws StoreError "corrupt" or "version".
 */
export function checkStateFile(
  folder: string,
  depth: CheckDepth,
  onEntry: EntryListener = () => undefined,
): CheckedFile {
  const file = new LmdbFile(stateFile(folder));
  try {
    return new Walk(file, depth, onEntry).run();
  } finally {
    file.close();
  }
}

const NODE_BIG = 1;
const NODE_TREE = 2;
const MAX_DEPTH = 32;
const FIRST_PAGE = 2;
const IN_USE = 1;
const FREE = 2;

/** What a tree was found to have. */
interface Found {
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
}

interface TreeWalk {
  readonly name: string;
  readonly compare: (a: Uint8Array, b: Uint8Array) => number;
  /** Are leaves read? */
  readonly leaves: boolean;
  readonly found: Found;
  readonly onEntry: (key: Uint8Array, node: LeafNode) => void;
}

interface LeafNode {
  readonly flags: number;
  readonly data: Uint8Array;
}

/** Keys of a page lie from `from` to before `to`; null is open. */
interface Bounds {
  readonly from: Uint8Array | null;
  readonly to: Uint8Array | null;
}

class Walk {
  readonly #file: LmdbFile;
  readonly #depth: CheckDepth;
  readonly #onEntry: EntryListener;
  /** What each page of the file is used for. */
  readonly #use: Uint8Array;

  constructor(file: LmdbFile, depth: CheckDepth, onEntry: EntryListener) {
    this.#file = file;
    this.#depth = depth;
    this.#onEntry = onEntry;
    this.#use = new Uint8Array(file.pages);
  }

  run(): CheckedFile {
    const { meta, pages, pageBytes } = this.#file;
    const spaces: (readonly [string, Tree])[] = [];
    this.#walk("of names", meta.main, compareBytes, true, (key, node) => {
      if (node.flags !== NODE_TREE || node.data.length !== TREE_BYTES) {
        throw damaged("a name of a space has no tree");
      }
      spaces.push([textOf(key), treeAt(viewOf(node.data), 0)]);
    });
    for (const [name, tree] of spaces) this.#walkSpace(name, tree);
    this.#walkFree(meta.free, meta.lastPage);
    return {
      bytes: pages * pageBytes,
      entries: new Map(spaces.map(([name, { entries }]) => [name, entries])),
    };
  }

  #walkSpace(name: string, tree: Tree): void {
    if (tree.flags !== 0) throw damaged(`the space "${name}" has flags ${tree.flags}`);
    const seed = spaceSeed(name);
    this.#walk(`"${name}"`, tree, compareBytes, this.#depth === "all", (key, { flags, data }) => {
      if (flags > NODE_BIG) throw damaged(`an entry of the space "${name}" has flags ${flags}`);
      this.#onEntry(name, key, readFrame(data, name, seed, key));
    });
  }

  /** Pages listed as free must not be in use, or a later commit would write over them. */
  #walkFree(tree: Tree, lastPage: number): void {
    const { pages } = this.#file;
    let beyond = 0;
    const onFree = (page: number): void => {
      if (page < FIRST_PAGE || page > lastPage) throw damaged(`page ${page} is listed as free`);
      if (page >= pages) beyond++;
      else if (this.#use[page] !== 0) {
        throw damaged(
          `page ${page} is listed as free ${this.#use[page] === FREE ? "twice" : "and in use"}`,
        );
      } else this.#use[page] = FREE;
    };
    const lists: Uint8Array[] = [];
    this.#walk("of free pages", tree, compareIntegers, true, (_key, node) => {
      lists.push(node.data.slice());
    });
    for (const list of lists) readFreeList(viewOf(list), onFree);
    if (lastPage + 1 - pages > beyond) {
      throw damaged(`it has ${pages} pages, and ${lastPage + 1} were written`);
    }
  }

  #walk(
    name: string,
    tree: Tree,
    compare: TreeWalk["compare"],
    leaves: boolean,
    onEntry: TreeWalk["onEntry"],
  ): void {
    const found = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    const walk = { name, compare, leaves, found, onEntry };
    if (tree.depth > MAX_DEPTH) throw damaged(`the tree ${name} has ${tree.depth} levels`);
    if (tree.root !== null) {
      if (tree.depth === 0) throw damaged(`the tree ${name} has no levels`);
      this.#page(walk, tree.root, tree.depth, { from: null, to: null });
    }
    const wanted: (readonly [keyof Found, string])[] = [
      ["branchPages", "branches"],
      ["leafPages", "leaves"],
    ];
    if (leaves) wanted.push(["overflowPages", "overflow pages"], ["entries", "entries"]);
    for (const [what, word] of wanted) {
      if (found[what] !== tree[what]) {
        throw damaged(`the tree ${name} has ${found[what]} ${word} and should have ${tree[what]}`);
      }
    }
  }

  #page(walk: TreeWalk, number: number, level: number, bounds: Bounds): void {
    this.#take(number, 1);
    const leaf = level === 1;
    if (leaf) walk.found.leafPages++;
    else walk.found.branchPages++;
    if (leaf && !walk.leaves) return;
    const page = this.#file.readPages(number);
    checkHeader(page, number, leaf ? PAGE_FLAGS.leaf : PAGE_FLAGS.branch);
    const nodes = nodesOf(page, number);
    if (leaf) this.#leaf(walk, page, nodes, bounds);
    else this.#branch(walk, page, nodes, level, bounds);
  }

  #leaf(walk: TreeWalk, page: DataView, nodes: readonly Node[], { from, to }: Bounds): void {
    let last: Uint8Array | null = null;
    for (const node of nodes) {
      const { key } = node;
      const inOrder =
        (last === null || walk.compare(last, key) < 0) &&
        (from === null || walk.compare(from, key) <= 0) &&
        (to === null || walk.compare(key, to) < 0);
      if (!inOrder) throw damaged(`the keys of the tree ${walk.name} are not in order`);
      last = key;
      walk.found.entries++;
      const big = (node.flags & NODE_BIG) !== 0;
      const data = big ? this.#overflow(walk, page, node) : bytesAt(page, node.dataAt, node.size);
      walk.onEntry(key, { flags: node.flags, data });
    }
  }

  #branch(
    walk: TreeWalk,
    page: DataView,
    nodes: readonly Node[],
    level: number,
    bounds: Bounds,
  ): void {
    let from = bounds.from;
    for (const [i, node] of nodes.entries()) {
      // The first key of a branch is never looked at; what counts is the bound from above.
      if (i > 0) from = node.key;
      const to = nodes[i + 1]?.key ?? bounds.to;
      if (from !== null && to !== null && walk.compare(from, to) >= 0) {
        throw damaged(`the branches of the tree ${walk.name} are not in order`);
      }
      const child =
        page.getUint32(node.at, true) + page.getUint16(node.at + 4, true) * 4_294_967_296;
      this.#page(walk, child, level - 1, { from, to });
    }
  }

  /** A value of its own pages: `u64 page | u64 transaction | u64 count` in the leaf, a header before the bytes. */
  #overflow(walk: TreeWalk, page: DataView, node: Node): Uint8Array {
    const number = numberAt(page, node.dataAt);
    const count = numberAt(page, node.dataAt + 16);
    const { pageBytes } = this.#file;
    // A shorter value that took the place of a longer one keeps its pages.
    if (count < Math.ceil((PAGE_HEADER + node.size) / pageBytes)) {
      throw damaged(`a value of the tree ${walk.name} has ${count} pages and ${node.size} bytes`);
    }
    this.#take(number, count);
    walk.found.overflowPages += count;
    const pages = this.#file.readPages(number, count);
    checkHeader(pages, number, PAGE_FLAGS.overflow);
    if (pages.getUint32(20, true) !== count) throw damaged(`page ${number} has another length`);
    return bytesAt(pages, PAGE_HEADER, node.size);
  }

  #take(number: number, count: number): void {
    if (number < FIRST_PAGE || number > this.#file.meta.lastPage) {
      throw damaged(`it refers to page ${number} of ${this.#file.meta.lastPage}`);
    }
    for (let page = number; page < number + count && page < this.#use.length; page++) {
      if (this.#use[page] !== 0) throw damaged(`page ${page} is in use twice`);
      this.#use[page] = IN_USE;
    }
    // Beyond the file's end: reading tells.
    if (number + count > this.#use.length) this.#file.readPages(number, count);
  }
}

/** A list of free pages: count, then numbers; 0 is a gap, -n says that a run of n pages begins at the next number. */
function readFreeList(list: DataView, onFree: (page: number) => void): void {
  const count = numberAt(list, 0);
  if ((count + 1) * 8 > list.byteLength) throw damaged("a list of free pages ends too early");
  for (let i = 1; i <= count; i++) {
    const entry = Number(list.getBigInt64(i * 8, true));
    if (entry === 0) continue;
    if (entry > 0) onFree(entry);
    else {
      const first = i < count ? numberAt(list, ++i * 8) : 0;
      if (first === 0) throw damaged("a list of free pages has a run without a beginning");
      if (-entry > 2 ** 32) throw damaged("a list of free pages has an endless run");
      for (let page = first; page < first - entry; page++) onFree(page);
    }
  }
}

interface Node {
  readonly at: number;
  readonly size: number;
  readonly flags: number;
  readonly key: Uint8Array;
  readonly dataAt: number;
}

function checkHeader(page: DataView, number: number, flags: number): void {
  if (numberAt(page, 0) !== number) throw damaged(`page ${number} is another page`);
  if (page.getUint16(18, true) !== flags) throw damaged(`page ${number} is of another kind`);
}

/** The nodes of a branch or a leaf, each within the page and behind the places. */
function nodesOf(page: DataView, number: number): readonly Node[] {
  const lower = page.getUint16(20, true);
  const upper = page.getUint16(22, true);
  const room = page.byteLength - PAGE_HEADER;
  if (lower === 0 || lower % 2 !== 0 || lower > upper || upper > room) {
    throw damaged(`page ${number} has impossible bounds`);
  }
  const branch = page.getUint16(18, true) === PAGE_FLAGS.branch;
  const nodes: Node[] = [];
  for (let i = 0; i < lower / 2; i++) {
    const place = page.getUint16(PAGE_HEADER + 2 * i, true);
    const at = PAGE_HEADER + place;
    if (place < upper || place + NODE_HEADER > room)
      throw damaged(`page ${number} has a node outside`);
    const size = page.getUint32(at, true);
    const flags = page.getUint16(at + 4, true);
    const keySize = page.getUint16(at + 6, true);
    const dataAt = at + NODE_HEADER + keySize;
    let inPage = size;
    if (branch) inPage = 0;
    else if ((flags & NODE_BIG) !== 0) inPage = 24;
    if (dataAt + inPage > page.byteLength) throw damaged(`page ${number} has a node outside`);
    nodes.push({ at, size, flags, key: bytesAt(page, at + NODE_HEADER, keySize), dataAt });
  }
  return nodes;
}

function bytesAt(page: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(page.buffer, page.byteOffset + at, length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textOf(key: Uint8Array): string {
  return new TextDecoder().decode(key).replace(/\0$/, "");
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Keys of the tree of free pages: transactions, eight bytes each. */
function compareIntegers(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== 8 || b.length !== 8) throw damaged("a list of free pages has no transaction");
  return numberAt(viewOf(a), 0) - numberAt(viewOf(b), 0);
}
