import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { openLmdbStore } from "../state/lmdb-store.ts";
import { isHeld, listsLock, mountDevice } from "./state-lock.ts";

test("a folder is held while a process has it open", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-held-"));
  expect(isHeld(folder)).toBe(false);
  const store = openLmdbStore(folder);
  expect(isHeld(folder)).toBe(true);
  await store.close();
  expect(isHeld(folder)).toBe(false);
  rmSync(folder, { recursive: true });
});

test("a lock counts on its own device only", () => {
  const locks = `1: POSIX  ADVISORY  WRITE 812 00:1a:77 0 EOF
2: -> POSIX  ADVISORY  WRITE 900 fd:10:77 0 EOF
3: FLOCK  ADVISORY  WRITE 7 08:01:1177 0 EOF
`;
  expect(listsLock(locks, 77n, ["0:26"])).toBe(true);
  expect(listsLock(locks, 77n, ["8:1", "253:16"])).toBe(true);
  expect(listsLock(locks, 77n, ["8:1"])).toBe(false);
  expect(listsLock(locks, 177n, ["8:1"])).toBe(false);
});

test("a path belongs to the mount nearest above it, and of two there to the later one", () => {
  const mounts = `21 1 8:1 / / rw - ext4 /dev/sda1 rw
22 21 0:30 / /var/lib rw - tmpfs tmpfs rw
23 21 0:31 / /var/lib rw - btrfs /dev/sdb rw
24 21 0:40 / /var/my\\040data rw - ext4 /dev/sdc rw
`;
  expect(mountDevice(mounts, "/var/lib/sequitur")).toBe("0:31");
  expect(mountDevice(mounts, "/var/lib")).toBe("0:31");
  expect(mountDevice(mounts, "/var/library")).toBe("8:1");
  expect(mountDevice(mounts, "/var/my data/x")).toBe("0:40");
  expect(mountDevice("", "/x")).toBeNull();
});
