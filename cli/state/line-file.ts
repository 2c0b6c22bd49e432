/**
 * A file that is written line by line while nothing else runs: what is given is written at once, in pieces, so that the
 * memory that it takes does not grow with the file. Packed, each piece is a member of the gzip file by itself.
 */

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { gzipSync } from "node:zlib";

const PIECE_UNITS = 1024 * 1024;

export class LineFile {
  readonly #path: string;
  readonly #packed: boolean;
  #file: number | null = null;
  #lines: string[] = [];
  #units = 0;

  constructor(path: string, packed: boolean) {
    this.#path = path;
    this.#packed = packed;
  }

  /** `line`: with its end. Throws the system's error. */
  add(line: string): void {
    this.#lines.push(line);
    this.#units += line.length;
    if (this.#units >= PIECE_UNITS) this.#write();
  }

  #write(): void {
    this.#file ??= openSync(this.#path, "w");
    const bytes = Buffer.from(this.#lines.join(""));
    this.#lines = [];
    this.#units = 0;
    const piece = this.#packed ? gzipSync(bytes) : bytes;
    for (let at = 0; at < piece.length; ) at += writeSync(this.#file, piece, at);
  }

  /** All is on the disk. */
  close(): void {
    this.#write();
    if (this.#file === null) return;
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = null;
  }

  /** Removes the file. */
  discard(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    rmSync(this.#path, { force: true });
  }
}
