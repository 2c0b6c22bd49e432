/** The index of ranges finds what the ranges themselves say. A failure prints its seed. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { parseCidr } from "../../dsl/cidr.ts";
import { Candidates } from "./candidates.ts";
import { RangeIndex } from "./range-index.ts";

/** Few different bits, so that many addresses share a prefix. */
function address(random: Random): string {
  const part = (most: number) => random.pick([0, 1, 128, 255, most]);
  const four = Array.from({ length: 4 }, () => part(127)).join(".");
  if (random.chance(0.5)) return four;
  if (random.chance(0.3)) return `::ffff:${four}`;
  return Array.from({ length: 8 }, () => part(0xffff).toString(16)).join(":");
}

test("each range that an address is in is named once", () => {
  let hits = 0;
  for (let seed = 1; seed <= 80; seed++) {
    const random = new Random(seed);
    const ranges = Array.from({ length: 30 }, () => {
      const network = address(random);
      const width = network.includes(":") ? 128 : 32;
      return random.chance(0.2) ? network : `${network}/${random.below(width + 1)}`;
    });
    const index = new RangeIndex();
    const candidates = new Candidates();
    candidates.reserve(ranges.length);
    for (const [i, range] of ranges.entries()) index.add(range, i);
    for (const text of ["", "no address", ...Array.from({ length: 20 }, () => address(random))]) {
      candidates.clear();
      index.find(text, candidates);
      const found = Array.from({ length: candidates.sort() }, (_, i) => candidates.at(i));
      const wanted = ranges.flatMap((range, i) => {
        const parsed = parseCidr(range);
        return parsed.error === null && parsed.contains(text) === true ? [i] : [];
      });
      expect({ seed, text, found }).toEqual({ seed, text, found: wanted });
      hits += found.length;
    }
  }
  expect(hits).toBeGreaterThan(500);
});
