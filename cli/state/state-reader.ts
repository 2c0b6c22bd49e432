/**
 * Reads a state folder as it lies on the disk: of a service that has ended, or of one that runs, without being in its
 * way. First a child process looks at the file, because a damaged one may end the process that opens it; then one
 * snapshot is read.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { checkStateFile, type EntryListener, stateFileBytes } from "../../state/lmdb-check.ts";
import { pinLmdb } from "../../state/lmdb-store.ts";
import { UsageError } from "../exit-code.ts";

export type StateVerdict =
  | { readonly kind: "sound" }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "version"; readonly reason: string };

/** Compares everything that can be compared: pages, order of keys, checksums, counts. */
export function verifyState(folder: string): StateVerdict {
  if (stateFileBytes(folder) === 0) throw new UsageError(`there is no state in ${folder}`);
  const entry = fileURLToPath(new URL("../../server/verify-child.js", import.meta.url));
  const child = spawnSync(process.execPath, [entry, folder, "all", "beside"], { encoding: "utf8" });
  const { status, signal, stdout, stderr } = child;
  if (status === 0) return { kind: "sound" };
  if (status === 4) return { kind: "damaged", reason: stdout };
  if (status === 5) return { kind: "version", reason: stdout };
  if (signal !== null) return { kind: "damaged", reason: `reading it ended in ${signal}` };
  throw new UsageError(`${folder} could not be read: ${stderr.trim().split("\n").at(-1)}`);
}

/** Reads every entry of one snapshot, and gives the number of entries by space. The state must be sound. */
export async function readState(
  folder: string,
  onEntry: EntryListener,
): Promise<ReadonlyMap<string, number>> {
  const verdict = verifyState(folder);
  if (verdict.kind !== "sound") throw new UsageError(`the state in ${folder}: ${verdict.reason}`);
  return readSound(folder, onEntry);
}

/** The same of a state that was found sound. */
export async function readSound(
  folder: string,
  onEntry: EntryListener,
): Promise<ReadonlyMap<string, number>> {
  const release = pinLmdb(folder);
  try {
    return checkStateFile(folder, "all", onEntry).entries;
  } finally {
    await release();
  }
}
