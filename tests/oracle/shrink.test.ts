/** A failing case shrinks to what makes it fail. */

import { expect, test } from "@jest/globals";
import { faultsOf } from "./accepted.ts";
import { generateCase } from "./generate.ts";
import { oracle } from "./oracle.ts";
import { stepsOf } from "./pattern.ts";
import { shrinkCase } from "./shrink.ts";

test("a case that reports something shrinks to one event and one step", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const failing = generateCase(seed, "full");
    const fails = (one: typeof failing): boolean => oracle(one.pattern, one.events).length > 0;
    if (!fails(failing)) continue;
    const { pattern, events } = shrinkCase(failing, fails);
    expect(events).toHaveLength(1);
    expect(stepsOf(pattern.sequence).length).toBeLessThanOrEqual(2);
    expect(faultsOf(pattern)).toEqual([]);
  }
  expect.hasAssertions();
});
