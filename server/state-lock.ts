/**
 * Has a process the state folder open? LMDB holds a lock on its lock file while one has, and Linux lists locks by device
 * and inode. Inodes alone would not do: other file systems have the same numbers. What `stat` calls the device is not
 * always the one that the list says (btrfs, overlays): that of the mount is.
 */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

/** False, too, where the system tells nothing of locks. */
export function isHeld(folder: string): boolean {
  try {
    const { dev, ino } = statSync(join(folder, "lock.mdb"), { bigint: true });
    const mounted = mountDevice(readFileSync("/proc/self/mountinfo", "utf8"), realpathSync(folder));
    const devices = mounted === null ? [deviceText(dev)] : [deviceText(dev), mounted];
    return listsLock(readFileSync("/proc/locks", "latin1"), ino, devices);
  } catch {
    return false;
  }
}

/** Does the text of `/proc/locks` tell a lock on this inode of one of the devices (`major:minor`)? */
export function listsLock(locks: string, inode: bigint, devices: readonly string[]): boolean {
  for (const [, major = "", minor = "", number = ""] of locks.matchAll(
    /\s([0-9a-f]+):([0-9a-f]+):(\d+)\s/g,
  )) {
    if (BigInt(number) !== inode) continue;
    const device = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    if (devices.includes(device)) return true;
  }
  return false;
}

/** The device, as `major:minor`, of the mount that a path lies in, by the text of `/proc/self/mountinfo`. */
export function mountDevice(mounts: string, path: string): string | null {
  let found: string | null = null;
  let longest = 0;
  for (const line of mounts.split("\n")) {
    const [, , device, , escaped] = line.split(" ");
    if (device === undefined || escaped === undefined) continue;
    const point = escaped.replace(/\\([0-7]{3})/g, (_, octal) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const within = point === "/" || path === point || path.startsWith(`${point}/`);
    // Of two at one place the later one covers the other.
    if (!within || point.length < longest) continue;
    longest = point.length;
    found = device;
  }
  return found;
}

/** Of a device's number in 64 bits, as Linux packs it. */
function deviceText(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
