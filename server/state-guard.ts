/**
 * Looks at the state folder before the service opens it. A damaged LMDB file ends the process that reads it (SIGBUS,
 * SIGABRT) or gives it wrong bytes, so a child process reads it first, and what is damaged is set aside.
 *
 * The whole file is read where that is a matter of milliseconds, or where there is a suspicion. A greater one is
 * checked in its shape before the start (branches, names, free pages, length), and byte by byte beside the running
 * service: a child then reads one snapshot, and what it finds ends the service, whose next start begins with a suspicion.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CheckDepth } from "../state/lmdb-check.ts";
import { stateFile, stateFileBytes } from "../state/lmdb-check.ts";
import type { Log } from "./log.ts";
import {
  clearSuspicion,
  isRebuilding,
  isSuspect,
  leaveSuspicion,
  quarantine,
} from "./quarantine.ts";
import { RefusalError } from "./refusal.ts";
import { isHeld } from "./state-lock.ts";

/** Files up to this size are read whole before the start. */
const WHOLE_BYTES = 32 * 1024 * 1024;

export interface GuardParts {
  readonly folder: string;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** What is left to be done for a folder that may be opened now. */
export interface GuardedState {
  /** Was damaged state set aside, now or by a start that got no further? A new one is to be built from the input. */
  readonly rebuilding: boolean;
  /** Is the whole file still to be checked, beside the running service? */
  readonly unread: boolean;
}

type Finding =
  | { readonly kind: "sound" }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "version"; readonly reason: string }
  /** The child said nothing: the file cannot be read at all, or there is no room for a process. */
  | { readonly kind: "unknown"; readonly reason: string };

/** Checks the folder and sets damaged state aside. Throws RefusalError where another version wrote it. */
export async function guardState({ folder, log, nowMs }: GuardParts): Promise<GuardedState> {
  const bytes = stateFileBytes(folder);
  // Another service that has it open changes pages while they are read: opening it tells who that is.
  if (bytes === 0 || isHeld(folder)) return { rebuilding: isRebuilding(folder), unread: false };
  const suspect = isSuspect(folder);
  const depth: CheckDepth = bytes <= WHOLE_BYTES || suspect ? "all" : "shape";
  const { ino } = statSync(stateFile(folder));
  const finding = await check(folder, depth, "before");
  switch (finding.kind) {
    case "sound":
      if (depth === "all") clearSuspicion(folder);
      return { rebuilding: isRebuilding(folder), unread: depth === "shape" };
    case "version":
      throw new RefusalError(3, `the state folder ${folder}: ${finding.reason}`, [
        "run the version that wrote it, or another state folder",
      ]);
    case "unknown":
      log.warn({ reason: finding.reason }, "the state could not be checked beforehand");
      return { rebuilding: isRebuilding(folder), unread: false };
    case "damaged":
      if (isHeld(folder) || statSync(stateFile(folder)).ino !== ino) {
        throw new RefusalError(3, `the state folder ${folder} is in use by another process`);
      }
      log.error(
        { reason: finding.reason, kept: quarantine(folder, finding.reason, nowMs()) },
        "the state is damaged and was set aside; it is built anew from the input streams",
      );
      return { rebuilding: true, unread: false };
  }
}

/** Checks the whole file while the service runs. Throws RefusalError where it is damaged; the next start sets it aside. */
export async function checkBeside(
  { folder, log }: Pick<GuardParts, "folder" | "log">,
  signal: AbortSignal,
): Promise<void> {
  const finding = await check(folder, "all", "beside", signal);
  if (signal.aborted) return;
  if (finding.kind === "sound") log.info("the state was checked: sound");
  else if (finding.kind !== "damaged")
    log.warn({ reason: finding.reason }, "the state was not checked");
  else {
    leaveSuspicion(folder, finding.reason);
    throw new RefusalError(1, `${finding.reason}; the next start sets it aside`);
  }
}

async function check(
  folder: string,
  depth: CheckDepth,
  when: "before" | "beside",
  signal?: AbortSignal,
): Promise<Finding> {
  const entry = fileURLToPath(new URL("./verify-child.js", import.meta.url));
  const child = spawn(process.execPath, [entry, folder, depth, when], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" }),
  });
  let said = "";
  let complaint = "";
  child.stdout.on("data", (bytes) => {
    said += String(bytes);
  });
  child.stderr.on("data", (bytes) => {
    complaint = (complaint + String(bytes)).slice(0, 2000);
  });
  try {
    const [code, ended] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return findingOf(code, ended, said, complaint);
  } catch (error) {
    return { kind: "unknown", reason: (error as Error).message };
  }
}

/** Signals by which a process ends that reads a damaged file. */
const DEADLY: readonly (NodeJS.Signals | null)[] = [
  "SIGBUS",
  "SIGSEGV",
  "SIGABRT",
  "SIGFPE",
  "SIGILL",
];

function findingOf(
  code: number | null,
  ended: NodeJS.Signals | null,
  said: string,
  complaint: string,
): Finding {
  if (code === 0) return { kind: "sound" };
  if (code === 4) return { kind: "damaged", reason: said };
  if (code === 5) return { kind: "version", reason: said };
  if (DEADLY.includes(ended)) {
    return { kind: "damaged", reason: `the state file is damaged: reading it ended in ${ended}` };
  }
  return {
    kind: "unknown",
    reason: complaint.trim().split("\n").at(-1) ?? `exit ${code ?? ended}`,
  };
}
