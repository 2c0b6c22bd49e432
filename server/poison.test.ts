import { expect, test } from "@jest/globals";
import { openMemoryStore } from "../state/memory-store.ts";
import { judgeEnd, readStrikes, type Strikes, strikesChange } from "./poison.ts";

const died = (stream: string | null, seq = 0) => ({
  clean: false,
  mark: stream === null ? null : { stream, seq },
});
const clean = { clean: true, mark: null };

/** The verdicts on one end after the other; all at the same positions unless told otherwise. */
function judge(ends: readonly (readonly [ReturnType<typeof died> | typeof clean, string])[]) {
  let strikes: Strikes | null = null;
  return ends.map(([left, positions]) => {
    const verdict = judgeEnd(strikes, left, positions);
    strikes = verdict.strikes;
    return [verdict.poison?.seq ?? null, verdict.strikes.skipped.map(({ seq }) => seq)];
  });
}

test("three ends at the same place, the last two within the same message", () => {
  const ends = [died(null), died("S", 7), died("S", 7), clean, died(null)] as const;
  expect(judge(ends.map((end) => [end, "S=5"]))).toEqual([
    [null, []],
    [null, []],
    [7, [7]],
    [null, [7]],
    [null, [7]],
  ]);
});

test("a second message between two checkpoints is put aside beside the first", () => {
  const ends = [died(null), died("S", 7), died("S", 7), died("S", 9), died("S", 9), clean];
  expect(judge(ends.map((end) => [end, "S=5"])).slice(2)).toEqual([
    [7, [7]],
    [null, [7]],
    [9, [7, 9]],
    [null, [7, 9]],
  ]);
});

test("kills from outside, other messages and progress put nothing aside", () => {
  const none = [null, []];
  const kills = Array.from({ length: 9 }, () => [died(null), "S=5"] as const);
  expect(judge(kills)).toEqual(kills.map(() => none));
  const apart = [1, 2, 3, 4, 5].map((seq) => [died("S", seq), "S=0"] as const);
  expect(judge(apart)).toEqual(apart.map(() => none));
  const moving = [1, 2, 3, 4, 5].map((seq) => [died("S", 9), `S=${seq}`] as const);
  expect(judge(moving)).toEqual(moving.map(() => none));
});

test("a message that was put aside is forgotten behind it, and where its feed went back", () => {
  const ends = [died("S", 7), died("S", 7), died("S", 7)].map((end) => [end, "R=2, S=5"] as const);
  const next = (positions: string) => judge([...ends, [clean, positions]]).at(-1);
  expect(next("R=2, S=7")).toEqual([null, []]);
  expect(next("R=2, S=4")).toEqual([null, []]);
  // What others have passed meanwhile changes nothing.
  expect(next("R=9, S=6")).toEqual([null, [7]]);
});

test("strikes are stored and read", () => {
  const store = openMemoryStore();
  expect(readStrikes(store)).toBeNull();
  const seven = { stream: "S", seq: 7 };
  const nine = { stream: "S", seq: 9 };
  const strikes = { positions: "S=5", count: 2, mark: seven, skipped: [seven, nine] };
  store.commit([strikesChange(strikes)]);
  expect(readStrikes(store)).toEqual(strikes);
});
