/**
 * The window of one key: cells with what leaves with each, totals over all of them, and the events that are kept. It is
 * also the history that expressions read.
 *
 * Invariants
 *  W1  Every total is that of the values in the cells from `cells.first` on; where the window closes as a whole, of all
 *      values since it opened.
 *  W2  Events come in the order of M-1, so the newest is the last.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { History } from "../history.ts";
import { type CellChunk, Cells } from "./cells.ts";
import { KeptEvents } from "./kept-events.ts";
import { aggregateValue, type WindowProgram } from "./program.ts";
import { StoredChunks } from "./stored-chunks.ts";
import type { Total } from "./total.ts";

export class KeyWindow implements History {
  readonly key: string;
  readonly values: readonly Value[];
  #program: WindowProgram;
  /** Events kept of each label that expressions do not read. */
  #evidence: number;
  totals: readonly Total[];
  readonly cells: Cells;
  /** By label. */
  readonly kept: readonly KeptEvents[];
  /** Was the condition true when last judged? Of windows that slide. */
  found = false;
  /** Time of the first event since the window opened, and of the newest; Infinity and -Infinity where there is none. */
  openedMs = Number.POSITIVE_INFINITY;
  newestMs = Number.NEGATIVE_INFINITY;
  /** The deadline for which a timer was asked for; Infinity: none. */
  armedMs = Number.POSITIVE_INFINITY;
  readonly stored: StoredChunks;
  changed = false;

  constructor(program: WindowProgram, evidence: number, key: string, values: readonly Value[]) {
    this.#program = program;
    this.#evidence = evidence;
    this.key = key;
    this.values = values;
    this.totals = program.columns.map((column) => column.create());
    this.cells = new Cells(program.cellColumns.length);
    this.kept = program.plan.labels.map(() => new KeptEvents());
    this.stored = new StoredChunks(this.kept.length + 1);
  }

  /**
   * Goes on under another version of the rule, whose windows are as this one. Columns go by their names; one that was
   * not there begins with the events to come. Cost: the columns and chunks; nothing where the program is the same.
   */
  follow(program: WindowProgram, evidence: number): void {
    if (this.#program === program) return;
    const before = this.#program;
    this.#program = program;
    this.#evidence = evidence;
    this.totals = program.columns.map((column) => {
      const at = before.columns.findIndex(({ name }) => name === column.name);
      return this.totals[at] ?? column.create();
    });
    this.cells.arrange(program.cellColumns.map((name) => before.cellColumns.indexOf(name)));
  }

  /** Does the window hold no event? */
  get isEmpty(): boolean {
    return this.newestMs === Number.NEGATIVE_INFINITY;
  }

  /** Takes the next event; `bits` are its labels. */
  take(event: EventRecord, bits: number): void {
    const { inputs, read: values, columns, reads } = this.#program;
    const { timeMs } = event;
    for (let i = 0; i < inputs.length; i++) {
      const { labels, read } = inputs[i] as (typeof inputs)[number];
      values[i] = (labels & bits) === 0 ? null : read === null ? true : read(event);
    }
    const opens = this.#program.cellPerEvent || timeMs !== this.newestMs;
    const chunk = this.#chunk(opens, timeMs);
    const at = chunk === null ? 0 : chunk.times.length - 1;
    const cell = Math.max(0, this.cells.next - 1);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as (typeof columns)[number];
      const total = this.totals[i] as Total;
      const partials = column.cellColumn === null ? null : chunk?.partials[column.cellColumn];
      let partial = opens || !partials ? null : (partials[at] ?? null);
      for (const input of column.inputs) {
        const value = values[input] ?? null;
        // Totals of a window that closes as a whole see it as one cell.
        if (value !== null) partial = total.enter(partials ? cell : 0, partial, value, timeMs);
      }
      if (!partials) continue;
      if (at > 0) partials[at] = partial;
      else if (chunk !== null && column.cellColumn !== null)
        chunk.partials[column.cellColumn] = [partial];
    }
    for (let label = 0; label < reads.length; label++)
      if (bits & (1 << label)) this.#keep(label, event, cell);
    this.openedMs = Math.min(this.openedMs, timeMs);
    this.newestMs = timeMs;
  }

  /** Where the newest cell stands; null where nothing is kept in cells. */
  #chunk(opens: boolean, timeMs: number): CellChunk | null {
    const { slides, cellColumns } = this.#program;
    if (!slides && cellColumns.length === 0) return null;
    return opens ? this.cells.open(timeMs) : this.cells.newest();
  }

  #keep(label: number, event: EventRecord, cell: number): void {
    const kept = this.kept[label] as KeptEvents;
    kept.push(event, cell);
    if (this.#program.reads[label] !== true) kept.trim(0, this.#evidence);
  }

  /** The cells of times before `timeMs` leave. */
  leaveBefore(timeMs: number): void {
    // The time of the oldest cell, or Infinity: most events are answered without a look at the cells.
    if (this.openedMs >= timeMs) return;
    const { cells } = this;
    while (cells.size > 0 && cells.timeOf(cells.first) < timeMs) this.#leaveFirst();
    this.#left();
  }

  /** The oldest cells leave, until `most` are there. */
  leaveBeyond(most: number): void {
    if (this.cells.size <= most) return;
    while (this.cells.size > most) this.#leaveFirst();
    this.#left();
  }

  #leaveFirst(): void {
    const { cells } = this;
    const cell = cells.first;
    const timeMs = cells.timeOf(cell);
    const { columns } = this.#program;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as (typeof columns)[number];
      const partial = cells.partial(cell, column.cellColumn ?? 0);
      if (partial !== null) (this.totals[i] as Total).leave(cell, partial, timeMs);
    }
    cells.dropFirst();
  }

  #left(): void {
    for (const kept of this.kept) kept.trim(this.cells.first, Number.POSITIVE_INFINITY);
    if (this.cells.size === 0) {
      this.newestMs = Number.NEGATIVE_INFINITY;
      this.openedMs = Number.POSITIVE_INFINITY;
    } else this.openedMs = this.cells.timeOf(this.cells.first);
  }

  /** Writes the first `count` aggregates behind the key parts. */
  compute(into: Value[], count: number): void {
    const { aggregates } = this.#program;
    for (let i = 0; i < count; i++)
      into[this.values.length + i] = aggregateValue(
        aggregates[i] as (typeof aggregates)[number],
        this.totals,
        this.newestMs,
      );
  }

  /** How many events the label has in the window, kept or not. */
  count(label: number): number {
    const total = this.totals[this.#program.labelColumns[label] ?? 0];
    return Number(total?.value("count", null, this.newestMs) ?? 0);
  }

  fromFirst(label: number, index: number): EventRecord | null {
    return this.kept[label]?.at(index) ?? null;
  }

  fromLast(label: number, index: number): EventRecord | null {
    const kept = this.kept[label];
    return kept?.at(kept.size - 1 - index) ?? null;
  }

  events(label: number): readonly EventRecord[] {
    return this.kept[label]?.all() ?? [];
  }

  previous(): EventRecord | null {
    return null;
  }

  preceding(): EventRecord | null {
    return null;
  }
}
