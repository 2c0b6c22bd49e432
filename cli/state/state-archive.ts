/**
 * A state as a text, to be moved or kept: NDJSON, packed where the file's name ends in `.gz`.
 *
 *   {"sequitur":"state","format":1}                              first line
 *   {"space":"slots","key":"<base64>","value":"<base64>"}        entries, in the order of spaces and keys
 *   {"file":"webhooks/pager.json","text":"…"}                    positions of webhooks
 *   {"entries":17,"sha256":"<hex>"}                              last line: of all lines before, each with its end
 *
 * Invariants
 *  R1  Nothing is put in place before the whole archive was read and its checksum found right.
 *  R2  A state is put in place by one renaming: an import that was interrupted leaves none.
 */

import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { openLmdbStore } from "../../state/lmdb-store.ts";
import type { Store, StoreChange } from "../../state/store.ts";
import { UsageError } from "../exit-code.ts";
import { LineFile } from "./line-file.ts";
import { readState } from "./state-reader.ts";

const FIRST = '{"sequitur":"state","format":1}';
const BATCH = 1000;
/** Kept by the store itself, for the process that has it open. */
const OWNER_SPACE = "_owner";

/**
 * Writes the state of a folder to a file; gives the number of entries. Throws UsageError where the file cannot be
 * written; nothing is left of it then.
 */
export async function exportState(folder: string, path: string): Promise<number> {
  if (existsSync(path)) throw new UsageError(`${path} is there already`);
  const file = new LineFile(`${path}.new`, path.endsWith(".gz"));
  try {
    const entries = await writeState(folder, file);
    file.close();
    renameSync(`${path}.new`, path);
    return entries;
  } catch (error) {
    file.discard();
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UsageError(`${path} cannot be written (${code})`, { cause: error });
  }
}

async function writeState(folder: string, file: LineFile): Promise<number> {
  const hash = createHash("sha256");
  let entries = 0;
  const line = (text: string): void => {
    hash.update(`${text}\n`);
    file.add(`${text}\n`);
  };
  line(FIRST);
  await readState(folder, (space, key, value) => {
    if (space === OWNER_SPACE) return;
    entries++;
    line(JSON.stringify({ space, key: base64(key), value: base64(value) }));
  });
  for (const name of webhookFiles(folder)) {
    entries++;
    line(JSON.stringify({ file: name, text: readFileSync(join(folder, name), "utf8") }));
  }
  file.add(`${JSON.stringify({ entries, sha256: hash.digest("hex") })}\n`);
  return entries;
}

function webhookFiles(folder: string): readonly string[] {
  const inner = join(folder, "webhooks");
  if (!existsSync(inner)) return [];
  const names = readdirSync(inner).filter((name) => FILE_NAME.test(`webhooks/${name}`));
  return names.sort().map((name) => `webhooks/${name}`);
}

/** Files that an archive may hold: a name from outside must not lead elsewhere. */
const FILE_NAME = /^webhooks\/[a-z0-9][a-z0-9_-]{0,62}\.json$/;

/**
 * Puts the state of an archive into a folder that has none; gives the number of entries. Throws UsageError where the
 * archive is not whole, or the folder cannot be written.
 */
export async function importState(path: string, folder: string): Promise<number> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new UsageError(`${folder} is not empty: a state is put into a new folder`);
  }
  const entries = await checkArchive(path);
  const place = `${folder}.import-${process.pid}`;
  let store: Store;
  try {
    store = openLmdbStore(place);
  } catch (error) {
    throw new UsageError(`${folder} cannot be made: ${(error as Error).message}`, { cause: error });
  }
  try {
    let changes: StoreChange[] = [];
    for await (const line of linesOf(path)) {
      const item = itemOf(line);
      if (item.kind === "file") putFile(place, item.name, item.text);
      if (item.kind !== "entry") continue;
      changes.push(item.change);
      if (changes.length < BATCH) continue;
      store.commit(changes);
      changes = [];
    }
    store.commit(changes);
    await store.close();
    if (existsSync(folder)) rmdirSync(folder);
    renameSync(place, folder);
  } catch (error) {
    await store.close();
    rmSync(place, { recursive: true, force: true });
    if (error instanceof UsageError) throw error;
    const reason = (error as Error).message;
    throw new UsageError(`${folder} cannot be written: ${reason}`, { cause: error });
  }
  return entries;
}

function putFile(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Reads the whole archive; gives the number of its entries. Throws UsageError where it is not whole. */
async function checkArchive(path: string): Promise<number> {
  const hash = createHash("sha256");
  let entries = 0;
  let first = true;
  let end: Item | null = null;
  for await (const line of linesOf(path)) {
    if (first && line !== FIRST) throw new UsageError(`${path} is no state of format 1`);
    if (end !== null) throw new UsageError(`${path} goes on behind its end`);
    const item = first ? null : itemOf(line);
    first = false;
    if (item?.kind === "end") end = item;
    else {
      hash.update(`${line}\n`);
      if (item !== null) entries++;
    }
  }
  if (end?.kind !== "end") throw new UsageError(`${path} ends too early`);
  if (end.entries !== entries || end.sha256 !== hash.digest("hex")) {
    throw new UsageError(`${path} is damaged: its checksum is another one`);
  }
  return entries;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const input = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  // Errors of the file do not pass through a pipe by themselves.
  file.on("error", (error) => input.destroy(error));
  try {
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    let failure: Error | null = null;
    input.on("error", (error: Error) => {
      failure = error;
      lines.close();
    });
    yield* lines;
    if (failure !== null) throw failure as Error;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

type Item =
  | { readonly kind: "first" }
  | { readonly kind: "entry"; readonly change: StoreChange }
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "end"; readonly entries: number; readonly sha256: string };

function itemOf(line: string): Item {
  if (line === FIRST) return { kind: "first" };
  let value: { [name: string]: unknown };
  try {
    value = JSON.parse(line);
  } catch {
    throw new UsageError("a line of the archive is no JSON: it is damaged");
  }
  const { space, key, value: content, file, text, entries, sha256 } = value;
  if (typeof space === "string" && typeof key === "string" && typeof content === "string") {
    const change = { space, key: bytesOf(key), value: bytesOf(content) };
    return { kind: "entry", change };
  }
  if (typeof file === "string" && FILE_NAME.test(file) && typeof text === "string") {
    return { kind: "file", name: file, text };
  }
  if (typeof entries === "number" && typeof sha256 === "string") {
    return { kind: "end", entries, sha256 };
  }
  throw new UsageError("a line of the archive is none of format 1");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
