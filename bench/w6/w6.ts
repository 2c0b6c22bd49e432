/**
 * W6: absence. Both streams span the same time whatever the number of events, so that a smaller run has as many fewer
 * keys; several keys may have an event in one millisecond, one key never.
 *
 *   a  orders (type 1), each with a key of its own, over 80 minutes; 90 % are paid (type 2) after Exp(5 min), the rest
 *      never. At 30 M events about 1.5 M orders are open.
 *   b  devices that tell of themselves (type 3) every 60 s, give or take 5 s, for 30 minutes; 1 % of the times they do
 *      not. At 30 M events there are a million.
 */

import { Random } from "../../base/random.ts";
import { Delayed } from "../delayed.ts";
import { exponential } from "../draws.ts";
import { ruleText } from "../package-folder.ts";
import { generated, type RecordBatch, type RecordSource } from "../records.ts";
import { plainData, type Size, START_MS, type Workload } from "../workload.ts";

const ORDERS_MS = 80 * 60_000;
const PAID = 0.9;
const PAY_MS = 5 * 60_000;
const BEAT_MS = 60_000;
const JITTER_MS = 5000;
const BEATS_PER_DEVICE = 30;
const MISSED = 0.01;

function write(batch: RecordBatch, at: number, type: number, key: number, ts: number): void {
  batch.type[at] = type;
  batch.key[at] = key;
  batch.a[at] = 0;
  batch.b[at] = 0;
  batch.ts[at] = ts;
  batch.x[at] = 0;
}

function openOrders({ events, seed }: Size): RecordSource {
  const random = new Random(seed);
  const payments = new Delayed();
  const gapMs = (ORDERS_MS * (1 + PAID)) / events;
  let orders = 0;
  return generated(events, (batch, at) => {
    const nextMs = START_MS + Math.ceil((orders + 1) * gapMs);
    if (payments.nextMs <= nextMs) {
      const { nextMs: ts } = payments;
      write(batch, at, 2, payments.pop(), ts);
      return;
    }
    write(batch, at, 1, ++orders, nextMs);
    if (random.chance(PAID))
      payments.push(nextMs + Math.max(1, Math.round(exponential(random, PAY_MS))), orders);
  });
}

function openDevices({ events, seed, keys }: Size): RecordSource {
  const random = new Random(seed);
  const beats = new Delayed();
  /** When each device would tell without jitter. */
  const dueMs = new Float64Array(keys + 1);
  const plan = (key: number): void => {
    while (random.chance(MISSED)) dueMs[key] = (dueMs[key] as number) + BEAT_MS;
    beats.push((dueMs[key] as number) + random.below(2 * JITTER_MS), key);
  };
  for (let key = 1; key <= keys; key++) {
    dueMs[key] = START_MS + random.below(BEAT_MS);
    plan(key);
  }
  return generated(events, (batch, at) => {
    const { nextMs: ts } = beats;
    const key = beats.pop();
    write(batch, at, 3, key, ts);
    dueMs[key] = (dueMs[key] as number) + BEAT_MS;
    plan(key);
  });
}

export const W6: Workload = {
  name: "W6",
  title: "absence timers",
  stream: "s",
  seed: 6,
  events: 5_000_000,
  modes: ["engine", "json"],
  limitS: 120,
  batch: 4096,
  keysOf: (events) => Math.max(1, Math.ceil(events / BEATS_PER_DEVICE)),
  variants: () => [
    { name: "a", tier: "T0", rules: [ruleText("w6/a.seq")], open: openOrders },
    { name: "b", tier: "T4", rules: [ruleText("w6/b.seq")], open: openDevices },
  ],
  dataOf: plainData,
};
