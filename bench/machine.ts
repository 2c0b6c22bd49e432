/** What a figure was measured on: machine, versions, revision of the source. */

import { execFileSync } from "node:child_process";
import { cpus, loadavg, type as osType, release, totalmem } from "node:os";
import { packageFolder } from "./package-folder.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly mem_gb: number;
  readonly os: string;
  readonly node: string;
  readonly v8: string;
  /** Load average of the last minute: what else the machine did. */
  readonly load1: number;
}

export function thisMachine(): Machine {
  const { node, v8 } = process.versions;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    mem_gb: Math.round(totalmem() / 2 ** 30),
    os: `${osType()} ${release()}`,
    node,
    v8,
    load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** The short hash of the commit, with a `+` where files differ from it; null outside of a repository. */
export function revision(): string | null {
  const git = (...words: readonly string[]): string =>
    execFileSync("git", words, {
      cwd: packageFolder(),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? "+" : "");
  } catch {
    return null;
  }
}
