/** W1: a keyed sequence over many keys. Ten types, evenly; a millisecond apart; keys by Zipf(0.8). */

import { Random } from "../../base/random.ts";
import { Zipf } from "../draws.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

/** The records of W1; W5 has the same in another order. */
export function openW1({ events, seed, keys }: Size): RecordSource {
  const random = new Random(seed);
  const zipf = new Zipf(random, keys, 0.8);
  let ts = START_MS;
  return generated(events, (batch, at) => {
    batch.type[at] = 1 + random.below(10);
    batch.key[at] = zipf.next();
    batch.a[at] = random.below(5000);
    batch.b[at] = random.below(100);
    batch.ts[at] = ++ts;
    batch.x[at] = random.unit();
  });
}

export const W1: Workload = {
  name: "W1",
  title: "keyed sequence, many keys",
  stream: "s",
  seed: 1,
  events: 5_000_000,
  modes: ["engine", "json"],
  limitS: 120,
  batch: 4096,
  keysOf: () => 100_000,
  variants: () => [
    { name: "all", tier: "T1", rules: [ruleText("w1/all.seq")], open: openW1 },
    { name: "once", tier: "T0", rules: [ruleText("w1/once.seq")], open: openW1 },
  ],
  dataOf: plainData,
};
