/**
 * A small file system of its own, for what happens when a disk is full: a tmpfs, where the user may mount one.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** May this user mount? Where not, the tests are left out, and say so. */
export function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), "sequitur-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place]).status === 0;
  if (mounted) spawnSync("umount", [place]);
  else process.stderr.write("SKIPPED: full disks are not tested, for this user may not mount\n");
  rmSync(place, { recursive: true });
  return mounted;
}

const FILLER = "filler";
const left = new Set<string>();

process.on("exit", () => {
  for (const place of left) spawnSync("umount", ["-l", place]);
});

export class SmallDisk {
  readonly path: string;

  /** Mounts so many megabytes at a path, which is made. */
  constructor(path: string, megabytes: number) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    const { status, stderr } = spawnSync("mount", [
      ...["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path],
    ]);
    if (status !== 0) throw new Error(`no file system was mounted: ${String(stderr)}`);
    left.add(path);
  }

  /** Leaves so many bytes of room. */
  fill(leftBytes: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(join(this.path, FILLER), new Uint8Array(Math.max(0, bavail * bsize - leftBytes)));
  }

  free(): void {
    rmSync(join(this.path, FILLER));
  }

  unmount(): void {
    spawnSync("umount", ["-l", this.path]);
    left.delete(this.path);
  }
}
