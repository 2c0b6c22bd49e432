/**
 * W2: combinatorial explosion, the experiment of CORE (arXiv 2111.04635) with a stand-in for its stock data: ten named
 * symbols, a tail of 200 by Zipf(1), sides even, gaps Exp(16 ms), prices a random walk, volume 100 to 1000. The share
 * of the named symbols is set so that a window holds c fitting events for each step; engines that keep every partial
 * match see c^(k-1) grow.
 *
 * Columns: type is the symbol (1 to 10 named, then the tail), a the side (0 buys, 1 sells), b the volume, x the price.
 */

import { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import { exponential, Zipf } from "../draws.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordBatch, type RecordSource } from "../records.ts";
import {
  type Size,
  START_MS,
  type Variant,
  type VariantOptions,
  type Workload,
} from "../workload.ts";

const NAMED = ["INTC", "RIMM", "QQQ", "IPIX", "AMAT", "CSCO", "YHOO", "DELL", "ORCL", "MSFT"];
const TAIL = 200;
const NAMES = [...NAMED, ...Array.from({ length: TAIL }, (_, i) => `T${i + 1}`)];
const GAP_MS = 16;
const SIDES = ["BUY", "SELL"];

const STEPS = [3, 6, 12, 24];
/** What becomes of `skip past last`, and of the pattern, in each variant. */
const POLICIES = [
  { name: "one", tier: "T0", skip: "past last", never: false },
  { name: "all", tier: "T1", skip: "none", never: false },
  { name: "never", tier: "T1", skip: "none", never: true },
  { name: "core", tier: "T1", skip: "past all", never: false },
] as const;

/** A last step that never comes. */
const NEVER = '    then any never: trades where side == "SELL" and name == "NONE"\n  }';

function open({ events, seed }: Size, windowS: number, candidates: number): RecordSource {
  const random = new Random(seed);
  const tail = new Zipf(random, TAIL, 1);
  const perWindow = (windowS * 1000) / GAP_MS;
  // Half of a symbol's events are on the side that a step asks for.
  const share = Math.min(0.1, (2 * candidates) / perWindow);
  let ts = START_MS;
  const prices = new Float64Array(NAMES.length).fill(100);
  return generated(events, (batch, at) => {
    const draw = random.unit();
    const named = Math.floor(draw / share);
    const symbol = named < NAMED.length ? named : NAMED.length + tail.next() - 1;
    ts += Math.max(1, Math.round(exponential(random, GAP_MS)));
    const price = Math.max(1, (prices[symbol] as number) + random.unit() - 0.5);
    prices[symbol] = price;
    batch.type[at] = symbol + 1;
    batch.key[at] = 0;
    batch.a[at] = random.below(2);
    batch.b[at] = 100 + random.below(901);
    batch.ts[at] = ts;
    batch.x[at] = Math.round(price * 100) / 100;
  });
}

function variants({ steps, windows, candidates }: VariantOptions): readonly Variant[] {
  return (steps ?? STEPS).flatMap((k) => {
    const text = ruleText(`w2/k${k}.seq`);
    return (windows ?? [10]).flatMap((window) =>
      (candidates ?? [2, 10]).flatMap((c) =>
        POLICIES.map(({ name, tier, skip, never }) => {
          const skipped = text.replace("skip past last", `skip ${skip}`);
          const rules = never ? skipped.replace("\n  }", `\n${NEVER}`) : skipped;
          return {
            name: `${name}.k${k}.T${window}s.c${c}`,
            tier,
            rules: [rules.replace("within 10s", `within ${window}s`)],
            open: (size: Size) => open(size, window, c),
          };
        }),
      ),
    );
  });
}

function dataOf(batch: RecordBatch, at: number): Value {
  return {
    ts: batch.ts[at] as number,
    name: NAMES[(batch.type[at] as number) - 1] as string,
    side: SIDES[batch.a[at] as number] as string,
    volume: batch.b[at] as number,
    price: batch.x[at] as number,
  };
}

export const W2: Workload = {
  name: "W2",
  title: "combinatorial explosion",
  stream: "trades",
  seed: 2,
  events: 100_000,
  modes: ["engine", "json"],
  limitS: 2,
  batch: 256,
  keysOf: () => 0,
  variants,
  dataOf,
};
