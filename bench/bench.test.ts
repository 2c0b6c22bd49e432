/** Counts and hashes of the workloads against matchers of their own, written down plainly. Never times. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { ValueObject } from "../base/value.ts";
import { readCommandLine } from "./command-line.ts";
import { MatchHash } from "./match-hash.ts";
import { readRecords, writeRecords } from "./records.ts";
import { variantOf, workloadOf } from "./run-spec.ts";
import { summarise } from "./summary.ts";
import {
  digest,
  EVERYTHING,
  type Fits,
  firstFitting,
  once,
  type Row,
  rowsOf,
  rowsOfVariant,
  run,
} from "./testing/runs.ts";
import { type W9Event, w9Events } from "./w9/generator.ts";
import { w9Lines } from "./w9/lines.ts";
import { runOffline } from "./w9/offline.ts";
import { runMaximum } from "./w9/service-run.ts";
import { offlineResult } from "./w9/w9.ts";
import type { Size } from "./workload.ts";

/** What a run says, in the words of `digest`. */
function ran(name: string, variantName: string, size: Size, mode: "engine" | "json" = "engine") {
  const { count, hash, hashFull, dnf } = run(name, variantName, size, { mode });
  expect(dnf).toBeNull();
  return { count, hash, hashFull };
}

const high =
  (type: number): Fits =>
  (row) =>
    row.type === type && row.x > 0.5;

test("W1 finds what its description says, in all modes", () => {
  const size = { events: 20_000, seed: 1, keys: 300 };
  const found = firstFitting(
    rowsOfVariant("W1", "all", size),
    [high(1), high(2), high(3)],
    300_000,
  );
  expect(found.length).toBeGreaterThan(300);
  expect(ran("W1", "all", size)).toEqual(digest(found));
  expect(ran("W1", "all", size, "json")).toEqual(digest(found));
  const single = once(found);
  expect(single.length).toBeLessThan(found.length);
  expect(ran("W1", "once", size)).toEqual(digest(single));
});

test("W4 finds what its description says", () => {
  const size = { events: 20_000, seed: 4, keys: 10 };
  const steps: readonly Fits[] = [
    ({ type }) => type === 1,
    ({ type, x }, [a]) => type === 2 && x > (a as Row).x,
    ({ type }) => type === 3,
  ];
  const found = firstFitting(rowsOfVariant("W4", "all", size), steps, 86_400_000);
  expect(found.length).toBeGreaterThan(20);
  expect(ran("W4", "all", size)).toEqual(digest(found));
});

/** All ways to choose events for the steps, in order, that end with this one and begin behind `freeMs`. */
function combinations(
  all: readonly Row[],
  last: number,
  steps: readonly Fits[],
  freeMs: number,
): readonly (readonly Row[])[] {
  const end = all[last] as Row;
  if (steps[steps.length - 1]?.(end, []) !== true) return [];
  const choose = (at: number, step: number): readonly (readonly Row[])[] => {
    if (step < 0) return [[]];
    const chosen: (readonly Row[])[] = [];
    for (let i = at; i >= 0; i--) {
      const row = all[i] as Row;
      if (row.ts < end.ts - 10_000 || row.ts <= freeMs) break;
      if (steps[step]?.(row, []) !== true) continue;
      chosen.push(...choose(i - 1, step - 1).map((rest) => [...rest, row]));
    }
    return chosen;
  };
  return choose(last - 1, steps.length - 2).map((rest) => [...rest, end]);
}

test.each([3, 6])("W2 with %i steps finds what its description says under each policy", (k) => {
  const size = { events: 10_000, seed: 2, keys: 0 };
  const all = rowsOfVariant("W2", `all.k${k}.T10s.c2`, size);
  // Sides: 1 sells. Symbols: INTC 1, RIMM 2, QQQ 3, IPIX 4, AMAT 5, CSCO 6.
  const wanted = [1, 2, 3, 4, 5, 6].slice(0, k);
  const steps = wanted.map(
    (symbol): Fits =>
      ({ type, a }) =>
        type === symbol && a === (symbol % 3 === 1 ? 1 : 0),
  );
  const policies = {
    all: [] as (readonly Row[])[],
    one: [] as (readonly Row[])[],
    core: [] as (readonly Row[])[],
  };
  const free = { one: 0, core: 0 };
  all.forEach((row, i) => {
    policies.all.push(...combinations(all, i, steps, 0));
    // The one that began first; of those, the one with the earliest events from the left.
    const [first] = [...combinations(all, i, steps, free.one)].sort(
      (a, b) => a.map((event, at) => event.ts - (b[at] as Row).ts).find((d) => d !== 0) ?? 0,
    );
    if (first !== undefined) {
      policies.one.push(first);
      free.one = row.ts;
    }
    const together = combinations(all, i, steps, free.core);
    if (together.length > 0) free.core = row.ts;
    policies.core.push(...together);
  });
  expect(policies.core.length).toBeGreaterThan(0);
  for (const name of ["all", "one", "core"] as const)
    expect(ran("W2", `${name}.k${k}.T10s.c2`, size)).toEqual(digest(policies[name]));
  expect(ran("W2", `never.k${k}.T10s.c2`, size).count).toBe(0);
});

test("a stream file holds what the generator makes", () => {
  const folder = mkdtempSync(join(tmpdir(), "sequitur-bench-"));
  try {
    const path = join(folder, "w1.bin");
    const size = { events: 10_000, seed: 5, keys: 100 };
    const open = () => variantOf(workloadOf("W1"), "all", EVERYTHING).open(size);
    writeRecords(path, open());
    expect(rowsOf(readRecords(path))).toEqual(rowsOf(open()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const W9_SIZE = { events: 20_000, seed: 9, users: 2000 };

const text = (data: ValueObject, ...path: readonly string[]): string => {
  let value: unknown = data;
  for (const name of path) value = (value as ValueObject | undefined)?.[name];
  return String(value ?? "").toLowerCase();
};

/** How often an event that fits `a` is followed by one that fits `b`, one match at a time for each key. */
function pairs(
  events: readonly W9Event[],
  keyOf: (event: W9Event) => string,
  withinMs: number,
  a: (event: W9Event) => boolean,
  b: (event: W9Event, first: W9Event) => boolean,
): number {
  let count = 0;
  const waiting = new Map<string, W9Event[]>();
  for (const event of events) {
    const key = keyOf(event);
    const open = (waiting.get(key) ?? []).filter((one) => event.timeMs - one.timeMs <= withinMs);
    waiting.set(key, open);
    if (open.some((one) => b(event, one))) {
      count++;
      waiting.set(key, []);
    }
    // An event behind the match begins anew; the last one of a match does not.
    else if (a(event)) open.push(event);
  }
  return count;
}

const host = ({ data }: W9Event): string => text(data, "host", "id");
const started = ({ kind, data }: W9Event, ...names: readonly string[]): boolean =>
  kind === "process" &&
  text(data, "action") === "start" &&
  names.includes(text(data, "process", "name"));

test("W9: the engine finds what plain loops over the events find", () => {
  const events = [...w9Events(W9_SIZE)];
  const { alertsByRule, tally } = runOffline(W9_SIZE);
  const count = (rule: string): number => alertsByRule.get(`w9.${rule}`) ?? 0;
  expect(tally.matches.count).toBeGreaterThan(540);
  const removed = events.filter(({ data }) => text(data, "action") === "password-remove");
  expect(count("r47")).toBe(removed.length);
  const odd = events.filter(
    ({ data }) =>
      text(data, "action") === "service-install" && /^psexesvc/.test(text(data, "service")),
  );
  expect(count("r48")).toBe(odd.length);
  const toRar = pairs(
    events,
    host,
    120_000,
    (event) => started(event, "adfind.exe", "sharphound.exe"),
    (event) => started(event, "rar.exe", "7z.exe"),
  );
  expect(count("r20")).toBe(toRar);
  const downloads = pairs(
    events,
    host,
    1000,
    (event) => started(event, "certutil.exe", "bitsadmin.exe"),
    ({ kind, data }) =>
      kind === "flow" &&
      ["80", "443", "8080"].includes(text(data, "dst_port")) &&
      Number(text(data, "bytes_in")) > 1e6,
  );
  expect(downloads).toBeGreaterThan(0);
  expect(count("r23")).toBe(downloads);
  const stops = events.filter(({ data }) => text(data, "action") === "service-stop");
  const unanswered = stops.filter(
    (stop) =>
      !events.some(
        (event) =>
          text(event.data, "action") === "service-start" &&
          host(event) === host(stop) &&
          text(event.data, "service") === text(stop.data, "service") &&
          event.timeMs > stop.timeMs &&
          event.timeMs <= stop.timeMs + 120_000,
      ),
  );
  expect(unanswered.length).toBeGreaterThan(0);
  expect(count("r31")).toBe(unanswered.length);
});

test("W9: the plain forms of the engine find the same", () => {
  const fast = runOffline(W9_SIZE);
  const plain = runOffline(W9_SIZE, { index: false, codegen: false });
  expect(plain.alertsByRule).toEqual(fast.alertsByRule);
  expect(plain.tally.matches.hash).toBe(fast.tally.matches.hash);
});

test("W9: events have the shares, the size and the order that the workload asks for", () => {
  const events = [...w9Events(W9_SIZE)];
  expect(events).toHaveLength(W9_SIZE.events);
  const share = (kind: string): number =>
    events.filter((event) => event.kind === kind).length / events.length;
  for (const [kind, wanted] of Object.entries({ auth: 0.3, process: 0.25, flow: 0.25, beat: 0.05 }))
    expect(Math.abs(share(kind) - wanted)).toBeLessThan(0.02);
  const bytes = events.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);
  expect(Math.abs(bytes / events.length - 710)).toBeLessThan(30);
  expect(events.every(({ timeMs }, i) => i === 0 || timeMs > (events[i - 1]?.timeMs ?? 0))).toBe(
    true,
  );
});

test("W9: the service's alert stream holds what the engine alone finds", async () => {
  const size = { events: 10_000, seed: 3, keys: 2000 };
  const offline = offlineResult(size);
  const lines = w9Lines({ events: size.events, seed: size.seed, users: size.keys });
  const { tally } = await runMaximum(lines, offline.matches);
  expect(tally.matches.count).toBe(offline.matches);
  expect(tally.matches.hash).toBe(offline.hash);
});

test("the hash of a match is what the description computes", () => {
  const sum = new MatchHash();
  sum.add(0, 7, 2 ** 32 + 5, 2 ** 33, [{ element: 0, timeMs: 2 ** 32 + 5 }]);
  // fmix32 chained by hand: h = fmix32(h ^ word) from 0x9e3779b9 over 0, 7, 1, 5, 2, 0.
  const fmix = (word: number): number => {
    let h = BigInt(word) & 0xffffffffn;
    h ^= h >> 16n;
    h = (h * 0x85ebca6bn) & 0xffffffffn;
    h ^= h >> 13n;
    h = (h * 0xc2b2ae35n) & 0xffffffffn;
    return Number(h ^ (h >> 16n));
  };
  const words = [0, 7, 1, 5, 2, 0];
  const h = words.reduce((before, word) => fmix((before ^ word) >>> 0), 0x9e3779b9);
  const full = [0, 1, 5].reduce((before, word) => fmix((before ^ word) >>> 0), h);
  const twice = (word: number): string => word.toString(16).padStart(8, "0").repeat(2);
  expect(sum.hash).toBe(twice(h));
  expect(sum.hashFull).toBe(twice(full));
});

test("the command line is read, and told where it is wrong", () => {
  const request = readCommandLine([
    "W1",
    "--events",
    "10",
    "--mode",
    "engine,json",
    "--repeat",
    "5",
  ]);
  expect(request).toMatchObject({ kind: "run", subject: "W1", events: 10, repeat: 5 });
  expect(request.modes).toEqual(["engine", "json"]);
  for (const [args, message] of [
    [["W1", "--events", "many"], "--events: many is not a whole number"],
    [["W1", "--mode", "fast"], "--mode: fast is none of engine, json, nats"],
    [["W1", "--shards", "2"], "--shards: the engine runs in one shard"],
    [["W9", "--rate", "5"], "--rate: 5 is not a share such as 50%"],
  ] as const)
    expect(() => readCommandLine(args)).toThrow(message);
});

test("runs of one kind are summed up by their median and spread", () => {
  const one = offlineResult({ events: 100, seed: 1, keys: 10 });
  const results = [300, 100, 200].map((events_per_s) => ({ ...one, events_per_s }));
  expect(summarise(results)).toMatch(/^W9 offline \(json\): 200 events\/s \(100 to 300\), /);
});
