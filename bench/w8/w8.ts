/** W8: many keys. Records as those of W1, with keys drawn evenly or by Zipf(0.99). In memory: checkpoints are W9's. */

import { Random } from "../../base/random.ts";
import { Zipf } from "../draws.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

function open({ events, seed }: Size, nextKey: (random: Random) => number): RecordSource {
  const random = new Random(seed);
  let ts = START_MS;
  return generated(events, (batch, at) => {
    batch.type[at] = 1 + random.below(10);
    batch.key[at] = nextKey(random);
    batch.a[at] = random.below(5000);
    batch.b[at] = random.below(100);
    batch.ts[at] = ++ts;
    batch.x[at] = random.unit();
  });
}

function openEven(size: Size): RecordSource {
  return open(size, (random) => 1 + random.below(size.keys));
}

function openZipf(size: Size): RecordSource {
  const zipf = new Zipf(new Random(size.seed + 1), size.keys, 0.99);
  return open(size, () => zipf.next());
}

export const W8: Workload = {
  name: "W8",
  title: "many keys",
  stream: "s",
  seed: 8,
  events: 5_000_000,
  modes: ["engine", "json"],
  limitS: 120,
  batch: 4096,
  keysOf: () => 1_000_000,
  variants: () => [
    { name: "even", tier: "T1", rules: [ruleText("w8/w8.seq")], open: openEven },
    { name: "zipf", tier: "T1", rules: [ruleText("w8/w8.seq")], open: openZipf },
  ],
  dataOf: plainData,
};
