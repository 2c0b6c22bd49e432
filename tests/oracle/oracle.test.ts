/**
 * The oracle against cases worked out by hand from the statements. A row: the statement, the pattern, the input, and
 * what is reported, in order (`notation.ts` says how to read them). M-18 has its tables in flink.test.ts.
 */

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
  labelled,
  next,
  no,
  of,
  pattern,
  prevV,
  reported,
  step,
  v,
} from "./notation.ts";
import type { EventDeclaration, Pattern } from "./pattern.ts";

type Row = readonly [
  statement: string,
  pattern: Pattern,
  input: string,
  matches: readonly string[],
];

const A = follow(step("a"));
const B = follow(step("b"));
const C = follow(step("c"));
const D = follow(step("d"));
const events: EventDeclaration[] = ["a", "b"].map((kind) => ({
  name: kind.toUpperCase(),
  stream: "s1",
  filter: isEqual("t", kind),
}));
const declaredA = follow(step("a", "", { sources: ["A"] }));
const nextB = next(step("b", "", { sources: ["B"] }));
const nullable = { field: "k", nullable: true };
const byJ = { by: { field: "j", nullable: false } };
const anyOf = (label: string, quantity = "") => ({
  ...step(label, quantity, { sources: ["s1"] }),
});
const u = { sources: ["s1"], by: null, where: isEqual("t", "u") };

// biome-ignore format: a table reads by rows
const INPUT: readonly Row[] = [
  ["M-1 only what a source admits is in the input", pattern("all", [declaredA, nextB], { events }), "a x b", ["a b"]],
  ["M-1 a stream as source admits everything", pattern("all", [A, nextB], { events }), "a x b", []],
  [
    "M-1 the step's own where is no part of the source",
    pattern("all", [follow(step("a", "", { sources: ["A"], where: isEqual("v", 1) })), nextB], {
      events,
    }),
    "a1:1 a2:2 b",
    [],
  ],
  ["M-1 equal times are ordered by the stream's place", pattern("all", [A, follow(step("b", "", { sources: ["s2"], where: isEqual("t", "b") }))]), "b@0/s2 a@0", ["a b"]],
  ["M-1 then by the stream's sequence", pattern("all", [A, B]), "b1@0 a@0 b2@0", ["a b2"]],
  ["M-2 null takes no part", pattern("all", [A, B]), "a|null b|null", []],
  ["M-2 null equals null where marked", pattern("all", [A, B], { key: nullable }), "a|null b|null", ["a b"]],
  ["M-2 a list stands for each of its values", pattern("all", [A, B]), "a|x+y b1|y b2|x", ["a b1", "a b2"]],
  ["M-2 once for each distinct value", pattern("all", [A, B]), "a|x+x+null b|x", ["a b"]],
  ["M-2 a step's own by", pattern("all", [A, follow(step("b", "", byJ))]), "a|x,q b|q,x", ["a b"]],
  ["M-2 a step takes an event only under its own key", pattern("all", [A, follow(step("b", "", byJ))]), "a|x b|x,y", []],
  ["M-2 an event is in the input of each key it has at some step", pattern("all", [A, next(step("b", "", byJ))]), "a|x b1|x,y b2|q,x", []],
  ["M-2 by all is one group", pattern("all", [A, B], { key: null }), "a|x b|y", ["a b"]],
  ["M-2 keys are apart", pattern("all", [A, B]), "a|x b|y", []],
];

// biome-ignore format: a table reads by rows
const BOUNDS: readonly Row[] = [
  ["M-3 within is inclusive", pattern("all", [A, B], { within: 5 }), "a@0 b@5", ["a b"]],
  ["M-3 and no more", pattern("all", [A, B], { within: 5 }), "a@0 b@5.5", []],
  ["M-3 gap bounds neighbours", pattern("all", [A, B, C], { gap: 2 }), "a@0 b@2 c@4", ["a b c"]],
  ["M-3 gap exceeded", pattern("all", [A, B, C], { gap: 2 }), "a@0 b@2 c@5", []],
  ["M-3 an element's within counts from the event before it", pattern("all", [A, follow(step("b", "", { within: 2 }))]), "a@0 b@2", ["a b"]],
  ["M-3 an element's within exceeded", pattern("all", [A, follow(step("b", "", { within: 2 }))]), "a@0 b@3", []],
  ["M-3 of a loop up to its last event", pattern("all", [A, follow(step("b", "1+", { within: 3 }))]), "a@0 b1@2 b2@3 b3@4", ["a b1", "a b1 b2"]],
  ["M-3 of the first element from its own first event", pattern("all", [follow(step("a", "2", { within: 1 }))]), "a1@0 a2@2 a3@3", ["a2 a3"]],
  ["M-3 of braces from their own first event", pattern("all", [C, follow(group("", [A, B], { within: 2 }))]), "c@0 a@5 b@7", ["c a b"]],
  ["M-3 of braces exceeded", pattern("all", [C, follow(group("", [A, B], { within: 2 }))]), "c@0 a@5 b@8", []],
];

// biome-ignore format: a table reads by rows
const LINKS: readonly Row[] = [
  ["M-4 then takes the first that fits", pattern("all", [A, B]), "a x b1 b2", ["a b1"]],
  ["M-4 fits is judged with the events given so far", pattern("all", [A, follow(step("b", "", { where: compared(v, ">", of("step", "a")) }))]), "a:2 b1:1 b2:3", ["a b2"]],
  ["M-4 then any has no condition", pattern("all", [A, followAny(step("b"))]), "a b1 b2", ["a b1", "a b2"]],
  ["M-4 next", pattern("all", [A, next(step("b"))]), "a1 x a2 b", ["a2 b"]],
  ["M-4 an event beyond the element's within still is the first that fits", pattern("all", [A, follow(step("b", "2", { within: 2 }))]), "a@0 b1@1 b2@4 b3@4", []],
  ["M-4 of alternatives it is asked of the step that takes", pattern("all", [C, follow(either("", [[A], [B]]))]), "c b a", ["c b", "c a"]],
  ["M-4 after an empty element the next one's own link counts", pattern("all", [C, follow(step("a", "optional")), next(step("b"))]), "c x b", []],
  ["M-4 also in braces", pattern("all", [C, next(group("", [follow(step("a", "optional")), B]))]), "c x b", ["c b"]],
  ["M-4 two candidates differ by the events of an element", pattern("all", [follow(step("a", "1+ any")), followAny(step("b"))]), "a1 a2 b", ["a1 a2 b", "a1 b", "a2 b"]],
];

// biome-ignore format: a table reads by rows
const NOS: readonly Row[] = [
  ["M-5 between two elements", pattern("all", [A, follow(no("n")), B]), "a1 n a2 b", ["a2 b"]],
  ["M-5 next no is about the very next event", pattern("all", [A, next(no("n")), B]), "a1 n a2 x n b", ["a2 b"]],
  ["M-5 at the end, by time", pattern("all", [A, follow(no("n"))], { within: 3 }), "a@0 x@1", ["a @3!"]],
  ["M-5 at the end, X on the bound", pattern("all", [A, follow(no("n"))], { within: 3 }), "a@0 n@3", []],
  ["M-5 at the end, X behind the bound", pattern("all", [A, follow(no("n"))], { within: 3 }), "a@0 n@4", ["a @3!"]],
  ["M-5 at the end, the match's bound counts from the start", pattern("all", [A, B, follow(no("n"))], { within: 5 }), "a@0 b@2", ["a b @5!"]],
  ["M-5 at the end, its own from the last event", pattern("all", [A, B, follow(no("n", { within: 5 }))], { within: 5 }), "a@0 b@2", ["a b @7!"]],
  ["M-5 next no at the end, by the next event", pattern("all", [A, next(no("n"))], { within: 5 }), "a@0 x@1 n@2", ["a @1"]],
  ["M-5 next no at the end, X", pattern("all", [A, next(no("n"))], { within: 5 }), "a@0 n@1", []],
  ["M-5 next no at the end, by the bound", pattern("all", [A, next(no("n"))], { within: 5 }), "a@0 n@9", ["a @5!"]],
  ["M-5 several at the end, each up to its own bound", pattern("all", [A, follow(no("n", { within: 2 })), follow(no("m", { within: 4 }))]), "a@0 n@3", ["a @4!"]],
  ["M-5 several at the end, all must hold", pattern("all", [A, follow(no("n", { within: 2 })), follow(no("m", { within: 4 }))]), "a@0 m@3", []],
  ["M-5 at the start it looks back, the bound included", pattern("all", [follow(no("n", { within: 2 })), A]), "n@0 a1@2 a2@3", ["a2"]],
  ["M-5 at the start, an event that fits both counts as X", pattern("all", [follow(no("a", { within: 2 })), A]), "a", []],
  ["M-5 next no after a loop, after each event with which it could be left", pattern("all", [follow(step("a", "1+")), next(no("n")), D]), "a1 n a2 d", ["a2 d"]],
  ["M-5 but not where the loop could not be left", pattern("all", [follow(step("a", "2")), next(no("n")), D]), "a1 n a2 d", ["a1 a2 d"]],
  ["M-5 after a count it watches from the loop's first event", pattern("all", [follow(step("a", "2")), follow(no("n")), D]), "a1 n a2 d", []],
  ["M-5 what the loop takes does not count as X", pattern("all", [follow(step("b", "1+")), follow(no("b")), D]), "b1 b2 d", ["b1 b2 d", "b2 d"]],
  ["M-5 the loop before an absent element", pattern("all", [follow(step("a", "1+")), follow(step("m", "optional")), follow(no("n")), D]), "a1 n a2 d", ["a2 d"]],
  ["M-5 nothing after it but an element without events", pattern("all", [A, follow(no("n")), follow(step("b", "optional"))], { within: 5 }), "a@0 b@1", ["a b", "a @5!"]],
  ["M-6 with earlier steps", pattern("all", [A, follow(no("n", { where: compared(v, "==", of("step", "a")) })), B]), "a:1 n:2 b", ["a b"]],
  ["M-6 with earlier steps, X", pattern("all", [A, follow(no("n", { where: compared(v, "==", of("step", "a")) })), B]), "a:1 n:1 b", []],
];

// biome-ignore format: a table reads by rows
const QUANTITIES: readonly Row[] = [
  ["M-7 N..M", pattern("all", [A, follow(step("b", "1..2")), C]), "a b1 b2 b3 c", ["a b1 b2 c", "a b1 c"]],
  ["M-7 0+", pattern("all", [A, follow(step("b", "0+")), C]), "a b c", ["a b c", "a c"]],
  ["M-7 consecutive", pattern("all", [follow(step("a", "2 consecutive"))]), "a1 x a2 a3", ["a2 a3"]],
  ["M-7 any", pattern("all", [C, follow(step("a", "2 any"))]), "c a1 a2 a3", ["c a1 a2", "c a1 a3"]],
  ["M-7 optional, or the count", pattern("all", [C, follow(step("a", "optional 2")), B]), "c a1 a2 b", ["c a1 a2 b", "c b"]],
  ["M-7 a group's turns", pattern("all", [follow(group("2", [A, B]))]), "a1 b1 x a2 b2", ["a1 b1 a2 b2"]],
  ["M-7 a group's turns, consecutive", pattern("all", [follow(group("2 consecutive", [A, B]))]), "a1 b1 x a2 b2", []],
  ["M-7 all of, in any order", pattern("all", [follow(allOf("relaxed", [[A], [B]]))]), "b x a", ["b a"]],
  ["M-7 all of, linked as by then", pattern("all", [C, follow(allOf("relaxed", [[A], [B]]))]), "c a b1 b2", ["c a b1"]],
  ["M-7 all of any", pattern("all", [C, follow(allOf("any", [[A], [B]]))]), "c a b1 b2", ["c a b1", "c a b2"]],
  ["M-7 all of consecutive", pattern("all", [follow(allOf("consecutive", [[A], [B]]))]), "a x b", []],
  ["M-7 or between sources", pattern("all", [follow(step("a", "", { sources: ["A", "B"] }))], { events }), "a x b", ["a", "b"]],
  ["M-8 an open loop neither takes nor passes over", pattern("all", [follow(step("a", "2+", { until: isEqual("t", "u") }))]), "a1 a2 u a3 a4", ["a1 a2", "a3 a4"]],
  ["M-8 the element after may take it", pattern("all", [follow(step("a", "1+", { until: isEqual("t", "u") })), follow(step("u"))]), "a u", ["a u"]],
  ["M-8 of a group", pattern("all", [C, follow(group("1+", [A, B], { until: isEqual("t", "u") }))]), "c u a1 b1 a2 u b2", ["c a1 b1"]],
  ["M-8 after the block it ends partial matches", pattern("all", [A, B], { until: u }), "a1 u b1 a2 b2", ["a2 b2"]],
  ["M-8 after it was offered to them", pattern("all", [A, B], { until: { ...u, where: isEqual("t", "b") } }), "a b1", ["a b1"]],
  ["M-8 also one that it starts", pattern("all", [A, B], { until: { ...u, where: isEqual("t", "a") } }), "a b", []],
  ["M-8 also those that wait for a bound", pattern("all", [A, follow(no("n"))], { within: 3, until: u }), "a@0 u@2", []],
  ["M-8 also those that wait for a preferred one", pattern("longest", [follow(step("a", "1+"))], { within: 5, until: u }), "a1 u a2@9", ["a2 @14!"]],
];

// biome-ignore format: a table reads by rows
const CONDITIONS: readonly Row[] = [
  ["M-9 each, prev", pattern("all", [follow(step("a", "3", { each: compared(v, ">", prevV) }))]), "a1:1 a2:0 a3:2 a4:3", ["a1 a3 a4", "a2 a3 a4"]],
  ["M-9 each is not asked of the first", pattern("all", [follow(step("a", "2", { each: isEqual("v", 2) }))]), "a1:1 a2:2", ["a1 a2"]],
  ["M-9 having when the loop is left", pattern("all", [follow(step("a", "1+", { having: compared(of("sum", "a"), ">=", 3) })), B]), "a1:1 a2:2 b", ["a1 a2 b"]],
  ["M-9 having when the match completes", pattern("all", [follow(step("a", "1+", { having: compared(of("last", "a"), "==", 2) }))]), "a1:1 a2:2 a3:1", ["a1 a2", "a2"]],
  ["M-9 having is not asked of an absent loop", pattern("all", [A, follow(step("b", "0+", { having: compared(countOf("b"), ">=", 1) })), C]), "a c", ["a c"]],
  ["M-9 its own events before this one", pattern("all", [follow(step("a", "1+", { where: compared(countOf("a"), "<", 2) }))]), "a1 a2 a3", ["a1", "a1 a2", "a2", "a2 a3", "a3"]],
  ["X-2 null is unknown", pattern("all", [follow(step("a", "", { where: compared(v, ">", 1) }))]), "a1 a2:2", ["a2"]],
  ["X-2 not unknown is unknown", pattern("all", [follow(step("a", "", { where: { kind: "not", part: compared(v, ">", 1) } }))]), "a1 a2:2 a3:1", ["a3"]],
  ["X-3 different types are unknown", pattern("all", [follow(step("a", "", { where: compared(v, "!=", 1) }))]), "a1:t a2:2", ["a2"]],
];

// biome-ignore format: a table reads by rows
const PREFERENCE: readonly Row[] = [
  ["M-10 every event that can take the first element starts one", pattern("all", [A, B]), "a1 a2 b", ["a1 b", "a2 b"]],
  ["M-10 or one behind it where those before may be empty", pattern("all", [follow(step("a", "0+")), follow(step("b", "optional")), C]), "b c", ["b c", "c"]],
  ["M-10 another turn is preferred", pattern("match", [follow(step("a", "1+")), B]), "a1 a2 b", ["a1 a2 b"]],
  ["M-10 with shortest, leaving", pattern("match", [follow(step("a", "1+ shortest")), B]), "a1 a2 b", ["a1 b"]],
  ["M-10 an optional element is taken first", pattern("match", [A, follow(step("b", "optional")), C]), "a b c", ["a b c"]],
  ["M-10 with optional shortest it is not", pattern("match", [A, follow(step("b", "optional shortest")), C]), "a b c", ["a c"]],
  ["M-10 for then any the earlier event", pattern("match", [A, followAny(step("b")), followAny(step("c"))]), "a b1 b2 c", ["a b1 c"]],
];

// biome-ignore format: a table reads by rows
const REPORTS: readonly Row[] = [
  ["M-11 as soon as any completes, then past last", pattern("match", [A, B]), "a1 a2 b1 a3 b2", ["a1 b1", "a3 b2"]],
  ["M-11 of several the earliest start", pattern("match", [A, B], { skip: { kind: "none" } }), "a1 a2 b1", ["a1 b1"]],
  ["M-11 on one deadline, one behind the other", pattern("match", [A, follow(no("n", { within: 3 }))]), "a1@0 a2@0", ["a1 @3!", "a2 @3!"]],
  ["M-11 a trailing loop completes at once", pattern("match", [follow(step("a", "1+"))]), "a1 a2", ["a1", "a2"]],
  ["M-12 when nothing preferred can come", pattern("longest", [follow(step("a", "1+ consecutive"))]), "a1 a2 x a3", ["a1 a2 @2", "a3 @103!"]],
  ["M-12 at the bound", pattern("longest", [follow(step("a", "1+")), B], { within: 10 }), "a1 b1 a2 b2", ["a1 a2 b2 @10!"]],
  ["M-12 gives events back", pattern("longest", [follow(anyOf("p", "1+ consecutive")), next(step("b"))], { within: 5 }), "x b y", ["x b @5!"]],
  ["M-12 with shortest at once", pattern("longest", [follow(step("a", "1+ shortest"))]), "a1 a2", ["a1", "a2"]],
  ["M-12 a full loop at once", pattern("longest", [follow(step("a", "1..2"))]), "a1 a2 a3 a4", ["a1 a2", "a3 a4"]],
  ["M-12 an earlier start is waited for", pattern("longest", [follow(either("", [[A, B], [D]]))]), "a d b", ["a b"]],
  ["M-12 until it can no more complete", pattern("longest", [follow(either("", [[A, B], [D]]))], { within: 5 }), "a d", ["d @5!"]],
  ["M-12 not where it would be reported as well", pattern("longest", [follow(either("", [[A, B], [D]]))], { skip: { kind: "none" } }), "a d b", ["d", "a b"]],
  ["M-12 a start reports once", pattern("longest", [A, follow(step("b", "1+"))], { within: 5, skip: { kind: "none" } }), "a b1 b2", ["a b1 b2 @5!"]],
  ["M-13 every candidate, in the order of M-11", pattern("all", [follow(step("a", "1+")), B]), "a1 a2 b", ["a1 a2 b", "a1 b", "a2 b"]],
  ["M-13 greedy", pattern("all", [follow(step("a", "1+ greedy")), B]), "a1 a2 b", ["a1 a2 b", "a2 b"]],
  ["M-13 greedy, an event that the next element takes", pattern("all", [follow(step("a", "1+ greedy")), follow(anyOf("q"))]), "a1 a2 x", ["a1 a2 x", "a2 x"]],
  ["M-14 one that reaches a step replaces the one there", pattern("latest", [A, B]), "a1 a2 b", ["a2 b"]],
  ["M-14 at every step", pattern("latest", [A, B, C]), "a1 b1 a2 b2 c1 c2", ["a2 b2 c1"]],
  ["M-14 later steps are tried first", pattern("latest", [follow(anyOf("p")), follow(anyOf("q"))]), "x y z", ["x y", "y z"]],
  ["M-14 a quantity N is N steps", pattern("latest", [follow(step("a", "2")), B]), "a1 a2 a3 b", ["a2 a3 b"]],
  ["M-14 no between", pattern("latest", [A, follow(no("n")), B]), "a1 n b", []],
  ["M-14 a leading no looks back", pattern("latest", [follow(no("n", { within: 1 })), A, B]), "n a1 b1 a2 b2", ["a2 b2"]],
  ["M-14 a trailing no", pattern("latest", [A, follow(no("n"))], { within: 3 }), "a1@0 a2@1", ["a2 @4!"]],
  ["M-14 within", pattern("latest", [A, B], { within: 3 }), "a@0 b@4", []],
];

const pairs = [A, followAny(step("b"))];
// biome-ignore format: a table reads by rows
const SKIPS: readonly Row[] = [
  ["M-15 none", pattern("all", pairs, { skip: { kind: "none" } }), "a1 a2 b1 b2", ["a1 b1", "a2 b1", "a1 b2", "a2 b2"]],
  ["M-15 to next", pattern("all", pairs, { skip: { kind: "to next" } }), "a1 a2 b1 b2", ["a1 b1", "a2 b1"]],
  ["M-15 past last", pattern("all", pairs, { skip: { kind: "past last" } }), "a1 a2 b1 b2", ["a1 b1"]],
  ["M-15 past last leaves what starts behind", pattern("match", [A, follow(no("n", { within: 3 }))]), "a1@0 a2@1", ["a1 @3!", "a2 @4!"]],
  ["M-15 past all", pattern("all", pairs, { skip: { kind: "past all" } }), "a1 a2 b1 a3 b2", ["a1 b1", "a2 b1", "a3 b2"]],
  ["M-15 to last", pattern("all", [A, B, C], { skip: { kind: "to last", step: "b" } }), "a1 a2 b a3 c b2 c2", ["a1 b c", "a3 b2 c2"]],
  ["M-15 to first", pattern("match", [A, follow(step("b", "1+"))], { skip: { kind: "to first", step: "b" } }), "a1 a2 b1 b2", ["a1 b1"]],
  ["M-15 to first of the first step drops earlier starts only", pattern("match", pairs, { skip: { kind: "to first", step: "a" } }), "a b1 b2", ["a b1", "a b2"]],
  ["M-15 a step without events drops nothing", pattern("all", [A, follow(step("b", "optional")), C], { skip: { kind: "to last", step: "b" } }), "a1 a2 c", ["a1 c", "a2 c"]],
  ["M-16 a candidate that fails having is no match", pattern("match", pairs, { having: compared(of("step", "b"), "==", 2) }), "a b1:1 b2:2", ["a b2"]],
  ["M-16 and skips nothing", pattern("match", pairs, { having: compared(of("step", "a"), "==", 2) }), "a1:1 a2:2 b", ["a2 b"]],
];

test.each([
  ...INPUT,
  ...BOUNDS,
  ...LINKS,
  ...NOS,
  ...QUANTITIES,
  ...CONDITIONS,
  ...PREFERENCE,
  ...REPORTS,
  ...SKIPS,
])("%s", (_, one, input, matches) => {
  expect(reported(one, input)).toEqual(matches);
});

// biome-ignore format: a table reads by rows
const LABELLED: readonly Row[] = [
  ["M-10 alternatives as listed", pattern("match", [follow(either("", [[follow(anyOf("p"))], [follow(anyOf("q"))]]))]), "x", ["p:x"]],
  ["M-10 the parts of all of as listed", pattern("match", [follow(allOf("relaxed", [[follow(anyOf("p"))], [follow(anyOf("q"))]]))]), "x y", ["p:x q:y"]],
  ["M-4 the same events in other elements are another candidate", pattern("all", [follow(anyOf("p", "1+ consecutive")), next(anyOf("q", "1+ consecutive"))]), "x y z", ["p:x q:y", "p:x,y q:z", "p:x q:y,z", "p:y q:z"]],
  [
    "M-4 but another grouping of the same is not",
    pattern("all", [follow(group("1+ consecutive", [follow(anyOf("p", "1+ consecutive"))]))], {
      skip: { kind: "none" },
    }),
    "x y",
    ["p:x", "p:x,y", "p:y"],
  ],
];

test.each(LABELLED)("%s", (_, one, input, matches) => {
  expect(labelled(one, input)).toEqual(matches);
});
