/**
 * How far a webhook has come in the alert stream: a small file that is replaced as a whole. It is written beside the
 * state folder's database and never within its commits, so that a subscriber costs the engine's loop nothing.
 *
 * Invariants
 *  C1  The file says a sequence only after all records up to it are done with: after a crash some are sent again, with
 *      the same ids; none is left out.
 *  C2  Written at most once in `everyMs`, by the file system's own threads; a disk that refuses costs a later write.
 */

import { readFileSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Cursor {
  /** When the alert stream was made: its identity. */
  readonly created: string;
  /** Sequence of the last record that is done with. */
  readonly seq: number;
}

const FORMAT = 1;

/** The cursor that the file holds; null where there is no file. Throws an Error where it is no cursor. */
export function readCursor(path: string): Cursor | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const { format, created, seq } = JSON.parse(text);
    const good = format === FORMAT && typeof created === "string" && Number.isSafeInteger(seq);
    if (good && seq >= 0) return { created, seq };
  } catch {
    // Told below, as is JSON of another shape.
  }
  throw new Error(`${path} is no cursor of format ${FORMAT}: remove it to begin anew`);
}

/** Replaces the file durably. */
export async function writeCursor(path: string, { created, seq }: Cursor): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(`${JSON.stringify({ format: FORMAT, created, seq })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Writes what it was last told, now and then. */
export class CursorWriter {
  readonly #path: string;
  readonly #everyMs: number;
  readonly #onTrouble: (reason: string | null) => void;
  readonly #stop = new AbortController();
  #wanted: Cursor | null = null;
  #writing: Promise<void> | null = null;

  /** `onTrouble` hears why the last write failed, or null after one that did not. */
  constructor(path: string, everyMs: number, onTrouble: (reason: string | null) => void) {
    this.#path = path;
    this.#everyMs = everyMs;
    this.#onTrouble = onTrouble;
  }

  save(cursor: Cursor): void {
    this.#wanted = cursor;
    this.#writing ??= this.#write();
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
    if (this.#wanted !== null) await this.#once();
  }

  async #write(): Promise<void> {
    while (this.#wanted !== null && !this.#stop.signal.aborted) {
      await this.#once();
      await sleep(this.#everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    this.#writing = null;
  }

  async #once(): Promise<void> {
    const cursor = this.#wanted;
    if (cursor === null) return;
    this.#wanted = null;
    try {
      await writeCursor(this.#path, cursor);
      this.#onTrouble(null);
    } catch (error) {
      this.#wanted ??= cursor;
      this.#onTrouble(`its position cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}
