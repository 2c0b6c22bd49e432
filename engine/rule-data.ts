/**
 * The lists and tables of a rule set as conditions look into them (D-3). Everything is found in constant time, texts
 * once as they are and once without case. Owns the contents; they can be replaced while rules run, and partial matches
 * know nothing of it: a condition sees what is there when it is judged.
 */

import { assert } from "../base/assert.ts";
import { type Tri, typeOf, type Value, type ValueObject, type ValueType } from "../base/value.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";
import { type CanonicalKey, canonicalKey } from "../nfa/functions/canonical.ts";
import { foldCase } from "../nfa/functions/case-folding.ts";
import type { DataSource } from "../nfa/history.ts";

/** What a list or table holds. */
export type DataContent =
  | { readonly kind: "list"; readonly items: readonly Value[] }
  /** Of rows with equal keys the last one counts. */
  | { readonly kind: "table"; readonly rows: readonly TableRow[] };

export interface TableRow {
  readonly key: Value;
  readonly row: ValueObject;
}

interface Entry {
  readonly kind: DataContent["kind"];
  readonly version: number;
  /** Each value once, in the order of the contents. */
  readonly keys: readonly Value[];
  /** Texts and other values, each with its row; an item of a list has none. */
  readonly texts: ReadonlyMap<string, ValueObject | null>;
  readonly others: ReadonlyMap<CanonicalKey, ValueObject | null>;
  readonly folded: ReadonlySet<string>;
  /** Of all keys. */
  readonly types: ReadonlySet<ValueType>;
}

export class RuleData implements DataSource {
  readonly #entries = new Map<string, Entry>();

  /** `files`: what was read from files, by name; what the plan wants from a file that is not among them is empty. */
  constructor(plan: RuleSetPlan, files: ReadonlyMap<string, DataContent>) {
    for (const { name, from } of plan.lists) {
      const items = from.kind === "items" ? from.items : [];
      this.#entries.set(name, entryOf(files.get(name) ?? { kind: "list", items }, 1));
    }
    for (const { name } of plan.tables) {
      this.#entries.set(name, entryOf(files.get(name) ?? { kind: "table", rows: [] }, 1));
    }
  }

  /** Puts other contents in the place of a list's or table's. They count from the next event on. */
  replace(name: string, content: DataContent): void {
    const { kind, version } = this.#entry(name);
    assert(kind === content.kind, "a list stays a list, and a table a table");
    this.#entries.set(name, entryOf(content, version + 1));
  }

  has(name: string, value: Value, caseless: boolean): Tri {
    const entry = this.#entry(name);
    if (isIn(entry, value, caseless)) return true;
    const { types } = entry;
    return types.size > (types.has(typeOf(value)) ? 1 : 0) ? null : false;
  }

  row(name: string, key: Value): Value {
    const { texts, others } = this.#entry(name);
    const row = typeof key === "string" ? texts.get(key) : others.get(canonicalKey(key));
    return row ?? null;
  }

  keys(name: string): readonly Value[] {
    return this.#entry(name).keys;
  }

  version(name: string): number {
    return this.#entry(name).version;
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    assert(entry !== undefined, "a condition looks into a list or table of its plan");
    return entry;
  }
}

function isIn({ texts, others, folded }: Entry, value: Value, caseless: boolean): boolean {
  if (typeof value !== "string") return others.has(canonicalKey(value));
  return caseless ? folded.has(foldCase(value)) : texts.has(value);
}

function entryOf(content: DataContent, version: number): Entry {
  const keys: Value[] = [];
  const texts = new Map<string, ValueObject | null>();
  const others = new Map<CanonicalKey, ValueObject | null>();
  const add = (value: Value, row: ValueObject | null): void => {
    // Null equals nothing, so it is no item.
    if (value === null) return;
    const before = texts.size + others.size;
    if (typeof value === "string") texts.set(value, row);
    else others.set(canonicalKey(value), row);
    if (texts.size + others.size > before) keys.push(value);
  };
  if (content.kind === "list") for (const item of content.items) add(item, null);
  else for (const { key, row } of content.rows) add(key, row);
  const folded = new Set([...texts.keys()].map(foldCase));
  const types = new Set(keys.map(typeOf));
  return { kind: content.kind, version, keys, texts, others, folded, types };
}
