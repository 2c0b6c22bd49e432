/** One run: what a child process is told to do, and the result that it gives. Each run has a process of its own. */

import { revision, thisMachine } from "./machine.ts";
import { runRecords } from "./records-run.ts";
import { type Mode, type Result, rounded } from "./result.ts";
import { offlineResult } from "./w9/w9.ts";
import type { Size, Variant, VariantOptions, Workload } from "./workload.ts";
import { WORKLOADS } from "./workloads.ts";

export interface RunSpec {
  readonly workload: string;
  readonly variant: string;
  readonly mode: Exclude<Mode, "nats">;
  readonly size: Size;
  readonly options: VariantOptions;
  readonly limitS: number;
  readonly limitMb: number;
  readonly liveMemory: boolean;
}

export function workloadOf(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name.toUpperCase());
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  return found;
}

export function variantOf(workload: Workload, name: string, options: VariantOptions): Variant {
  const found = workload.variants(options).find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`${workload.name} has no variant ${name}`);
  return found;
}

export function runOne(spec: RunSpec): Result {
  return spec.workload === "W9" ? offlineResult(spec.size) : recordsResult(spec);
}

function recordsResult(spec: RunSpec): Result {
  const { mode, size, limitS, limitMb, liveMemory, options } = spec;
  const workload = workloadOf(spec.workload);
  const variant = variantOf(workload, spec.variant, options);
  const found = runRecords({ workload, variant, size, mode, limitS, limitMb, liveMemory });
  const { tally, events, seconds, cpuSeconds } = found;
  return {
    schema: "sequitur.bench/1",
    workload: workload.name,
    variant: variant.name,
    tier: variant.tier,
    mode,
    events,
    seed: size.seed,
    keys: size.keys,
    rules: found.rules,
    shards: 1,
    seconds: rounded(seconds, 3),
    events_per_s: Math.round(events / seconds),
    cpu_ns_per_event: Math.round((cpuSeconds * 1e9) / events),
    latency_ms: null,
    rss_mb: Math.round(found.rssMb),
    bytes_per_run: found.bytesPerRun,
    matches: tally.matches.count,
    hash: tally.matches.hash,
    hash_full: tally.matches.hashFull,
    late: found.late,
    dropped: tally.dropped,
    dnf: found.dnf,
    checkpoint: "none",
    git: revision(),
    nats_server: null,
    machine: thisMachine(),
    extra: {
      served_by: "explicit runs",
      load_ms: found.loadMs,
      batch_ms: found.batchMs,
      samples: found.samples,
    },
  };
}
