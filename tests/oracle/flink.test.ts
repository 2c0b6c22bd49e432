/**
 * M-18: what Apache Flink CEP reports with noSkip, in the oracle. The tables follow flink-cep at commit c43754cdc4f7;
 * where a case says "accident", M-18 departs from Flink, and the case says what Sequitur reports instead.
 * Letters are steps, digits number the events; everything is in the input, so `x` breaks a `next`.
 */

import { expect, test } from "@jest/globals";
import {
  follow,
  followAny,
  group,
  type Item,
  isEqual,
  next,
  no,
  type PatternOptions,
  pattern,
  reported,
  type Skip,
  step,
} from "./notation.ts";

interface Row {
  readonly what: string;
  readonly items: readonly Item[];
  readonly input: string;
  readonly matches: readonly string[];
  readonly options?: PatternOptions;
}

const c = follow(step("c"));
const isU = isEqual("t", "u");

// biome-ignore format: a table reads by rows
const CONTIGUITY: readonly Row[] = [
  row("c -> a? -> b", [c, follow(step("a", "optional")), follow(step("b"))], "c a1 a2 b", ["c a1 b", "c b"]),
  row("c ~> a? -> b", [c, followAny(step("a", "optional")), follow(step("b"))], "c a1 a2 b", ["c a1 b", "c a2 b", "c b"]),
  row("c -> a? => b, b next", [c, follow(step("a", "optional")), next(step("b"))], "c b", ["c b"]),
  row("c -> a? => b, strict from the skip on", [c, follow(step("a", "optional")), next(step("b"))], "c x b", []),
  row("c -> a? => b, a may still come", [c, follow(step("a", "optional")), next(step("b"))], "c x a b", ["c a b"]),
  row("c => a? -> b, x ends the wait for a", [c, next(step("a", "optional")), follow(step("b"))], "c x a b", ["c b"]),
  row("a? -> b", [follow(step("a", "optional")), follow(step("b"))], "a b", ["a b", "b"]),
  row("a* -> b", [follow(step("a", "0+")), follow(step("b"))], "a b", ["a b", "b"]),
  row("c -> a? at the end", [c, follow(step("a", "optional"))], "c x a", ["c", "c a"]),
];

// biome-ignore format: a table reads by rows
const LOOPS: readonly Row[] = [
  row("c -> a{2} -> b", [c, follow(step("a", "2")), follow(step("b"))], "c a1 a2 a3 b", ["c a1 a2 b"]),
  row("c ~> a{2} -> b", [c, followAny(step("a", "2")), follow(step("b"))], "c a1 a2 a3 b", ["c a1 a2 b", "c a2 a3 b"]),
  row("c => a{2} any -> b", [c, next(step("a", "2 any")), follow(step("b"))], "c a1 a2 a3 b", ["c a1 a2 b", "c a1 a3 b"]),
  row("c -> a+ -> b leaves only after an event", [c, follow(step("a", "1+")), follow(step("b"))], "c a1 b1 b2 a2 b3", ["c a1 b1", "c a1 a2 b3"]),
  row("c -> a+ ~> b", [c, follow(step("a", "1+")), followAny(step("b"))], "c a1 b1 b2 a2 b3", ["c a1 b1", "c a1 b2", "c a1 a2 b3", "c a1 b3"]),
  row("a+ => b", [follow(step("a", "1+")), next(step("b"))], "a1 x a2 b", ["a1 a2 b", "a2 b"]),
  row("a+ consecutive => b", [follow(step("a", "1+ consecutive")), next(step("b"))], "a1 x a2 b", ["a2 b"]),
  row("a loop at the end reports every prefix", [c, follow(step("a", "1+"))], "c a1 a2", ["c a1", "c a1 a2"]),
  row("a loop at the start gives every suffix", [follow(step("a", "1+")), follow(step("b"))], "a1 a2 b", ["a1 a2 b", "a1 b", "a2 b"]),
  row("a{2}? -> b", [follow(step("a", "optional 2")), follow(step("b"))], "a1 b1 a2 b2", ["b1", "a1 a2 b2", "b2"]),
  row("c -> a{2,}? -> b", [c, follow(step("a", "optional 2+")), follow(step("b"))], "c a1 b1 a2 b2", ["c b1", "c a1 a2 b2"]),
  row("c => a* consecutive -> b", [c, next(step("a", "0+ consecutive")), follow(step("b"))], "c x a b", ["c b"]),
  row("c -> a* consecutive -> b", [c, follow(step("a", "0+ consecutive")), follow(step("b"))], "c x a b", ["c a b", "c b"]),
];

// biome-ignore format: a table reads by rows
const GREEDY: readonly Row[] = [
  row("c -> a+ greedy -> d", [c, follow(step("a", "1+ greedy")), follow(step("d"))], "c a1 a2 a3 d", ["c a1 a2 a3 d"]),
  row("c -> a* greedy -> e", [c, follow(step("a", "0+ greedy")), follow(step("e"))], "c a1 a2 e", ["c a1 a2 e"]),
  row("c -> a* greedy -> e, none to take", [c, follow(step("a", "0+ greedy")), follow(step("e"))], "c x e", ["c e"]),
  row("c -> a+ greedy -> e, left at x", [c, follow(step("a", "1+ greedy")), follow(step("e"))], "c a1 x a2 y e", ["c a1 a2 e"]),
  row("c -> a+ greedy ~> e", [c, follow(step("a", "1+ greedy")), followAny(step("e"))], "c a1 e1 a2 e2", ["c a1 e1", "c a1 a2 e2"]),
  row("accident: a full loop lives", [c, follow(step("a", "2..3 greedy")), follow(step("e"))], "c a1 a2 a3 a4 e", ["c a1 a2 a3 e"]),
  row("accident: a broken loop lives", [c, follow(step("a", "1+ consecutive greedy")), follow(step("e"))], "c a1 x a2 e", ["c a1 e"]),
  row("a+ greedy => e over several starts", [follow(step("a", "1+ greedy")), next(step("e"))], "a1 a2 e", ["a1 a2 e", "a2 e"]),
  row("c -> a+ greedy at the end", [c, follow(step("a", "1+ greedy"))], "c a1 a2", ["c a1", "c a1 a2"]),
  row("accident: greedy holds before next no", [c, follow(step("a", "1+ greedy")), next(no("n")), follow(step("e"))], "c a1 a2 e", ["c a1 a2 e"]),
];

// biome-ignore format: a table reads by rows
const UNTIL: readonly Row[] = [
  row("a+ until u -> b", [follow(step("a", "1+", { until: isU })), follow(step("b"))], "a1 x a2 u a3 b", ["a1 a2 b", "a1 b", "a2 b", "a3 b"]),
  row("a+ until u => u", [follow(step("a", "1+", { until: isU })), next(step("u"))], "a1 a2 u", ["a1 a2 u", "a2 u"]),
  row("a+ until b at the end", [follow(step("a", "1+", { until: isEqual("t", "b") }))], "a1 c a2 b a3", ["a1", "a1 a2", "a2", "a3"]),
  row("accident: before its first event until does not end the wait", [c, follow(step("a", "1+", { until: isEqual("v", 9) })), follow(step("b"))], "c a1:9 a2 b", ["c a2 b"]),
];

// biome-ignore format: a table reads by rows
const NOT: readonly Row[] = [
  row("a notNext n ~> c", [follow(step("a")), next(no("n")), followAny(step("c"))], "a c", ["a c"]),
  row("a notNext n => c", [follow(step("a")), next(no("n")), next(step("c"))], "a x c", []),
  row("a notNext n -> c, n later", [follow(step("a")), next(no("n")), follow(step("c"))], "a x n c", ["a c"]),
  row("a notNext n -> c, n next", [follow(step("a")), next(no("n")), follow(step("c"))], "a n c", []),
  row("b+ !n -> d, n inside the loop", [follow(step("b", "1+")), follow(no("n")), follow(step("d"))], "b1 n b2 d", ["b2 d"]),
  row("b+ !n -> d, n after it", [follow(step("b", "1+")), follow(no("n")), follow(step("d"))], "b1 x b2 n d", []),
  row("a !n -> b+ -> d ends at the loop's first", [follow(step("a")), follow(no("n")), follow(step("b", "1+")), follow(step("d"))], "a b1 n b2 d", ["a b1 b2 d", "a b1 d"]),
  row("a !n -> c? -> d, c taken", [follow(step("a")), follow(no("n")), follow(step("c", "optional")), follow(step("d"))], "a c n d", ["a c d"]),
  row("a !n -> c? -> d, c absent", [follow(step("a")), follow(no("n")), follow(step("c", "optional")), follow(step("d"))], "a n d", []),
  row("accident: a !n -> c? at the end", [follow(step("a")), follow(no("n")), follow(step("c", "optional"))], "a n c", []),
  row("accident: an event that fits both", [follow(step("a")), follow(no("c")), follow(step("c"))], "a c", []),
  row("several NOTs in a row all hold", [follow(step("a")), follow(no("n")), follow(no("m")), follow(step("c"))], "a1 m a2 n a3 c", ["a3 c"]),
  row("accident: a trailing NOT after a loop completes", [follow(step("a", "1+")), follow(no("n"))], "a1@1 a2@2 x@20", ["a1 a2 @6!", "a1 @6!", "a2 @7!"], { within: 5 }),
];

// biome-ignore format: a table reads by rows
const GROUPS: readonly Row[] = [
  row("c => (a -> b){2} -> d", [c, next(group("2", [follow(step("a")), follow(step("b"))])), follow(step("d"))], "c a1 z b1 z a2 b2 d", ["c a1 b1 a2 b2 d"]),
  row("c -> (a -> b){2} -> d", [c, follow(group("2", [follow(step("a")), follow(step("b"))])), follow(step("d"))], "c a1 a2 b1 b2 d", []),
  row("accident: (a -> b)+ -> d matches once", [follow(group("1+", [follow(step("a")), follow(step("b"))])), follow(step("d"))], "a b z z d", ["a b d"]),
];

test.each([...CONTIGUITY, ...LOOPS, ...GREEDY, ...UNTIL, ...NOT, ...GROUPS])(
  "M-18 $what: $input",
  (one) => {
    expect(reported(pattern("all", one.items, one.options), one.input)).toEqual(one.matches);
  },
);

// biome-ignore format: a table reads by rows
const SKIPS: readonly (readonly [string, readonly Item[], string, Skip, number])[] = [
  ["b+ consecutive => c", [follow(step("b", "1+ consecutive")), next(step("c"))], "b1 b2 b3 c", { kind: "none" }, 3],
  ["b+ consecutive => c", [follow(step("b", "1+ consecutive")), next(step("c"))], "b1 b2 b3 c", { kind: "to next" }, 3],
  ["b+ consecutive => c", [follow(step("b", "1+ consecutive")), next(step("c"))], "b1 b2 b3 c", { kind: "to first", step: "b" }, 3],
  ["b+ consecutive => c", [follow(step("b", "1+ consecutive")), next(step("c"))], "b1 b2 b3 c", { kind: "to last", step: "b" }, 2],
  ["b+ consecutive => c", [follow(step("b", "1+ consecutive")), next(step("c"))], "b1 b2 b3 c", { kind: "past last" }, 1],
  ["a -> b+", [follow(step("a")), follow(step("b", "1+"))], "a b1 b2 b3", { kind: "none" }, 3],
  ["a -> b+", [follow(step("a")), follow(step("b", "1+"))], "a b1 b2 b3", { kind: "to next" }, 1],
  ["a ~> b", [follow(step("a")), followAny(step("b"))], "a1 b1 b2", { kind: "to first", step: "a" }, 2],
  ["a ~> b", [follow(step("a")), followAny(step("b"))], "a1 b1 b2", { kind: "to next" }, 1],
];

test.each(SKIPS)("M-15, M-18 %s on %s%s", (_, items, input, skip, count) => {
  expect(reported(pattern("all", items, { skip }), input)).toHaveLength(count);
});

function row(
  what: string,
  items: readonly Item[],
  input: string,
  matches: readonly string[],
  options?: PatternOptions,
): Row {
  return { what, items, input, matches, ...(options ? { options } : {}) };
}
