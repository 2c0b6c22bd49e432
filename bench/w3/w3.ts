/**
 * W3: trend count. A 1 %, C 1 %, the share of B such that a window of one key holds b of them. The number of matches
 * doubles with each B: an engine that lists them is stopped by its limits, one that counts them is not.
 *
 * A window of one key holds 200 events, whatever the number of keys; events come as often as that asks for. `all` lists
 * the matches (at most 1,000 of an event); `count` adds the rule over them that counts.
 */

import { Random } from "../../base/random.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

const WINDOW_MS = 600_000;
const PER_WINDOW = 200;
const RARE = 0.01;

function open({ events, seed, keys }: Size, b: number): RecordSource {
  const random = new Random(seed);
  const share = Math.min(1 - 2 * RARE, b / PER_WINDOW);
  const gapMs = WINDOW_MS / (PER_WINDOW * keys);
  let made = 0;
  return generated(events, (batch, at) => {
    batch.type[at] = typeOf(random, share);
    batch.key[at] = 1 + random.below(keys);
    batch.a[at] = random.below(5000);
    batch.b[at] = random.below(100);
    batch.ts[at] = START_MS + Math.ceil(++made * gapMs);
    batch.x[at] = random.unit();
  });
}

function typeOf(random: Random, share: number): number {
  const draw = random.unit();
  if (draw < RARE) return 1;
  if (draw < 2 * RARE) return 3;
  if (draw < 2 * RARE + share) return 2;
  return 4 + random.below(7);
}

export const W3: Workload = {
  name: "W3",
  title: "trend count",
  stream: "s",
  seed: 3,
  events: 1_000_000,
  modes: ["engine", "json"],
  limitS: 20,
  batch: 256,
  // A window has more than enough milliseconds for so many keys.
  keysOf: () => 1000,
  variants: ({ candidates }) =>
    (candidates ?? [5, 10, 15, 20, 100]).flatMap((b) => {
      const trend = ruleText("w3/w3.seq");
      const opened = (size: Size): RecordSource => open(size, b);
      return [
        { name: `all.b${b}`, tier: "T1", rules: [trend], open: opened },
        { name: `count.b${b}`, tier: "T2", rules: [trend, ruleText("w3/count.seq")], open: opened },
      ];
    }),
  dataOf: plainData,
};
