/**
 * Reading and writing of binary records. Variable-length integers are LEB128; texts are kept unit by unit, so lone
 * surrogates survive (UTF-8 would merge them).
 */

import { assert } from "./assert.ts";

const TEXT_LATIN = 0;
const TEXT_UTF16 = 1;

/** Appends to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An integer from 0 to 2^53 - 1. */
  uint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "an unsigned integer is from 0 to 2^53 - 1");
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A 64-bit float, big-endian. */
  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value);
    this.#length += 4;
  }

  text(value: string): void {
    const start = this.#length;
    const { length } = value;
    this.byte(TEXT_LATIN);
    this.uint(length);
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) {
        this.#length = start;
        this.#wideText(value);
        return;
      }
      bytes[at + i] = unit;
    }
    this.#length = at + length;
  }

  #wideText(value: string): void {
    this.byte(TEXT_UTF16);
    this.uint(value.length);
    this.#reserve(value.length * 2);
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      this.#bytes[this.#length++] = unit >>> 8;
      this.#bytes[this.#length++] = unit & 0xff;
    }
  }

  /** Raw bytes, without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A copy of what was written; the writer starts anew. */
  take(): Uint8Array {
    const copy = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return copy;
  }
}

/** Thrown when a record ends too early or holds what no writer wrote: the store's checksum should have caught it. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  #advance(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw new RecordError("a record ends too early");
    this.#at = start + count;
    return start;
  }

  byte(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
      if (scale > Number.MAX_SAFE_INTEGER) throw new RecordError("an integer has too many bytes");
    }
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  text(): string {
    const form = this.byte();
    if (form > TEXT_UTF16) throw new RecordError("a text has an unknown form");
    const length = this.uint();
    const width = form === TEXT_LATIN ? 1 : 2;
    const start = this.#advance(length * width);
    const parts: string[] = [];
    for (let i = 0; i < length; i += 4096) {
      const units: number[] = [];
      for (let j = i; j < Math.min(length, i + 4096); j++) units.push(this.#unit(start, j, width));
      parts.push(String.fromCharCode(...units));
    }
    return parts.length === 1 ? (parts[0] as string) : parts.join("");
  }

  #unit(start: number, index: number, width: number): number {
    if (width === 1) return this.#bytes[start + index] as number;
    return this.#view.getUint16(start + index * 2);
  }

  /** The next `length` bytes, not copied. */
  raw(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }
}
