/** Random `window` rules and streams for them: small times, so that bounds are met exactly, ties, all types of values. */

import type { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import type { Input } from "./drive.ts";

export interface WindowCase {
  /** The rule file, without the streams' delay: `DELAY` stands in its place. */
  readonly text: string;
  readonly inputs: readonly Input[];
}

const SHAPES = [
  "5s",
  "20s",
  "1m",
  "every 10s",
  "every 30s offset 7s",
  "gap 2s",
  "gap 5s",
  "1 events",
  "3 events",
  "200 events",
];
const WHERES = ["", ' where t == "x"', " where v > 2", ' where t in ["x", "y"] and exists(v)'];
const VALUES: readonly Value[] = [
  0,
  1,
  2,
  3,
  5,
  -1,
  0.1,
  0.2,
  0.3,
  1e17,
  2 ** 60,
  9007199254740993n,
  -0.7,
  2.5,
  null,
  null,
  "a",
  "b",
  true,
];
const NUMBERS: readonly Value[] = [1, 2, 3, 4, 5, 0.1, 0.7, null];

export function generateWindow(random: Random, most: number): WindowCase {
  const names = ["a", "b", "c"].slice(0, 1 + random.below(3));
  const over = names.map(
    (name) => `${name}: ${random.pick(["s1", "s1", "s2", "Big"])}${random.pick(WHERES)}`,
  );
  const data = Array.from({ length: 3 }, (_, i) => `d${i}: ${aggregate(random, names)}`);
  if (random.chance(0.3)) data.push(`d8: time(first(${random.pick(names)}))  d9: min(time())`);
  const by = random.pick(["k", "k?", "k", "k, t?", "all"]);
  const text = `
stream s1 from "s1.>" { time at unit ms DELAY }
stream s2 from "s2.>" { time at unit ms DELAY }
event Big = s1 where v >= 2
rule r "R" {
  severity low
  window ${random.pick(SHAPES)} by ${by} over ${over.join(", ")}
  having ${condition(random, names)}
  alert "R" { ${data.join("  ")} }
}`;
  return { text, inputs: generateInputs(random, 1 + random.below(most)) };
}

function condition(random: Random, names: readonly string[]): string {
  const one = (): string => {
    const name = random.pick(names);
    return random.pick([
      `count() >= ${1 + random.below(5)}`,
      `count(${name}) == ${random.below(4)}`,
      `count(${name}) < ${1 + random.below(3)}`,
      `sum(${name}.n) > ${random.below(12)}`,
      `avg(${name}.n) >= 2.5`,
      `max(${name}.n) > 4`,
      `min(n) < 2`,
      `distinct(${name}.t) >= ${1 + random.below(3)}`,
      `last(${name}).n > 3`,
      `percentile(n, 50) >= 3`,
      `rate(3s) >= ${1 + random.below(4)}`,
      `any(x in ${name}.n: x == 5)`,
      `any(x in [1, 2]: sum(${name}.n) > x * 3)`,
    ]);
  };
  const first = one();
  if (random.chance(0.5)) return first;
  return `${first} ${random.pick(["and", "or", "and not"])} ${one()}`;
}

function aggregate(random: Random, names: readonly string[]): string {
  const name = random.pick(names);
  const other = random.pick(names);
  const field = random.pick(["v", "n", "n"]);
  return random.pick([
    "count()",
    `count(${name}.${field})`,
    `sum(${name}.${field})`,
    `sum(${name}.n, ${other}.n)`,
    `avg(${field})`,
    `min(${name}.v)`,
    `max(${field})`,
    `max(${name}.n)`,
    `distinct(${field})`,
    `distinct(${name}.t)`,
    `stddev(${name}.n)`,
    `percentile(${name}.n, ${random.pick([0, 25, 50, 95, 100])})`,
    `rate(${1 + random.below(9)}s)`,
    `approx_distinct(${field})`,
    `approx_percentile(n, 90)`,
    `sum(${name}.n * 2 + 1)`,
    `first(${name}).n`,
    `${name}.n`,
  ]);
}

const STEPS_MS = [0, 0, 0, 0, 500, 1000, 1000, 1000, 2000, 5000];

export function generateInputs(random: Random, count: number): readonly Input[] {
  const seqs = [0, 0];
  const inputs: Input[] = [];
  let timeMs = 1_000_000;
  for (let i = 0; i < count; i++) {
    timeMs += random.chance(0.03) ? 70_000 : random.pick(STEPS_MS);
    const place = random.below(2);
    const seq = (seqs[place] ?? 0) + 1;
    seqs[place] = seq;
    const data = {
      at: timeMs,
      k: random.pick<Value>(["p", "p", "q", 7, null, ["p", "r"]]),
      t: random.pick(["x", "x", "y", "z"]),
      v: random.pick(VALUES),
      n: random.pick(NUMBERS),
    };
    inputs.push({ stream: `s${place + 1}`, place, seq, timeMs, data });
  }
  return inputs;
}
