/**
 * Owners of stored entries that nobody can use any more: rules that were removed, switched off or reset, versions that
 * have drained, memories of `once` and identities that mean something else now. Their entries are deleted in slices,
 * a part with each commit.
 *
 * Invariants
 *  D1  The owner's record says first that it is dropped, and goes with the last of its entries: should the same rule
 *      come back before all is deleted, it starts anew instead of going on from half of its state.
 */

import { ByteWriter } from "../../base/bytes.ts";
import type { StoreChange } from "../../state/store.ts";
import { type MetaKind, metaKey, ownerRange, SPACES } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";

/** Most entries deleted in one commit. */
const SLICE = 1024;

export type OwnerKind = Extract<MetaKind, "rule" | "once" | "stream">;

export interface DroppedOwner {
  readonly kind: OwnerKind;
  readonly number: number;
}

/** Where the entries of an owner stand. */
const SPACES_OF: { readonly [kind in OwnerKind]: readonly string[] } = {
  rule: [SPACES.slots, SPACES.due],
  once: [SPACES.once],
  stream: [SPACES.ids],
};

const writer = new ByteWriter();

export class DroppedOwners {
  readonly #reader: StateReader;
  readonly #left: DroppedOwner[] = [];
  #unmarked: DroppedOwner[] = [];

  constructor(reader: StateReader, dropped: readonly DroppedOwner[]) {
    this.#reader = reader;
    for (const owner of dropped) this.add(owner);
  }

  add(owner: DroppedOwner): void {
    this.#unmarked.push(owner);
  }

  takeChanges(): readonly StoreChange[] {
    if (this.#unmarked.length > 0) {
      const marked = this.#unmarked;
      this.#unmarked = [];
      this.#left.push(...marked);
      return marked.map(({ kind, number }) => ({
        space: SPACES.meta,
        key: metaKey(kind, number),
        value: droppedMark(),
      }));
    }
    const changes: StoreChange[] = [];
    for (let owner = this.#left[0]; owner !== undefined; owner = this.#left[0]) {
      if (!this.#takeEntries(owner, changes)) break;
      this.#left.shift();
      changes.push({ space: SPACES.meta, key: metaKey(owner.kind, owner.number), value: null });
    }
    return changes;
  }

  /** Deletes entries of the owner as far as the slice reaches; true where none is left. */
  #takeEntries({ kind, number }: DroppedOwner, changes: StoreChange[]): boolean {
    for (const space of SPACES_OF[kind]) {
      const limit = SLICE - changes.length;
      if (limit <= 0) return false;
      const found = [...this.#reader.scan(space, { ...ownerRange(number), limit })];
      for (const { key } of found) changes.push({ space, key, value: null });
      if (found.length === limit) return false;
    }
    return true;
  }
}

/** The record of an owner that is dropped: it has no name. */
function droppedMark(): Uint8Array {
  writer.text("");
  return writer.take();
}
