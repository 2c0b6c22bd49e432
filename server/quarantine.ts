/**
 * Setting damaged state aside: the files of the state folder move into a folder below it, where they are kept for
 * people to look at, and nothing reads them again. The state folder itself stays where it is: it may be the place
 * where a volume is mounted.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const FILES = ["data.mdb", "lock.mdb"];
const SUSPECT = "suspect";
const REBUILD = "rebuild";

/**
 * Moves the files away and gives the folder where they are now. `atMs`: the wall clock, for its name. That a new state
 * is to be built is durable before: whoever finds an empty folder would take it for a new service's.
 */
export function quarantine(folder: string, reason: string, atMs: number): string {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  let place = join(folder, `quarantine-${stamp}`);
  for (let n = 2; existsSync(place); n++) place = join(folder, `quarantine-${stamp}-${n}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "reason.txt"), `${reason}\n`);
  writeDurably(join(folder, REBUILD), `${place}\n`);
  syncFolder(folder);
  for (const file of FILES) {
    if (existsSync(join(folder, file))) renameSync(join(folder, file), join(place, file));
  }
  syncFolder(place);
  syncFolder(folder);
  clearSuspicion(folder);
  return place;
}

/** Was state set aside, and has no service begun with a new one since? */
export function isRebuilding(folder: string): boolean {
  return existsSync(join(folder, REBUILD));
}

export function rebuilt(folder: string): void {
  rmSync(join(folder, REBUILD), { force: true });
}

/** Leaves word for the next start: the whole file is to be checked before it is used. */
export function leaveSuspicion(folder: string, reason: string): void {
  writeDurably(join(folder, SUSPECT), `${reason}\n`);
  syncFolder(folder);
}

export function isSuspect(folder: string): boolean {
  return existsSync(join(folder, SUSPECT));
}

export function clearSuspicion(folder: string): void {
  rmSync(join(folder, SUSPECT), { force: true });
}

function writeDurably(path: string, text: string): void {
  writeFileSync(path, text, { flush: true });
}

/** Makes names in a folder durable. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
