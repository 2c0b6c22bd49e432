/**
 * Cuts a stream of bytes into lines of text, in bounded memory.
 *
 * Invariants
 *  L1  Between two chunks at most `maxLineBytes` bytes of an unfinished line are kept; a longer line is passed over.
 *  L2  Line numbers count every line end from the start of the file; byte offsets are those of the decompressed file.
 */

/** One line without its end (LF or CR LF). */
export interface FileLine {
  /** The text, malformed UTF-8 replaced by U+FFFD; null where the line is too long. */
  readonly line: string | null;
  readonly tooLong: boolean;
  /** Counted from 0. */
  readonly lineNumber: number;
  /** Where the line begins. */
  readonly byteOffset: number;
}

const LF = 0x0a;
const CR = 0x0d;

export class LineSplitter {
  readonly #maxLineBytes: number;
  /** What earlier chunks hold of the line that has not ended; empty while one is passed over. */
  #pieces: Buffer[] = [];
  /** Bytes of the line so far, also those passed over. */
  #length = 0;
  #lineNumber: number;
  #byteOffset: number;

  /** `lineNumber` and `byteOffset` are those of the line that the first chunk begins with. */
  constructor(maxLineBytes: number, lineNumber: number, byteOffset: number) {
    this.#maxLineBytes = maxLineBytes;
    this.#lineNumber = lineNumber;
    this.#byteOffset = byteOffset;
  }

  /** The lines that end in the chunk. */
  push(chunk: Buffer): FileLine[] {
    const lines: FileLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#finish(1));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line where the file does not end with a line end, else null. */
  end(): FileLine | null {
    return this.#length === 0 ? null : this.#finish(0);
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    // One byte more than the limit may be the CR of the line's end.
    if (this.#length > this.#maxLineBytes + 1) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #finish(endBytes: number): FileLine {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    const whole = bytes as Buffer;
    const text = whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
    const tooLong = whole.length !== this.#length || text.length > this.#maxLineBytes;
    const line: FileLine = {
      line: tooLong ? null : text.toString("utf8"),
      tooLong,
      lineNumber: this.#lineNumber,
      byteOffset: this.#byteOffset,
    };
    this.#lineNumber++;
    this.#byteOffset += this.#length + endBytes;
    this.#pieces = [];
    this.#length = 0;
    return line;
  }
}
