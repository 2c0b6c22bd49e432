/**
 * Fields of the event at hand, each read once however many rules ask for it: events of many shapes make each read slow,
 * and folding the case of a long text costs more than most tests of it. An engine of many rules has one memo for all of
 * its conditions; without one, each condition reads for itself, to the same end.
 *
 * Invariants
 *  M1  A value is remembered for one event, told apart by identity: the data of an event never changes.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { FieldPath } from "../../dsl/expr.ts";
import { foldCase } from "../functions/case-folding.ts";

export type FieldReader = (event: EventRecord) => Value;

export class FieldMemo {
  readonly #readers = new Map<string, FieldReader>();
  readonly #folded = new Map<string, FieldReader>();

  /** The reader of a path. `make` gives one that remembers nothing. */
  reader(path: FieldPath, make: () => FieldReader): FieldReader {
    const name = JSON.stringify(path);
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const reader = remembering(make());
    this.#readers.set(name, reader);
    return reader;
  }

  /** The same for a path whose texts are to be without case; what is no text is as it is. */
  foldedReader(path: FieldPath, make: () => FieldReader): FieldReader {
    const name = JSON.stringify(path);
    const known = this.#folded.get(name);
    if (known !== undefined) return known;
    const read = this.reader(path, make);
    const reader = remembering((event) => {
      const value = read(event);
      return typeof value === "string" ? foldCase(value) : value;
    });
    this.#folded.set(name, reader);
    return reader;
  }
}

function remembering(read: FieldReader): FieldReader {
  let last: EventRecord | null = null;
  let value: Value = null;
  return (event) => {
    if (event !== last) {
      value = read(event);
      last = event;
    }
    return value;
  };
}
