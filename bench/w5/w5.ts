/**
 * W5: the records of W1, out of order: 80 % come at their time, 19 % Exp(2 s) later, 1 % up to 30 s later, and 0.01 %
 * between 30 and 60 s later. An event is late, and dropped, iff its time is below the greatest so far less 30 s.
 */

import { Random } from "../../base/random.ts";
import { Delayed } from "../delayed.ts";
import { exponential } from "../draws.ts";
import { ruleText } from "../package-folder.ts";
import { newBatch, type RecordBatch, type RecordSource } from "../records.ts";
import { openW1, W1 } from "../w1/w1.ts";
import { plainData, type Size, type Workload } from "../workload.ts";

export const DELAY_MS = 30_000;
const SHARE_EXPONENTIAL = 0.19;
const SHARE_UNIFORM = 0.01;
const SHARE_LATE = 0.0001;
const READ_AHEAD = 1024;

function delayOf(random: Random): number {
  const draw = random.unit();
  if (draw < SHARE_LATE) return DELAY_MS * (1 + random.unit());
  if (draw < SHARE_LATE + SHARE_UNIFORM) return DELAY_MS * random.unit();
  return draw < SHARE_LATE + SHARE_UNIFORM + SHARE_EXPONENTIAL ? exponential(random, 2000) : 0;
}

/** Puts the records of a source, which come in the order of their times, into the order of their arrival. */
class Permuted implements RecordSource {
  readonly #source: RecordSource;
  readonly #random: Random;
  readonly #ahead = newBatch(READ_AHEAD);
  /** Records that wait, and the free places among them. */
  #waiting = newBatch(READ_AHEAD);
  readonly #free: number[] = [];
  readonly #arrivals = new Delayed();
  /** No record to come arrives before this. */
  #knownMs = Number.NEGATIVE_INFINITY;

  constructor(source: RecordSource, seed: number) {
    this.#source = source;
    this.#random = new Random(seed);
  }

  fill(batch: RecordBatch): number {
    for (let at = 0; at < batch.ts.length; at++) {
      while (this.#arrivals.nextMs >= this.#knownMs && this.#knownMs !== Number.POSITIVE_INFINITY)
        this.#read();
      if (this.#arrivals.size === 0) return at;
      const place = this.#arrivals.pop();
      copyRecord(this.#waiting, place, batch, at);
      this.#free.push(place);
    }
    return batch.ts.length;
  }

  #read(): void {
    const size = this.#source.fill(this.#ahead);
    for (let at = 0; at < size; at++) {
      const place = this.#free.pop() ?? this.#arrivals.size;
      if (place >= this.#waiting.ts.length) this.#waiting = doubled(this.#waiting);
      copyRecord(this.#ahead, at, this.#waiting, place);
      this.#knownMs = this.#ahead.ts[at] as number;
      this.#arrivals.push(this.#knownMs + Math.round(delayOf(this.#random)), place);
    }
    if (size === 0) this.#knownMs = Number.POSITIVE_INFINITY;
  }
}

function copyRecord(from: RecordBatch, source: number, to: RecordBatch, target: number): void {
  to.type[target] = from.type[source] as number;
  to.key[target] = from.key[source] as number;
  to.a[target] = from.a[source] as number;
  to.b[target] = from.b[source] as number;
  to.ts[target] = from.ts[source] as number;
  to.x[target] = from.x[source] as number;
}

function doubled(batch: RecordBatch): RecordBatch {
  const size = batch.ts.length;
  const larger = newBatch(size * 2);
  for (let at = 0; at < size; at++) copyRecord(batch, at, larger, at);
  return larger;
}

export const W5: Workload = {
  name: "W5",
  title: "W1 out of order",
  stream: "s",
  seed: W1.seed,
  events: W1.events,
  modes: ["engine", "json"],
  limitS: 120,
  batch: W1.batch,
  keysOf: W1.keysOf,
  variants: () => [
    {
      name: "all",
      tier: "T1",
      rules: [ruleText("w5/w5.seq")],
      open: (size: Size) => new Permuted(openW1(size), size.seed + 5),
    },
  ],
  dataOf: plainData,
};
