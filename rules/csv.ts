/**
 * Comma-separated values as RFC 4180 has them: cells may stand in double quotes, in which a comma, a line end and a
 * doubled quote are text. Beyond the RFC a line may end in a bare line feed, and lines without anything on them are
 * passed over. Spaces belong to their cell.
 */

export interface CsvCell {
  readonly text: string;
  /** It stood in quotes. */
  readonly quoted: boolean;
}

export interface CsvRecord {
  readonly cells: readonly CsvCell[];
  /** Number of its first line, from 1. */
  readonly line: number;
}

export type Csv =
  | { readonly records: readonly CsvRecord[] }
  /** `error` is a clause. */
  | { readonly error: string; readonly line: number };

const QUOTE = '"';

/** Reads a whole file. O(length). */
export function readCsv(text: string): Csv {
  const reader = new CsvReader(text);
  return reader.read();
}

class CsvReader {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Csv {
    const records: CsvRecord[] = [];
    while (this.#at < this.#text.length) {
      const line = this.#line;
      const cells: CsvCell[] = [];
      do {
        const cell = this.#cell();
        if ("error" in cell) return { error: cell.error, line };
        cells.push(cell);
      } while (this.#take(","));
      if (!this.#takeLineEnd()) return { error: "text stands behind a closing quote", line };
      const [only] = cells;
      if (cells.length > 1 || only?.quoted === true || only?.text !== "") {
        records.push({ cells, line });
      }
    }
    return { records };
  }

  #cell(): CsvCell | { readonly error: string } {
    return this.#text[this.#at] === QUOTE ? this.#quoted() : this.#bare();
  }

  #bare(): CsvCell | { readonly error: string } {
    const start = this.#at;
    let end = start;
    while (end < this.#text.length && !/[,\r\n]/.test(this.#text[end] as string)) end++;
    this.#at = end;
    const text = this.#text.slice(start, end);
    if (text.includes(QUOTE)) return { error: "a quote stands within a cell that has none around" };
    return { text, quoted: false };
  }

  #quoted(): CsvCell | { readonly error: string } {
    const parts: string[] = [];
    let start = this.#at + 1;
    for (;;) {
      const end = this.#text.indexOf(QUOTE, start);
      if (end < 0) return { error: "a quote is not closed" };
      parts.push(this.#text.slice(start, end));
      if (this.#text[end + 1] !== QUOTE) {
        this.#at = end + 1;
        break;
      }
      parts.push(QUOTE);
      start = end + 2;
    }
    const text = parts.join("");
    this.#line += text.split("\n").length - 1;
    return { text, quoted: true };
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** True at the end of the text too. */
  #takeLineEnd(): boolean {
    if (this.#at === this.#text.length) return true;
    if (!this.#take("\r\n") && !this.#take("\n") && !this.#take("\r")) return false;
    this.#line++;
    return true;
  }
}
