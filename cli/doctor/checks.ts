/** One look of `sequitur doctor` at a time: what was found, and what to do about it. */

import type { StreamConfig } from "../../io/nats-streams.ts";

export interface Finding {
  /** red: the service will not run, or must not be trusted. warn: it runs; somebody should look. */
  readonly level: "ok" | "warn" | "red";
  /** What was looked at. */
  readonly name: string;
  readonly detail: string;
}

export function finding(level: Finding["level"], name: string, detail: string): Finding {
  return { level, name, detail };
}

/** The first versions of nats-server without known advisories, by their line. */
const FLOORS = [
  [2, 12, 12],
  [2, 14, 3],
] as const;

/** Judges a version of nats-server. On the loopback interface nobody else can reach it. */
export function judgeServer(version: string, loopback: boolean): Finding {
  const name = "nats-server";
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const [lower, upper] = FLOORS;
  const atLeast = (floor: readonly number[]): boolean => {
    const [a = 0, b = 0, c = 0] = floor;
    return major > a || (major === a && (minor > b || (minor === b && patch >= c)));
  };
  const inLowerLine = major === lower[0] && minor === lower[1];
  if (atLeast(upper) || (inLowerLine && patch >= lower[2])) return finding("ok", name, version);
  const detail = `${version} has known security advisories: use 2.12.12 or later of its line, or 2.14.3 or later`;
  if (!loopback) return finding("red", name, detail);
  return finding("warn", name, `${detail}; as it is, on the loopback interface only`);
}

/** What 2.9 lacks (delivery of alerts does not rest on it). */
export function judgeFeatures(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const modern = major > 2 || minor >= 10;
  return modern
    ? finding("ok", "durability", "set sync_interval: always, or use three replicas")
    : finding(
        "warn",
        "durability",
        `${version} writes to the disk every two minutes: a loss of power may lose acknowledged events and alerts; from 2.10 on sync_interval: always prevents it`,
      );
}

/** Judges Node's version against the least one that package.json names. */
export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return good
    ? finding("ok", "node", version)
    : finding("red", "node", `${version}: at least 20.19 is needed`);
}

const SHORT_AGE_NS = 3_600_000_000_000;

/** Judges a stream that is read, or that gets the alerts. */
export function judgeStream(
  stream: string,
  settings: Omit<StreamConfig, "name" | "subjects">,
): readonly Finding[] {
  const name = `stream ${stream}`;
  const found: Finding[] = [];
  const add = (level: Finding["level"], detail: string): void => {
    found.push(finding(level, name, detail));
  };
  if (settings.retention !== "limits") {
    add(
      "red",
      `retention is ${settings.retention}: what was read cannot be read again; use limits`,
    );
  }
  if (settings.storage !== "file") add("warn", "it is kept in memory: nothing outlives the server");
  if (settings.allow_rollup_hdrs) add("warn", "allow_rollup_hdrs is on: a header can purge it");
  if (!settings.deny_delete) add("warn", "deny_delete is off: single messages can be removed");
  if (!settings.deny_purge) add("warn", "deny_purge is off: it can be emptied");
  if (settings.max_age > 0 && settings.max_age < SHORT_AGE_NS) {
    add("warn", "max_age is below an hour: it should be twice the longest outage that may happen");
  }
  if (found.length > 0) return found;
  const limit = settings.max_age > 0 ? `keeps ${settings.max_age / SHORT_AGE_NS} h` : "keeps all";
  const copies = settings.num_replicas === 1 ? "one replica" : `${settings.num_replicas} replicas`;
  return [finding("ok", name, `${limit}, ${copies}`)];
}
