/** W9 as the command line knows it: which runs there are, and the results they give. */

import { closeSync, openSync, writeSync } from "node:fs";
import type { BenchRequest } from "../command-line.ts";
import { revision, thisMachine } from "../machine.ts";
import { emit, type Result, rounded } from "../result.ts";
import type { RunSpec } from "../run-spec.ts";
import type { Size } from "../workload.ts";
import { type W9Size, w9Events } from "./generator.ts";
import { w9Lines } from "./lines.ts";
import { runOffline } from "./offline.ts";
import { runLatency, runMaximum, type ServiceFindings } from "./service-run.ts";

/** An offline run says what must be found, so it is never given up. */
const UNLIMITED_S = 1e9;
const DEFAULTS = { events: 300_000, seed: 9, keys: 100_000 };

function sizeOf({ events, seed, keys }: BenchRequest): Size {
  return {
    events: events ?? DEFAULTS.events,
    seed: seed ?? DEFAULTS.seed,
    keys: keys ?? DEFAULTS.keys,
  };
}

function w9Size({ events, seed, keys }: Size): W9Size {
  return { events, seed, users: keys };
}

/** Writes the events as NDJSON, each as `{"subject": …, "data": …}`. */
export function writeW9(request: BenchRequest, path: string): void {
  const file = openSync(path, "w");
  try {
    for (const { subject, data } of w9Events(w9Size(sizeOf(request)))) {
      writeSync(file, `${JSON.stringify({ subject, data })}\n`);
    }
  } finally {
    closeSync(file);
  }
}

/** The engine alone, in this process: what the service must find. */
export function offlineResult(size: Size): Result {
  const found = runOffline(w9Size(size));
  const { tally, seconds, cpuSeconds } = found;
  return {
    ...common(size, size.events, seconds),
    variant: "offline",
    mode: "json",
    rules: found.rules,
    cpu_ns_per_event: Math.round((cpuSeconds * 1e9) / size.events),
    latency_ms: null,
    rss_mb: Math.round(found.rssMb),
    matches: tally.matches.count,
    hash: tally.matches.hash,
    hash_full: tally.matches.hashFull,
    late: found.late,
    dropped: found.dropped,
    checkpoint: "none",
    nats_server: null,
    extra: {
      batch_ms: found.batchMs,
      open_starts: found.openStarts,
      alerts_by_rule: Object.fromEntries([...found.alertsByRule].sort()),
    },
  };
}

function common(size: Size, events: number, seconds: number) {
  return {
    schema: "sequitur.bench/1",
    workload: "W9",
    variant: "",
    tier: "T0",
    mode: "nats",
    events,
    seed: size.seed,
    keys: size.keys,
    rules: 0,
    shards: 1,
    seconds: rounded(seconds, 3),
    events_per_s: Math.round(events / seconds),
    bytes_per_run: null,
    dnf: null,
    git: revision(),
    machine: thisMachine(),
  } as const;
}

/** Runs what the request asks for, offline first; `inChild` does that in a process of its own. */
export async function runW9(
  request: BenchRequest,
  inChild: (spec: RunSpec) => Promise<Result>,
): Promise<readonly Result[]> {
  const modes = request.modes ?? ["nats"];
  const results: Result[] = [];
  for (let turn = 0; turn < request.repeat; turn++) {
    const size = sizeOf(request);
    const offline = await inChild(offlineSpec(request, size));
    results.push(offline);
    emit(offline);
    if (!modes.includes("nats")) continue;
    const found = await runMaximum(w9Lines(w9Size(size)), offline.matches);
    const maximum = serviceResult("maximum", size, size.events, offline, found);
    results.push(maximum);
    emit(maximum);
    for (const load of request.rates)
      results.push(await inTime(request, inChild, maximum.events_per_s, load, 0));
    if (request.kills > 0)
      results.push(await inTime(request, inChild, maximum.events_per_s, 0.5, request.kills));
  }
  return results;
}

/** Events for so many seconds at a share of the maximum. */
async function inTime(
  request: BenchRequest,
  inChild: (spec: RunSpec) => Promise<Result>,
  maximum: number,
  load: number,
  kills: number,
): Promise<Result> {
  const perSecond = Math.max(1, Math.round(maximum * load));
  const size = { ...sizeOf(request), events: perSecond * request.latencyS };
  const offline = await inChild(offlineSpec(request, size));
  const lines = w9Lines(w9Size(size));
  const found = await runLatency(lines, offline.matches, load, perSecond, kills);
  const name = `${kills > 0 ? "crash" : "latency"}.${Math.round(load * 100)}%`;
  const result = serviceResult(name, size, size.events, offline, found);
  emit(result);
  return result;
}

function offlineSpec({ limitMb, liveMemory, variants }: BenchRequest, size: Size): RunSpec {
  return {
    workload: "W9",
    variant: "offline",
    mode: "json",
    size,
    options: variants,
    limitS: UNLIMITED_S,
    limitMb,
    liveMemory,
  };
}

function serviceResult(
  variant: string,
  size: Size,
  events: number,
  offline: Result,
  { tally, seconds, cpuSeconds, rssMb, latency, natsServer, extra }: ServiceFindings,
): Result {
  const { count, hash, hashFull } = tally.matches;
  return {
    ...common(size, events, seconds),
    variant,
    rules: offline.rules,
    cpu_ns_per_event: cpuSeconds === null ? null : Math.round((cpuSeconds * 1e9) / events),
    latency_ms: latency,
    rss_mb: Math.round(rssMb ?? 0),
    matches: count,
    hash,
    hash_full: hashFull,
    late: offline.late,
    dropped: offline.dropped,
    checkpoint: "commit",
    nats_server: natsServer,
    extra: {
      ...extra,
      hash_ok: count === offline.matches && hash === offline.hash,
      expected: { matches: offline.matches, hash: offline.hash },
      commit: { events: 1000, every_ms: 5 },
      storage: "file, R1, sync_interval of the server's default (2 min)",
      state: "LMDB, fdatasync at each commit",
    },
  };
}
