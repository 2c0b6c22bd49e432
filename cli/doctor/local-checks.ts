/** What doctor finds on the machine itself: state folder, disk, files with secrets. */

import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../server/config.ts";
import { stateFileBytes } from "../../state/lmdb-check.ts";
import { verifyState } from "../state/state-reader.ts";
import { type Finding, finding } from "./checks.ts";

/** Types of file systems that other machines serve (statfs(2)): LMDB must not lie on them. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
]);

const RED_BYTES = 100 * 1024 * 1024;
const WARN_BYTES = 1024 * 1024 * 1024;

export function localChecks(config: Config): readonly Finding[] {
  const folder = config.state.path;
  return [...stateChecks(folder), ...diskChecks(folder), ...secretChecks(config)];
}

function stateChecks(folder: string): readonly Finding[] {
  const name = "state";
  if (stateFileBytes(folder) === 0) {
    const place = existing(folder);
    try {
      accessSync(place, constants.W_OK);
    } catch {
      return [finding("red", name, `${place} cannot be written to`)];
    }
    return [finding("ok", name, `${folder} is new`)];
  }
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return [finding("red", name, `${folder} cannot be written to`)];
  }
  const verdict = verifyState(folder);
  if (verdict.kind === "sound") {
    const bytes = stateFileBytes(folder);
    return [finding("ok", name, `${folder} is sound, ${bytes} bytes`)];
  }
  return [finding("red", name, `${folder}: ${verdict.reason}`)];
}

function diskChecks(folder: string): readonly Finding[] {
  const { bavail, bsize, type } = statfsSync(existing(folder));
  const free = bavail * bsize;
  const text = `${Math.floor(free / 1024 ** 2)} MiB free`;
  const level = free < RED_BYTES ? "red" : free < WARN_BYTES ? "warn" : "ok";
  const found = [finding(level, "disk", text)];
  const remote = REMOTE.get(type);
  if (remote !== undefined) {
    found.push(finding("red", "disk", `${folder} lies on ${remote}: use a local disk`));
  }
  return found;
}

/** The nearest folder above that exists. */
function existing(path: string): string {
  return existsSync(path) ? path : existing(dirname(path));
}

function secretChecks({ nats }: Config): readonly Finding[] {
  const files = [nats.creds, nats.nkey, nats.tls?.key ?? null].filter((path) => path !== null);
  return files.map((path) => {
    const name = "secrets";
    if (!existsSync(path)) return finding("red", name, `${path} does not exist`);
    const open = (statSync(path).mode & 0o077) !== 0;
    return open
      ? finding("warn", name, `${path} can be read by other users: chmod 600`)
      : finding("ok", name, `${path} is the owner's alone`);
  });
}
