/**
 * Rules whose stored state nobody can use: removed, switched off or of another version. Their entries are deleted in
 * slices, a part with each commit.
 *
 * Invariants
 *  D1  The rule's record goes last, and says first that it is dropped: should the old version come back before all is
 *      deleted, it starts anew instead of going on from half of its state.
 */

import { ByteWriter } from "../../base/bytes.ts";
import type { StoreChange } from "../../state/store.ts";
import { HIDDEN_MARK } from "../rule-runner.ts";
import { metaKey, ownerRange, SPACES } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";

/** Most entries deleted in one commit. */
const SLICE = 1024;

export interface DroppedRule {
  readonly number: number;
  /** "" where an earlier engine began to drop it. */
  readonly name: string;
}

const writer = new ByteWriter();

export class DroppedRules {
  readonly names: readonly string[];
  readonly #reader: StateReader;
  readonly #left: DroppedRule[];
  #marked = false;

  constructor(reader: StateReader, dropped: readonly DroppedRule[]) {
    this.#reader = reader;
    this.#left = [...dropped];
    // Of a hidden copy nobody knows; the rule itself is told by its own name.
    this.names = dropped
      .filter(({ name }) => name !== "" && !name.includes(HIDDEN_MARK))
      .map(({ name }) => name);
  }

  takeChanges(): readonly StoreChange[] {
    const [rule] = this.#left;
    if (rule === undefined) return [];
    if (!this.#marked) {
      this.#marked = true;
      return this.#left.map(({ number }) => this.#mark(number));
    }
    const changes: StoreChange[] = [];
    for (const space of [SPACES.slots, SPACES.once]) {
      const range = { ...ownerRange(rule.number), limit: SLICE - changes.length };
      for (const { key } of this.#reader.scan(space, range)) {
        changes.push({ space, key, value: null });
      }
    }
    if (changes.length === 0) {
      this.#left.shift();
      changes.push({ space: SPACES.meta, key: metaKey("rule", rule.number), value: null });
    }
    return changes;
  }

  #mark(number: number): StoreChange {
    writer.text("");
    writer.text("");
    return { space: SPACES.meta, key: metaKey("rule", number), value: writer.take() };
  }
}
