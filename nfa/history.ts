/**
 * What an expression sees of the events taken so far: the matchers keep histories in shapes of their own
 * (chains of nodes, rings of a window), and generated code and the interpreter read them through this interface.
 */

import type { EventRecord } from "../base/event.ts";
import type { Tri, Value } from "../base/value.ts";

export interface History {
  /** How many events the label has taken. */
  count(label: number): number;
  /** The event at `index` from the front (from 0), or null. */
  fromFirst(label: number, index: number): EventRecord | null;
  /** The event at `index` from the back (0: the last one), or null. */
  fromLast(label: number, index: number): EventRecord | null;
  /** The label's events in input order. O(number of events taken). */
  events(label: number): readonly EventRecord[];
  /** The loop's event before the one being judged (`prev`), or null. */
  previous(): EventRecord | null;
  /** The n-th event before the one being judged in the rule's input, n from 1, or null. */
  preceding(n: number): EventRecord | null;
}

/** Lists and tables by name, as loaded (D-3). They change between events, never while one is judged. */
export interface DataSource {
  /**
   * Is the value an item of the list, or a key of the table, of this name? `caseless`: texts without case. Null
   * (unknown) where it is none of them and some are of another type.
   */
  has(name: string, value: Value, caseless: boolean): Tri;
  /** The table's row with this key, as an object; null where there is none. */
  row(name: string, key: Value): Value;
  /** The table's keys, each once, in the order of its rows; of a list its items. */
  keys(name: string): readonly Value[];
  /** Grows whenever the contents of this name are replaced. */
  version(name: string): number;
}

/** Everything that an expression may read. */
export interface Scope {
  /** The event being judged; null where there is none (titles, `once`, `having` after the block). */
  readonly event: EventRecord | null;
  readonly history: History;
  /** The match's key parts. */
  readonly keys: readonly Value[];
  readonly data: DataSource;
}

/** The history of a match that has taken nothing. */
export const NO_HISTORY: History = {
  count: () => 0,
  fromFirst: () => null,
  fromLast: () => null,
  events: () => [],
  previous: () => null,
  preceding: () => null,
};
/** No lists and tables. */
export const NO_DATA: DataSource = {
  has: () => false,
  row: () => null,
  keys: () => [],
  version: () => 0,
};
