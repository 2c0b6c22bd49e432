/** What one run says: one line of NDJSON. The names and their order are the schema `sequitur.bench/1`. */

import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import { packageFolder } from "./package-folder.ts";

export interface Latency {
  /** Share of the measured maximum at which events came. */
  readonly load: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** State and memory at some point of a run. */
export interface Sample {
  readonly events: number;
  readonly rss_mb: number;
  readonly heap_mb: number;
  readonly open_starts: number;
  readonly open_runs: number;
}

export interface Result {
  readonly schema: "sequitur.bench/1";
  readonly workload: string;
  readonly variant: string;
  readonly tier: string;
  readonly mode: Mode;
  readonly events: number;
  readonly seed: number;
  readonly keys: number;
  readonly rules: number;
  readonly shards: 1;
  readonly seconds: number;
  readonly events_per_s: number;
  /**
   * Of the process that matches, all threads: garbage collection and the compiler too. Null where the process was
   * killed on the way, or the system does not tell.
   */
  readonly cpu_ns_per_event: number | null;
  readonly latency_ms: Latency | null;
  readonly rss_mb: number;
  /** Memory that live partial matches take, each; null where there are too few to tell. */
  readonly bytes_per_run: number | null;
  readonly matches: number;
  readonly hash: string;
  /** Null where an alert does not show all of its events. */
  readonly hash_full: string | null;
  readonly late: number;
  readonly dropped: number;
  /** Why the run ended before its last event; null: it did not. */
  readonly dnf: string | null;
  readonly checkpoint: "none" | "commit";
  readonly git: string | null;
  readonly nats_server: string | null;
  readonly machine: Machine;
  /** Beyond the schema: what a workload has to say besides. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export type Mode = "engine" | "json" | "nats";

/** Writes the line to stdout and to the file of the workload in bench/results. */
export function emit(result: Result): void {
  const line = `${JSON.stringify(result)}\n`;
  process.stdout.write(line);
  const folder = join(packageFolder(), "bench", "results");
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, `${result.workload.toLowerCase()}.ndjson`), line);
}

/** Rounded to so many digits behind the point. */
export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
