/**
 * Keys of the store's spaces. Numbers are big-endian, so that keys sort by number and by time.
 *
 *  meta     kind u8, number u32                                 schema, feeds, groups, rules, streams, open starts, `once`
 *  slots    rule u32, key, part                                 a part of a matcher's state of one key; part 0 is not written
 *  due      rule u32, time 8, key                               a time before which the key's state decides nothing
 *  once     memory u32, key                                     what `once` remembers of one combination of values
 *  events   group u32, class u8, time 8, feed u32, seq 8, index u32   evidence, stored once for many slots
 *  waiting  feed u32, seq 8, index u32                          events held back
 *  ids      stream u32, id                                      identities seen of late
 */

import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { sha256Hex } from "../../base/hash.ts";

export const SPACES = {
  meta: "meta",
  slots: "slots",
  due: "due",
  once: "once",
  events: "events",
  waiting: "waiting",
  ids: "ids",
} as const;

export const META_KINDS = {
  schema: 0,
  feed: 1,
  group: 2,
  rule: 3,
  stream: 4,
  open: 5,
  once: 6,
} as const;
export type MetaKind = keyof typeof META_KINDS;

/** Texts whose encoding is longer are hashed in keys, and stand in the value in full. */
const MAX_TEXT_BYTES = 400;

const TWO_32 = 4_294_967_296;

const writer = new ByteWriter();

export function metaKey(kind: MetaKind, number: number): Uint8Array {
  writer.byte(META_KINDS[kind]);
  writer.uint32(number);
  return writer.take();
}

/** A key of `once` or `ids`: what it belongs to, and a text. */
export function textKey(owner: number, text: string): Uint8Array {
  writeTextKey(owner, text);
  return writer.take();
}

/** A key of `slots`. */
export function slotKey(rule: number, text: string, part: number): Uint8Array {
  writeTextKey(rule, text);
  if (part > 0) writer.uint(part);
  return writer.take();
}

/** A key of `due`; `timeMs` is a whole number. */
export function dueKey(rule: number, timeMs: number, text: string): Uint8Array {
  writer.uint32(rule);
  writeTime(timeMs);
  writeText(text);
  return writer.take();
}

/** The inverse of `slotKey` and `textKey`; `text` null: the value begins with it. */
export function readTextKey(key: Uint8Array): {
  readonly text: string | null;
  readonly part: number;
} {
  const reader = new ByteReader(key);
  reader.uint32();
  const text = readText(reader);
  return { text, part: reader.done ? 0 : reader.uint() };
}

/** The inverse of `dueKey`. */
export function readDueKey(key: Uint8Array): {
  readonly timeMs: number;
  readonly text: string | null;
} {
  const reader = new ByteReader(key);
  reader.uint32();
  const high = reader.uint32() ^ 0x80000000;
  const timeMs = high * TWO_32 + reader.uint32();
  return { timeMs, text: readText(reader) };
}

function readText(reader: ByteReader): string | null {
  const hashed = reader.byte() === 1;
  const text = reader.text();
  return hashed ? null : text;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function writeTextKey(owner: number, text: string): void {
  writer.uint32(owner);
  writeText(text);
}

function writeText(text: string): void {
  if (isLong(text)) {
    writer.byte(1);
    // As JSON, because the hash is of UTF-8, in which lone surrogates would become equal.
    writer.text(sha256Hex(JSON.stringify(text)));
  } else {
    writer.byte(0);
    writer.text(text);
  }
}

/** Does the text not fit into a key, so that the value must hold it? */
export function isLong(text: string): boolean {
  return text.length * 2 > MAX_TEXT_BYTES;
}

/** A value that tells no more than a text, where the key does not tell it. */
export function textValue(text: string): Uint8Array {
  if (isLong(text)) writer.text(text);
  return writer.take();
}

export function waitingKey(feed: number, seq: number, index: number): Uint8Array {
  writePosition(feed, seq, index);
  return writer.take();
}

/** The first key of a shelf of evidence at or after a time. */
export function shelfKey(group: number, windowClass: number, timeMs: number): Uint8Array {
  writeShelf(group, windowClass, timeMs);
  return writer.take();
}

/** To which shelf a key of evidence belongs. */
export function readShelf(key: Uint8Array): {
  readonly groupNumber: number;
  readonly windowClass: number;
} {
  const reader = new ByteReader(key);
  return { groupNumber: reader.uint32(), windowClass: reader.byte() };
}

export function evidenceKey(
  group: number,
  windowClass: number,
  timeMs: number,
  feed: number,
  seq: number,
  index: number,
): Uint8Array {
  writeShelf(group, windowClass, timeMs);
  writePosition(feed, seq, index);
  return writer.take();
}

/** Key range of everything that begins with this number. */
export function ownerRange(owner: number): { readonly from: Uint8Array; readonly to: Uint8Array } {
  writer.uint32(owner);
  const from = writer.take();
  writer.uint32(owner + 1);
  return { from, to: writer.take() };
}

function writeShelf(group: number, windowClass: number, timeMs: number): void {
  writer.uint32(group);
  writer.byte(windowClass);
  writeTime(timeMs);
}

function writeTime(timeMs: number): void {
  // Times before 1970 are negative: the flipped sign bit sorts them first.
  const high = Math.floor(timeMs / TWO_32);
  writer.uint32((high ^ 0x80000000) >>> 0);
  writer.uint32(timeMs - high * TWO_32);
}

function writePosition(feed: number, seq: number, index: number): void {
  writer.uint32(feed);
  writer.uint32(Math.floor(seq / TWO_32));
  writer.uint32(seq % TWO_32);
  writer.uint32(index);
}
