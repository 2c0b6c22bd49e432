/** Rule sets that change all the time under load, with kills between: tests/long/reload-run.ts does more of it. */

import { expect, jest, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { runStorm } from "./reload-storm.ts";

jest.setTimeout(600_000);

const SEED = 50311;

test(`24 reloads and 4 kills: the alerts of an engine that takes each set at its position (seed ${SEED})`, async () => {
  const plan = { reloads: 24, kills: 4, events: 2400 };
  const result = await runStorm(plan, new Random(SEED));
  expect(result.wrongActivations).toEqual([]);
  expect(result.alerts).toEqual(result.expected);
  expect(result.alerts.length).toBeGreaterThan(100);
  expect(result.activations).toBeGreaterThan(12);
  expect(result.ids).toBe(result.alerts.length);
});
