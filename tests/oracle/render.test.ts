/** One pattern with everything that the language has, written as a rule file. */

import { expect, test } from "@jest/globals";
import {
  allOf,
  compared,
  countOf,
  either,
  follow,
  followAny,
  group,
  isEqual,
  next,
  no,
  of,
  pattern,
  prevV,
  step,
  v,
} from "./notation.ts";
import { type Pattern, stepsOf } from "./pattern.ts";
import { renderPattern } from "./render.ts";

const events = ["a", "b"].map((kind) => ({
  name: kind.toUpperCase(),
  stream: "s1",
  filter: isEqual("t", kind),
}));
const fromA = { sources: ["A"] };

// biome-ignore format: one element a line
const everything: Pattern = pattern(
  "all",
  [
    follow(no("n", { sources: ["A"], within: 2 })),
    follow(step("a", "2+ consecutive greedy", { sources: ["A", "s2"], each: compared(v, ">", prevV), having: compared(of("sum", "a"), "<", 4), until: isEqual("v", 3), within: 4 })),
    next(no("n", { sources: ["B"], by: { field: "j", nullable: true }, where: { kind: "not", part: isEqual("v", 1) } })),
    followAny(group("optional 2..3 any", [follow(step("b", "optional shortest", fromA)), next(step("c", "", fromA))], { until: isEqual("v", "x"), within: 3 })),
    follow(either("", [[follow(step("d", "", fromA))], [follow(step("e", "0+ any", { ...fromA, where: compared(v, "==", of("last", "a")) }))]])),
    next(allOf("consecutive", [[follow(step("f", "3", fromA))], [follow(step("g", "", fromA))]])),
  ],
  {
    events,
    within: 10,
    gap: 2.5,
    having: { kind: "or", parts: [compared(countOf("a"), ">=", 2), compared(of("step", "d"), "!=", of("first", "a"))] },
    until: { sources: ["A", "B"], by: { field: "j", nullable: false }, where: isEqual("v", null) },
    skip: { kind: "to last", step: "a" },
  },
);

test("a pattern as a rule file", () => {
  expect(renderPattern(everything)).toBe(`stream s1 from "test.s1" { time at }
stream s2 from "test.s2" { time at }
event A = s1 where t == "a"
event B = s1 where t == "b"
rule oracle.case "Oracle case" {
  severity low
  match all by k within 10s gap 2500ms {
    no A within 2s
    then a: 2+ consecutive greedy A or s2 each v > prev.v having sum(a.v) < 4 until v == 3 within 4s
    next no B by j? where not (v == 1)
    then any optional 2..3 any {
      b: optional shortest A
      next c: A
    } until v == "x" within 3s
    then either {
      d: A
    } or {
      e: 0+ any A where v == last(a).v
    }
    next all of consecutive {
      f: 3 A
    } and {
      g: A
    }
  } until A or B by j where v == null
  having (count(a) >= 2 or d.v != first(a).v)
  skip to last a
}
`);
});

test("steps are numbered in the order of the text", () => {
  expect(stepsOf(everything.sequence).map(({ element, label }) => `${label}${element}`)).toEqual([
    "a0",
    "b1",
    "c2",
    "d3",
    "e4",
    "f5",
    "g6",
  ]);
});

test("by all, match, and no skip", () => {
  const plain = pattern("match", [follow(step("a", "", fromA))], { key: null, within: 5 });
  expect(renderPattern(plain)).toBe(`stream s1 from "test.s1" { time at }
stream s2 from "test.s2" { time at }
rule oracle.case "Oracle case" {
  severity low
  match by all within 5s {
    a: A
  }
}
`);
});
