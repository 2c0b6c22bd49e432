/**
 * W4: a long window of which few starts are completed. A 5 %, B 0.5 %, C 0.05 %, the rest noise, over 7 days whatever
 * the number of events: the window of a day holds a seventh of them. With the 100 M events of the full size there are
 * 200,000 keys and 0.7 M live starts; a smaller run has fewer keys, so that each key sees as much.
 */

import { Random } from "../../base/random.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

const SPAN_MS = 7 * 86_400_000;
const EVENTS_PER_KEY = 500;

function open({ events, seed, keys }: Size): RecordSource {
  const random = new Random(seed);
  let made = 0;
  return generated(events, (batch, at) => {
    batch.type[at] = typeOf(random);
    batch.key[at] = 1 + random.below(keys);
    batch.a[at] = random.below(5000);
    batch.b[at] = random.below(100);
    batch.ts[at] = START_MS + Math.ceil((++made * SPAN_MS) / events);
    batch.x[at] = random.unit();
  });
}

function typeOf(random: Random): number {
  const draw = random.unit();
  if (draw < 0.05) return 1;
  if (draw < 0.055) return 2;
  if (draw < 0.0555) return 3;
  return 4 + random.below(7);
}

export const W4: Workload = {
  name: "W4",
  title: "long window, sparse completion",
  stream: "s",
  seed: 4,
  events: 20_000_000,
  modes: ["engine", "json"],
  limitS: 120,
  batch: 4096,
  keysOf: (events) => Math.max(1, Math.ceil(events / EVENTS_PER_KEY)),
  variants: () => [{ name: "all", tier: "T1", rules: [ruleText("w4/w4.seq")], open }],
  dataOf: plainData,
};
