/**
 * The least that an engine needs to be restarted from: what its commits wrote, in memory, in key order. Tests of rules
 * use it, for which a store with transactions and checksums would be too much.
 */

import type { Engine, StateReader } from "../engine/engine.ts";

type Change = ReturnType<Engine["takeChanges"]>[number];
type Entry = { readonly key: Uint8Array; readonly value: Uint8Array };
type Range = Parameters<StateReader["scan"]>[1];

export class SmallStore implements StateReader {
  /** By space, then by the key's bytes as a text of one unit a byte, whose order is theirs. */
  readonly #spaces = new Map<string, Map<string, Entry>>();

  commit(changes: readonly Change[]): void {
    for (const { space, key, value } of changes) {
      const entries = this.#spaces.get(space) ?? new Map<string, Entry>();
      this.#spaces.set(space, entries);
      if (value === null) entries.delete(keyText(key));
      else entries.set(keyText(key), { key: key.slice(), value: value.slice() });
    }
  }

  get(space: string, key: Uint8Array): Uint8Array | null {
    return this.#spaces.get(space)?.get(keyText(key))?.value ?? null;
  }

  /** O(entries of the space · log): read at a restart only. */
  *scan(space: string, range: Range = {}): Iterable<Entry> {
    const { from, to, limit = Number.POSITIVE_INFINITY } = range;
    const first = from === undefined ? "" : keyText(from);
    const end = to === undefined ? null : keyText(to);
    const entries = this.#spaces.get(space) ?? new Map<string, Entry>();
    const texts = [...entries.keys()].filter(
      (text) => text >= first && (end === null || text < end),
    );
    texts.sort((a, b) => (a < b ? -1 : 1));
    for (const text of texts.slice(0, limit)) {
      const entry = entries.get(text);
      if (entry !== undefined) yield entry;
    }
  }
}

function keyText(key: Uint8Array): string {
  let text = "";
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}
