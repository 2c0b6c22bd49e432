/**
 * Rules that are edited while events come, against an oracle that knows nothing of the engine. `RELOAD_SEED` and
 * `RELOAD_STORIES` choose others, and more.
 */

import { expect, test } from "@jest/globals";
import { compareStories } from "./generated.ts";

const SEED = Number(process.env["RELOAD_SEED"] ?? 1);
const STORIES = Number(process.env["RELOAD_STORIES"] ?? 150);

test("reloads at random places decide what the contract says", () => {
  const tally = compareStories(SEED, STORIES, 5);
  process.stdout.write(`${[...tally].map(([name, count]) => `${name} ${count}`).join(", ")}\n`);
  expect(tally.get("reloads")).toBeGreaterThan(STORIES * 3);
  expect(tally.get("alerts")).toBeGreaterThan(STORIES);
  for (const verdict of ["same", "keep", "drain", "reset", "removed", "new"])
    expect([verdict, tally.get(verdict)]).toEqual([verdict, expect.any(Number)]);
}, 3_600_000);
