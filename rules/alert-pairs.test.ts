import { expect, test } from "@jest/globals";
import type { Value } from "../base/value.ts";
import type { Alert } from "../engine/outputs.ts";
import { pairAlerts } from "./alert-pairs.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

interface Given {
  readonly key?: { readonly [name: string]: Value };
  readonly seqs?: readonly number[];
  readonly kind?: Alert["kind"];
  /** First event and decision, in seconds. */
  readonly span?: readonly [number, number];
}

let made = 0;
function alert({ key = { u: 1 }, seqs = [], kind = "match", span = [0, 1] }: Given): Alert {
  return {
    ...{ id: String(++made), rule: "r", version: "1", kind, mode: "live", severity: "low" },
    ...{ title: "", key, time: at(span[1]), start: at(span[0]), end: at(span[1]), data: {} },
    suppressed: 0,
    events: {
      a: seqs.map((seq) => ({ stream: "s", seq, id: String(seq), time: at(0), data: {} })),
    },
    truncated: 0,
  };
}

/** Pairs as `before-after` by places in the lists, and how many events they share. */
function pairs(before: readonly Given[], after: readonly Given[]): readonly string[] {
  const one = before.map(alert);
  const other = after.map(alert);
  const paired = pairAlerts(one, other);
  expect(paired.onlyBefore.length + paired.pairs.length).toBe(one.length);
  expect(paired.onlyAfter.length + paired.pairs.length).toBe(other.length);
  return paired.pairs.map(
    (pair) => `${one.indexOf(pair.before)}-${other.indexOf(pair.after)} ${pair.common}`,
  );
}

test("alerts of one key that name a common event are partners, the most common ones first", () => {
  expect(pairs([{ seqs: [1, 2] }, { seqs: [2, 3] }], [{ seqs: [3, 2, 9] }])).toEqual(["1-0 2"]);
  const apart: Given = { seqs: [1], span: [500, 501] };
  expect(pairs([{ seqs: [1] }], [apart])).toEqual(["0-0 1"]);
});

test("else they must overlap in time, nearest first; events come before times", () => {
  const first: Given = { seqs: [1], span: [0, 10] };
  expect(pairs([first], [{ seqs: [2], span: [10, 20] }])).toEqual(["0-0 0"]);
  expect(pairs([first], [{ seqs: [2], span: [11, 20] }])).toEqual([]);
  const near: Given = { seqs: [3], span: [5, 18] };
  expect(pairs([first, near], [{ seqs: [2], span: [0, 17] }])).toEqual(["1-0 0"]);
  expect(pairs([first], [{ span: [0, 10] }, { seqs: [1], span: [0, 90] }])).toEqual(["0-1 1"]);
});

test("each has one partner", () => {
  const same: Given = { seqs: [1] };
  expect(pairs([same], [same, same])).toEqual(["0-0 1"]);
  expect(pairs([same, same], [same, same])).toEqual(["0-0 1", "1-1 1"]);
});

test("other keys and other sorts are no partners; parts that one rule lacks do not count", () => {
  expect(pairs([{ key: { u: 1 }, seqs: [1] }], [{ key: { u: 2 }, seqs: [1] }])).toEqual([]);
  const wider: Given = { key: { u: 1, ip: "::1" }, seqs: [1] };
  expect(pairs([{ key: { u: 1 }, seqs: [1] }], [wider])).toEqual(["0-0 1"]);
  expect(pairs([{ key: { v: 1 }, seqs: [1] }], [{ key: { u: 2 }, seqs: [1] }])).toEqual(["0-0 1"]);
  expect(pairs([{ seqs: [1], kind: "timeout" }], [{ seqs: [1] }])).toEqual([]);
  expect(pairs([{ seqs: [1], kind: "window" }], [{ seqs: [1] }])).toEqual(["0-0 1"]);
});
