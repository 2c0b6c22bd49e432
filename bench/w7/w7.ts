/**
 * W7: many rules over the records of W1, written by seed. The number of rules is swept.
 *
 *   a  a range that 1 % of the events are in: of R rules R / 100 alert at each event
 *   b  an equality (5,000 values) and a range: few alert
 *   c  the same as the start of two steps by key
 */

import { Random } from "../../base/random.ts";
import { inFiles } from "../package-folder.ts";
import { openW1 } from "../w1/w1.ts";
import { plainData, type Variant, type Workload } from "../workload.ts";

const STREAM =
  'stream s from "bench.>" { time ts  fields { type: number  k: number  a: number  b: number  ts: number  x: number } }';

const KINDS = [
  { kind: "a", tier: "T0", title: "range", body: range },
  { kind: "b", tier: "T0", title: "eq + range", body: equalityAndRange },
  { kind: "c", tier: "T0", title: "stateful", body: stateful },
] as const;

const hundredth = (random: Random): number => random.below(99);

function range(random: Random): string {
  const low = hundredth(random);
  return `match by all within 1s { e: s where x >= ${low / 100} and x < ${(low + 1) / 100} }`;
}

function selective(random: Random): string {
  return `s where a == ${random.below(5000)} and x > ${hundredth(random) / 100}`;
}

function equalityAndRange(random: Random): string {
  return `match by all within 1s { e: ${selective(random)} }`;
}

function stateful(random: Random): string {
  const first = selective(random);
  return `match by k within 10m { e: ${first}  then f: s where b == ${random.below(100)} }
  limit 1000000 open per key
  limit 5000000 open`;
}

function rulesOf({ kind, title, body }: (typeof KINDS)[number], count: number): readonly string[] {
  const random = new Random(count);
  const rules = Array.from(
    { length: count },
    (_, i) => `rule w7.${kind}${i} "${title}" {\n  severity info\n  ${body(random)}\n}`,
  );
  return [STREAM, ...inFiles(rules)];
}

export const W7: Workload = {
  name: "W7",
  title: "many rules, selective filters",
  stream: "s",
  seed: 7,
  events: 200_000,
  modes: ["engine", "json"],
  limitS: 20,
  batch: 512,
  keysOf: () => 100_000,
  variants: ({ rules }): readonly Variant[] =>
    KINDS.flatMap((kind) =>
      (rules ?? [10, 100, 1000, 10_000]).map((count) => ({
        name: `${kind.kind}.r${count}`,
        tier: kind.tier,
        rules: rulesOf(kind, count),
        open: openW1,
      })),
    ),
  dataOf: plainData,
};
