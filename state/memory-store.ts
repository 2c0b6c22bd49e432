/**
 * A store in memory, for replay, tests and the browser: the same answers as LMDB, kept as long as the process.
 * It needs no Node types.
 */

import { assert } from "../base/assert.ts";
import { SortedMap } from "./sorted-map.ts";
import {
  assertKey,
  assertSpaceName,
  FRAME_BYTES,
  MAX_SPACES,
  type Store,
  type StoreChange,
  type StoreEntry,
  type StoreRange,
} from "./store.ts";

/** A new, empty store. */
export function openMemoryStore(): Store {
  return new MemoryStore();
}

/** Keys are texts of one unit a byte: their order by unit is the order of the bytes. */
class MemoryStore implements Store {
  readonly #spaces = new Map<string, SortedMap<Uint8Array>>();
  #commits = 0;
  #closed = false;

  get(space: string, key: Uint8Array): Uint8Array | null {
    assertKey(key);
    return this.#space(space).get(keyText(key))?.slice() ?? null;
  }

  *scan(space: string, range: StoreRange = {}): Iterable<StoreEntry> {
    const commits = this.#commits;
    const { from, to, limit = Number.POSITIVE_INFINITY } = range;
    const end = to === undefined ? null : keyText(to);
    let count = 0;
    if (limit <= 0) return;
    for (const [key, value] of this.#space(space).entriesFrom(keyText(from ?? new Uint8Array()))) {
      if (end !== null && key >= end) return;
      yield { key: keyBytes(key), value: value.slice() };
      if (++count >= limit) return;
      assert(commits === this.#commits, "no commit happens while a scan is being read");
    }
  }

  commit(changes: Iterable<StoreChange>): number {
    const staged: (readonly [SortedMap<Uint8Array>, string, Uint8Array | null])[] = [];
    let bytes = 0;
    for (const { space, key, value } of changes) {
      assertKey(key);
      staged.push([this.#space(space), keyText(key), value === null ? null : value.slice()]);
      bytes += key.length + (value === null ? 0 : FRAME_BYTES + value.length);
    }
    for (const [space, key, value] of staged) {
      if (value === null) space.delete(key);
      else space.set(key, value);
    }
    this.#commits++;
    return bytes;
  }

  close(): void {
    this.#closed = true;
  }

  #space(name: string): SortedMap<Uint8Array> {
    assert(!this.#closed, "a closed store is not used");
    let space = this.#spaces.get(name);
    if (space === undefined) {
      assertSpaceName(name);
      assert(this.#spaces.size < MAX_SPACES, `a store has at most ${MAX_SPACES} spaces`);
      space = new SortedMap();
      this.#spaces.set(name, space);
    }
    return space;
  }
}

function keyText(key: Uint8Array): string {
  let text = "";
  for (let i = 0; i < key.length; i++) text += String.fromCharCode(key[i] as number);
  return text;
}

function keyBytes(text: string): Uint8Array {
  const key = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) key[i] = text.charCodeAt(i);
  return key;
}
