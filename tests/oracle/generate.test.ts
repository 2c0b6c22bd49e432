/**
 * Generated cases: the same seed gives the same case; the patterns are ones that the language accepts; and what the
 * oracle reports in one mode agrees with what it reports in another. A failure names its seed and profile.
 */

import { expect, test } from "@jest/globals";
import { faultsOf } from "./accepted.ts";
import { type Case, generateCase, type Profile } from "./generate.ts";
import { matchLine, oracle } from "./oracle.ts";
import { renderPattern } from "./render.ts";

const SEEDS = Array.from({ length: 250 }, (_, i) => i + 1);
const PROFILES: readonly Profile[] = ["core", "full"];

function cases(): { readonly name: string; readonly one: Case }[] {
  return PROFILES.flatMap((profile) =>
    SEEDS.map((seed) => ({ name: `${profile} ${seed}`, one: generateCase(seed, profile) })),
  );
}

test("the same seed gives the same case", () => {
  for (const profile of PROFILES)
    expect(generateCase(7, profile)).toEqual(generateCase(7, profile));
  expect(renderPattern(generateCase(7, "core").pattern)).not.toBe(
    renderPattern(generateCase(8, "core").pattern),
  );
});

test("patterns are accepted by the language", () => {
  const wrong = cases().flatMap(({ name, one }) =>
    faultsOf(one.pattern).map((fault) => `${name}: ${fault}`),
  );
  expect(wrong).toEqual([]);
});

test("every feature comes up", () => {
  const texts = cases().map(({ one }) => renderPattern(one.pattern));
  const words = [
    ...["match by", "match all", "match longest", "match latest", "by all", "by k?", " gap "],
    ...["then any", "next ", "next no", "then no", " no ", "either", "all of", "all of any"],
    ...["optional", "0+", "2+", "1..3", "consecutive", " any ", "greedy", "shortest", "by j"],
    ...["each", "prev.v", "having", "until", "last(", "first(", "sum(", "count(", " or ", "not ("],
    ...["skip none", "skip to next", "skip past last", "skip past all", "skip to first"],
    "skip to last",
  ];
  expect(words.filter((word) => !texts.some((text) => text.includes(word)))).toEqual([]);
});

test("events are at most twelve, in the order of time", () => {
  for (const { one } of cases()) {
    const times = one.events.map(({ timeMs }) => timeMs);
    expect(times.length).toBeLessThanOrEqual(12);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
});

test("M-11, M-12, M-14 what any mode reports is a candidate that match all reports", () => {
  for (const { name, one } of cases()) {
    const all = oracle({ ...one.pattern, mode: "all", skip: { kind: "none" } }, one.events);
    const candidates = new Set(all.map((match) => evidence(matchLine(match))));
    const lines = oracle(one.pattern, one.events).map(matchLine);
    const foreign = lines.filter((line) => !candidates.has(evidence(line)));
    expect([name, ...foreign]).toEqual([name]);
  }
});

test("M-1 reports do not depend on the order of arrival, nor on where time starts", () => {
  for (const { name, one } of cases()) {
    const lines = oracle(one.pattern, one.events).map(matchLine);
    const reversed = oracle(one.pattern, [...one.events].reverse()).map(matchLine);
    const later = one.events.map((event) => ({ ...event, timeMs: event.timeMs + 5000 }));
    const shifted = oracle(one.pattern, later).map((match) =>
      matchLine({ ...match, decidedMs: match.decidedMs - 5000 }),
    );
    expect([name, ...reversed]).toEqual([name, ...lines]);
    expect([name, ...shifted]).toEqual([name, ...lines]);
  }
});

/** The line without what it says of the decision: `match longest` decides later. */
function evidence(line: string): string {
  return line.replace(/ @[\d.]+!?/, "");
}
