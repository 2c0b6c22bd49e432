/**
 * A key's window as the parts of its state, and back. Part 0 is the head: what changes with each event, the open chunks
 * included. Full chunks are parts of their own (stored-chunks.ts). Contents are JSON, in which all numbers are exact.
 *
 * Partials stand under the names of their columns: the aggregates of a rule's exceptions may be others than those with
 * which the state was written. A column that was not there begins with the events to come.
 */

import { assert } from "../../base/assert.ts";
import { ByteReader, ByteWriter, RecordError } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import { MAX_JSON_DEPTH, parseJson, stringifyJson } from "../../base/json.ts";
import type { Value } from "../../base/value.ts";
import type { PartChange, StatePart } from "../matcher.ts";
import type { CellChunk } from "./cells.ts";
import type { ChunkQueue } from "./chunk-queue.ts";
import type { KeyWindow } from "./key-window.ts";
import type { WindowProgram } from "./program.ts";
import type { Chunks } from "./stored-chunks.ts";

const writer = new ByteWriter();

/** The parts that changed since the last call. O(chunks filled or dropped, and the open ones). */
export function encodeWindow(window: KeyWindow, program: WindowProgram): readonly PartChange[] {
  if (window.isEmpty) window.stored.forget();
  const queues = window.isEmpty
    ? []
    : [
        chunksOf(window.cells.chunks, (chunk) => ({
          bytes: encodeJson(cellsJson(chunk, program)),
          events: [],
        })),
        ...window.kept.map((kept) =>
          chunksOf(kept.chunks, ({ events, cells }) => ({ bytes: encodeJson(cells), events })),
        ),
      ];
  return [{ part: 0, ...encodeHead(window, program) }, ...window.stored.takeChanges(queues)];
}

function chunksOf<C>(queue: ChunkQueue<C>, encode: (chunk: C) => Omit<StatePart, "part">): Chunks {
  const { firstNumber, nextNumber } = queue;
  return {
    firstNumber,
    openNumber: nextNumber - 1,
    encode: (number) => encode(queue.at(number)),
  };
}

function cellsJson({ times, partials }: CellChunk, { cellColumns }: WindowProgram): Value {
  return [cellColumns, times, partials];
}

function encodeHead(window: KeyWindow, program: WindowProgram): Omit<StatePart, "part"> {
  const { values, found, isEmpty, cells, kept, totals } = window;
  const events: EventRecord[] = [];
  const head: Value[] = [values, found];
  if (!isEmpty) {
    const open = newestOf(cells.chunks);
    head.push(window.openedMs, window.newestMs, cells.first);
    head.push(open === null ? null : cellsJson(open, program));
    head.push(
      program.columns.flatMap(({ name, cellColumn }, i) =>
        cellColumn === null ? [[name, totals[i]?.whole?.() ?? null]] : [],
      ),
    );
    for (const label of kept) {
      const chunk = newestOf(label.chunks);
      head.push(label.first, chunk === null ? null : chunk.cells);
      events.push(...(chunk?.events ?? []));
    }
  }
  return { bytes: encodeJson(head), events };
}

function newestOf<C>(chunks: ChunkQueue<C>): C | null {
  return chunks.nextNumber === chunks.firstNumber ? null : chunks.at(chunks.nextNumber - 1);
}

function encodeJson(value: Value): Uint8Array {
  writer.text(stringifyJson(value));
  return writer.take();
}

/** Puts the stored parts into a window that has nothing yet. `head` is what `headOf` gave for it. */
export function restoreWindow(
  window: KeyWindow,
  program: WindowProgram,
  head: readonly Value[],
  parts: readonly StatePart[],
): void {
  window.found = head[1] === true;
  if (head.length === 2) return;
  const byNumber = new Map(parts.map((part) => [part.part, part]));
  window.openedMs = numberAt(head, 2);
  window.newestMs = numberAt(head, 3);
  restoreCells(window, program, numberAt(head, 4), head[5] ?? null, byNumber);
  restoreWholes(window, program, listOf(head[6]));
  const openEvents = [...(byNumber.get(0)?.events ?? [])];
  window.kept.forEach((kept, label) => {
    kept.startAt(numberAt(head, 7 + 2 * label));
    const kind = 1 + label;
    const from = kept.chunks.firstNumber;
    for (const { bytes, events } of fullChunks(window, kind, from, byNumber))
      kept.load({ events: [...events], cells: numbersOf(decodeJson(bytes)) });
    const open = head[8 + 2 * label] ?? null;
    if (open === null) return;
    const cells = numbersOf(open);
    kept.load({ events: openEvents.splice(0, cells.length), cells });
  });
}

/** What part 0 says; the first item is the list of key parts. */
export function headOf(parts: readonly StatePart[]): readonly Value[] {
  const head = parts.find(({ part }) => part === 0);
  assert(head !== undefined, "a window's state has a head");
  return listOf(decodeJson(head.bytes));
}

function restoreCells(
  window: KeyWindow,
  program: WindowProgram,
  first: number,
  open: Value,
  parts: ReadonlyMap<number, StatePart>,
): void {
  const { cells } = window;
  cells.startAt(first);
  for (const { bytes } of fullChunks(window, 0, cells.chunks.firstNumber, parts))
    cells.load(readCells(decodeJson(bytes), program));
  if (open !== null) cells.load(readCells(open, program));
  for (let cell = cells.first; cell < cells.next; cell++) {
    const timeMs = cells.timeOf(cell);
    program.columns.forEach(({ cellColumn }, i) => {
      const partial = cellColumn === null ? null : cells.partial(cell, cellColumn);
      if (partial !== null) window.totals[i]?.load(cell, partial, timeMs);
    });
  }
}

/** The stored chunks of a kind in order, from `from` on. */
function fullChunks(
  window: KeyWindow,
  kind: number,
  from: number,
  parts: ReadonlyMap<number, StatePart>,
): readonly StatePart[] {
  const found: StatePart[] = [];
  for (let n = from; ; n++) {
    const part = parts.get(window.stored.partOf(n, kind));
    if (part === undefined) break;
    found.push(part);
  }
  window.stored.restored(kind, from, from + found.length);
  return found;
}

function readCells(json: Value, program: WindowProgram): CellChunk {
  const [names, times, partials] = listOf(json);
  const stored = listOf(names);
  const columns = listOf(partials);
  return {
    times: numbersOf(times),
    partials: program.cellColumns.map((name) => [
      ...listOf(columns[stored.indexOf(name)] ?? listOf(times).map(() => null)),
    ]),
  };
}

function restoreWholes(window: KeyWindow, program: WindowProgram, wholes: readonly Value[]): void {
  for (const whole of wholes) {
    const [name, partial = null] = listOf(whole);
    const column = program.columns.findIndex((c) => c.cellColumn === null && c.name === name);
    if (partial !== null) window.totals[column]?.load(0, partial, window.newestMs);
  }
}

function decodeJson(bytes: Uint8Array): Value {
  const parsed = parseJson(new ByteReader(bytes).text(), MAX_JSON_DEPTH * 32);
  if ("error" in parsed) throw new RecordError("a window's state is not JSON");
  return parsed.value;
}

function listOf(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw new RecordError("a window's state has no list where one stands");
  return value as readonly Value[];
}

function numbersOf(value: Value | undefined): number[] {
  return listOf(value).map(Number);
}

function numberAt(head: readonly Value[], index: number): number {
  const value = head[index];
  if (typeof value !== "number") throw new RecordError("a window's state has no number");
  return value;
}
