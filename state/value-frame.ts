/**
 * How a stored value looks on disk: `u8 schema | u32 crc32 | payload`, the checksum big-endian. The checksum covers
 * the space's name, the key, the schema and the payload, so a flipped bit in a key, and a page that a damaged tree
 * shows in the wrong place, are noticed as well as one in the value: LMDB itself checks nothing.
 */

import { crc32 as nativeCrc32 } from "node:zlib";
import { crc32 } from "../base/crc32.ts";
import { FRAME_BYTES, StoreError } from "./store.ts";

/** Version of the frame. The payload carries versions of its own where it needs them. */
export const FRAME_SCHEMA = 1;

/** From so many bytes on the call into Node's own checksum is worth its price. */
const LONG_BYTES = 64;

/** The checksum of a space's name, with which the checksums of its values begin. */
export function spaceSeed(space: string): number {
  const bytes = new Uint8Array(space.length);
  for (let i = 0; i < space.length; i++) bytes[i] = space.charCodeAt(i);
  return crc32(bytes);
}

/** Writes the frame of `payload` to the start of `target`, which must have room; gives the bytes written. */
export function writeFrame(
  target: Uint8Array,
  seed: number,
  key: Uint8Array,
  payload: Uint8Array,
): number {
  target[0] = FRAME_SCHEMA;
  target.set(payload, FRAME_BYTES);
  const length = FRAME_BYTES + payload.length;
  const crc = checksum(target.subarray(0, length), seed, key);
  target[1] = crc >>> 24;
  target[2] = crc >>> 16;
  target[3] = crc >>> 8;
  target[4] = crc;
  return length;
}

/** The payload of a stored value, a view of it. Throws StoreError "corrupt" or "version", naming space and key. */
export function readFrame(
  stored: Uint8Array,
  space: string,
  seed: number,
  key: Uint8Array,
): Uint8Array {
  if (stored.length < FRAME_BYTES) throw corrupt(space, key, "is too short");
  const crc =
    (((stored[1] as number) << 24) |
      ((stored[2] as number) << 16) |
      ((stored[3] as number) << 8) |
      (stored[4] as number)) >>>
    0;
  if (checksum(stored, seed, key) !== crc) throw corrupt(space, key, "has a wrong checksum");
  if (stored[0] !== FRAME_SCHEMA) {
    const message = `the value of key ${hex(key)} in space "${space}" has format ${stored[0]}, this version reads ${FRAME_SCHEMA}`;
    throw new StoreError("version", message);
  }
  return new Uint8Array(
    stored.buffer,
    stored.byteOffset + FRAME_BYTES,
    stored.length - FRAME_BYTES,
  );
}

function checksum(framed: Uint8Array, seed: number, key: Uint8Array): number {
  const head = crc32(framed.subarray(0, 1), crc32(key, seed));
  const payload = framed.subarray(FRAME_BYTES);
  return payload.length < LONG_BYTES ? crc32(payload, head) : nativeCrc32(payload, head);
}

function corrupt(space: string, key: Uint8Array, what: string): StoreError {
  return new StoreError("corrupt", `the value of key ${hex(key)} in space "${space}" ${what}`);
}

/** Bytes for people: hexadecimal, cut after 32 bytes. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, 32)) text += byte.toString(16).padStart(2, "0");
  return bytes.length > 32 ? `${text}… (${bytes.length} bytes)` : text;
}
