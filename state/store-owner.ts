/**
 * Who has a state folder open. The owner's identity stands in the store itself and is changed in a write transaction,
 * which LMDB serialises between processes: of two that start at once exactly one wins, and there is no lock file to
 * be raced for or left behind.
 *
 * An identity is process id, start time of the process and boot of the machine: after a kill -9 the process is gone,
 * a process that got the same id later has another start time, and nothing survives a boot. Where the system has no
 * /proc the process id alone decides. Processes in two containers do not see each other and are not told apart:
 * there the volume must be given to one at a time.
 */

import { readFileSync, readlinkSync } from "node:fs";
import { StoreError } from "./store.ts";

/** The place of the owner's identity. Both calls happen within one write transaction. */
export interface OwnerRecord {
  read(): Uint8Array | null;
  write(value: Uint8Array): void;
}

interface Identity {
  readonly pid: number;
  /** Start time in clock ticks since boot; "" where unknown. */
  readonly start: string;
  /** The boot and the process namespace; "" where unknown. */
  readonly machine: string;
}

const NOBODY = "";

/** Makes this process the owner, or throws StoreError "locked". */
export function claimStore(folder: string, record: OwnerRecord): void {
  const owner = parseIdentity(record.read());
  if (owner !== null && isAlive(owner)) {
    const message = `the state folder ${folder} is in use by process ${owner.pid}`;
    throw new StoreError("locked", message);
  }
  record.write(new TextEncoder().encode(JSON.stringify(identityOf(process.pid))));
}

/** Gives up the ownership of this process. */
export function releaseStore(record: OwnerRecord): void {
  record.write(new TextEncoder().encode(NOBODY));
}

function parseIdentity(value: Uint8Array | null): Identity | null {
  if (value === null) return null;
  const text = new TextDecoder().decode(value);
  return text === NOBODY ? null : (JSON.parse(text) as Identity);
}

function identityOf(pid: number): Identity {
  return { pid, start: startTicks(pid), machine: machineId() };
}

function isAlive(owner: Identity): boolean {
  if (owner.machine !== machineId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return startTicks(owner.pid) === owner.start;
}

/** Field 22 of /proc/PID/stat (proc(5)); the name before it may hold spaces and brackets. */
function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Field 3 is the first here. A zombie has stopped running and only waits for its parent.
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  } catch {
    return "";
  }
}

function machineId(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}
