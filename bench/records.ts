/**
 * Records: the stream files of the workloads W1 to W8, which other engines read too. 32 bytes a record, little-endian:
 * `u32 type, u32 key, u32 a, u32 b, f64 ts_ms, f64 x`. In memory they stand in columns.
 */

import { closeSync, openSync, readSync, writeSync } from "node:fs";

export const RECORD_BYTES = 32;

/** A few records in columns; the arrays are used again and again. */
export interface RecordBatch {
  readonly type: Uint32Array;
  readonly key: Uint32Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** Whole milliseconds since 1970, strictly rising. */
  readonly ts: Float64Array;
  readonly x: Float64Array;
}

/** Where records come from. */
export interface RecordSource {
  /** Fills a batch from its start; gives how many records there are, 0 at the end. */
  fill(batch: RecordBatch): number;
}

export function newBatch(size: number): RecordBatch {
  return {
    type: new Uint32Array(size),
    key: new Uint32Array(size),
    a: new Uint32Array(size),
    b: new Uint32Array(size),
    ts: new Float64Array(size),
    x: new Float64Array(size),
  };
}

/** The first `events` records of an endless generator, which writes the record at `at`. */
export function generated(
  events: number,
  write: (batch: RecordBatch, at: number) => void,
): RecordSource {
  let left = events;
  return {
    fill(batch) {
      const size = Math.min(left, batch.ts.length);
      for (let at = 0; at < size; at++) write(batch, at);
      left -= size;
      return size;
    },
  };
}

const FILE_BATCH = 8192;

/** Writes all records of a source to a stream file. Throws where the file cannot be written. */
export function writeRecords(path: string, source: RecordSource): void {
  const batch = newBatch(FILE_BATCH);
  const bytes = new DataView(new ArrayBuffer(FILE_BATCH * RECORD_BYTES));
  const file = openSync(path, "w");
  try {
    for (let size = source.fill(batch); size > 0; size = source.fill(batch)) {
      for (let at = 0; at < size; at++) putRecord(bytes, batch, at);
      writeSync(file, new Uint8Array(bytes.buffer, 0, size * RECORD_BYTES));
    }
  } finally {
    closeSync(file);
  }
}

function putRecord(bytes: DataView, batch: RecordBatch, at: number): void {
  const offset = at * RECORD_BYTES;
  bytes.setUint32(offset, batch.type[at] ?? 0, true);
  bytes.setUint32(offset + 4, batch.key[at] ?? 0, true);
  bytes.setUint32(offset + 8, batch.a[at] ?? 0, true);
  bytes.setUint32(offset + 12, batch.b[at] ?? 0, true);
  bytes.setFloat64(offset + 16, batch.ts[at] ?? 0, true);
  bytes.setFloat64(offset + 24, batch.x[at] ?? 0, true);
}

/** Reads a stream file. Throws where it cannot be read. */
export function readRecords(path: string): RecordSource {
  const file = openSync(path, "r");
  let open = true;
  return {
    fill(batch) {
      if (!open) return 0;
      const buffer = new Uint8Array(batch.ts.length * RECORD_BYTES);
      const size = Math.floor(readSync(file, buffer) / RECORD_BYTES);
      const bytes = new DataView(buffer.buffer);
      for (let at = 0; at < size; at++) takeRecord(bytes, batch, at);
      if (size === 0) {
        closeSync(file);
        open = false;
      }
      return size;
    },
  };
}

function takeRecord(bytes: DataView, batch: RecordBatch, at: number): void {
  const offset = at * RECORD_BYTES;
  batch.type[at] = bytes.getUint32(offset, true);
  batch.key[at] = bytes.getUint32(offset + 4, true);
  batch.a[at] = bytes.getUint32(offset + 8, true);
  batch.b[at] = bytes.getUint32(offset + 12, true);
  batch.ts[at] = bytes.getFloat64(offset + 16, true);
  batch.x[at] = bytes.getFloat64(offset + 24, true);
}
