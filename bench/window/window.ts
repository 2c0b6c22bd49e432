/**
 * `window`: one window of 24 h with five aggregates, whose length in events is five sixths of the run: 10 M of 12 M.
 * Every event has a time of its own. What is asked is whether an event costs more the more are in the window.
 */

import { Random } from "../../base/random.ts";
import { generated, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

const WINDOW_MS = 86_400_000;
const SHARE = 5 / 6;

const RULES = `
stream s from "bench.>" { time ts  fields { type: number  k: number  a: number  b: number  ts: number  x: number } }
rule window.day "all aggregates" {
  severity info
  window 24h by all over s having avg(x) > 2 or min(x) < 0 or max(x) > 2 or sum(a) < 0 or count() >= 1000
}
`;

function open({ events, seed }: Size): RecordSource {
  const random = new Random(seed);
  const gapMs = WINDOW_MS / (events * SHARE);
  let made = 0;
  return generated(events, (batch, at) => {
    batch.type[at] = 1;
    batch.key[at] = 0;
    batch.a[at] = random.below(5000);
    batch.b[at] = 0;
    batch.ts[at] = START_MS + Math.ceil(++made * gapMs);
    batch.x[at] = random.unit();
  });
}

export const WINDOW: Workload = {
  name: "WINDOW",
  title: "ten million events in one window",
  stream: "s",
  seed: 24,
  events: 12_000_000,
  modes: ["engine", "json"],
  limitS: 300,
  batch: 1000,
  keysOf: () => 0,
  variants: () => [{ name: "day", tier: "T4", rules: [RULES], open }],
  dataOf: plainData,
};
