/** W-1 to W-4: windows equal a naive recomputation on generated rules and streams, in every way of running them. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { RulePlan } from "../../dsl/plan.ts";
import { byKey, compiled, drive, type Input, ordered, WAYS } from "./drive.ts";
import { generateWindow } from "./generate.ts";
import { naiveWindows } from "./naive.ts";

const CASES = Number(process.env["WINDOW_CASES"] ?? 200);
const SEED = Number(process.env["WINDOW_SEED"] ?? 1);

function check(seed: number, most: number): number {
  const { text, inputs } = generateWindow(new Random(seed), most);
  // Long enough for any shuffle: nothing is late.
  const plan = compiled(text.replaceAll("DELAY", "delay 10h"));
  const wanted = naiveWindows(plan.rules[0] as RulePlan, ordered(inputs));
  for (const way of WAYS) {
    const run = drive(plan, inputs, seed, { ...way, untilMs: null });
    const got = byKey(run.alerts);
    if (JSON.stringify(got, shownLong) === JSON.stringify(wanted, shownLong)) continue;
    expect({ seed, way, text, alerts: got }).toEqual({ seed, way, text, alerts: wanted });
  }
  return JSON.stringify(wanted, shownLong).split('"kind"').length - 1;
}

const shownLong = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? Number(value) : value;

test(`${CASES} generated windows, each in ${WAYS.length} ways`, () => {
  let alerts = 0;
  for (let seed = SEED; seed < SEED + CASES; seed++) alerts += check(seed, 40);
  expect(alerts).toBeGreaterThan(CASES);
});

test("windows of many events", () => {
  let alerts = 0;
  for (let seed = 100_001; seed <= 100_006; seed++) alerts += check(seed, 400);
  expect(alerts).toBeGreaterThan(6);
});

test("late events are in no window (T-2)", () => {
  let late = 0;
  for (let seed = SEED; seed < SEED + CASES / 4; seed++) {
    const { text, inputs } = generateWindow(new Random(seed), 40);
    const plan = compiled(text.replaceAll("DELAY", "delay 2s"));
    const way = { codegen: true, index: true, restartEvery: 3, shuffle: false, untilMs: null };
    const arrivals = disturbed(inputs, seed);
    const run = drive(plan, arrivals, seed, way);
    const timely = arrivals.filter(({ stream, seq }) => !run.late.has(`${stream}.${seq}`));
    late += run.late.size;
    const wanted = naiveWindows(plan.rules[0] as RulePlan, ordered(timely));
    expect({ seed, text, alerts: JSON.stringify(byKey(run.alerts), shownLong) }).toEqual({
      seed,
      text,
      alerts: JSON.stringify(wanted, shownLong),
    });
  }
  expect(late).toBeGreaterThan(CASES / 4);
});

/** Some events change places with later ones; sequences follow the arrival. */
function disturbed(inputs: readonly Input[], seed: number): readonly Input[] {
  const random = new Random(seed);
  const places = new Map(inputs.map((input, i) => [input, i + random.below(6)]));
  const arrivals = [...inputs].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  const seqs = [0, 0];
  return arrivals.map((input) => {
    const seq = (seqs[input.place] ?? 0) + 1;
    seqs[input.place] = seq;
    return { ...input, seq };
  });
}
