/**
 * What regular expressions and wildcards need. That a need never rejects what fits is tested with the rule index for
 * conditions of all kinds, and here for expressions over the letters that fold in odd ways. A failure prints its seed.
 */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { Expr } from "../../dsl/expr.ts";
import { compileRegex } from "../../dsl/regex.ts";
import { foldCase } from "../functions/case-folding.ts";
import { needOf } from "./condition-need.ts";
import type { Need } from "./need.ts";
import { regexNeed } from "./regex-need.ts";

const FIELD: Expr = { kind: "field", event: { kind: "at hand" }, path: ["a"] };

/** The need of `a TEST pattern` in short. */
function need(test: "like" | "matches", pattern: string, caseless: boolean): string {
  const right: Expr = { kind: "const", value: pattern };
  return inShort(needOf({ kind: "text test", test, caseless, left: FIELD, right }, true));
}

function inShort(found: ReturnType<typeof needOf>): string {
  if (found === null) return "nothing";
  switch (found.kind) {
    case "all":
    case "any":
      return `${found.kind}(${found.needs.map(inShort).join(" ")})`;
    case "equals":
      return `equals ${found.values.join()}`;
    case "cidr":
      return `cidr ${found.ranges.join()}`;
    case "present":
    case "absent":
      return found.kind;
    default:
      return `${found.kind} ${found.literals.join()}`;
  }
}

test.each([
  ["powershell", false, "contains powershell"],
  ["PowerShell", true, "all(contains power contains hell)"],
  ["(?i)task", false, "all(contains ta contains k)"],
  ["ab+c", false, "all(contains a contains b contains c)"],
  ["ab?c", false, "all(contains a contains c)"],
  ["ab{2,}c{0,3}", false, "all(contains a contains b)"],
  ["foo|bar", false, "any(contains foo contains bar)"],
  ["foo|", false, "nothing"],
  ["x(foo|bar)y", false, "all(contains x any(contains foo contains bar) contains y)"],
  ["x(?:foo)?y", false, "all(contains x contains y)"],
  ["cmd\\.exe\\s+/c", false, "all(contains cmd.exe contains /c)"],
  ["a[]x]b[[:alpha:]]c", false, "all(contains a contains b contains c)"],
  ["straße", false, "all(contains stra contains e)"],
  ["a\\x41b", false, "nothing"],
  ["a\\Qb*\\Ec", false, "nothing"],
  ["k+(?i)?", false, "nothing"],
  ["a{,5}", false, "all(contains a contains ,5)"],
  [".*", false, "nothing"],
])("the expression %j needs its literals (without case: %j)", (pattern, caseless, wanted) => {
  expect(need("matches", pattern, caseless)).toBe(wanted);
});

test.each([
  ["*\\Cmd.exe", true, "ends \\cmd.exe"],
  ["C:*", false, "starts c:"],
  ["*a*b", false, "all(contains a ends b)"],
  ["a?b*c", false, "all(starts a contains b ends c)"],
  ["Abc", false, "equals Abc"],
  ["Abc", true, "equals abc"],
  ["*", false, "present"],
  ["*\ud801*", false, "present"],
])("the wildcard %j needs its pieces (without case: %j)", (pattern, caseless, wanted) => {
  expect(need("like", pattern, caseless)).toBe(wanted);
});

function contains(need: Need, folded: string): boolean {
  if (need.kind === "all") return need.needs.every((part) => contains(part, folded));
  if (need.kind === "any") return need.needs.some((part) => contains(part, folded));
  if (need.kind !== "contains") throw new Error("an expression needs literals");
  return need.literals.some((literal) => folded.includes(literal));
}

const LETTERS = "sSſkK\u212aiIİıßab";
const PIECES = [
  ...LETTERS,
  ..."sskkab",
  ".",
  "\\w",
  "[a-k]",
  "[]s]",
  "[^s]",
  "\\.",
  "(?i)",
  "|",
  "(",
  ")",
  "(?:",
];
const QUANTITIES = ["*", "+", "?", "{0}", "{2}", "{1,2}", "{0,}", "{,2}", "+?", "{2}?"];

test("a text in which an expression matches holds what it needs", () => {
  let known = 0;
  let matches = 0;
  for (let seed = 1; seed <= 3000; seed++) {
    const random = new Random(seed);
    const piece = () => random.pick(PIECES) + (random.chance(0.25) ? random.pick(QUANTITIES) : "");
    const pattern = Array.from({ length: 1 + random.below(6) }, piece).join("");
    const caseless = random.chance(0.5);
    const regex = compileRegex(pattern, caseless);
    const need = regexNeed(["a"], pattern, caseless);
    if (regex.error !== null || need === null) continue;
    known++;
    for (let i = 0; i < 12; i++) {
      const text = Array.from({ length: random.below(9) }, () => random.pick([...LETTERS])).join(
        "",
      );
      if (!regex.test(text)) continue;
      matches++;
      if (!contains(need, foldCase(text)))
        expect({ seed, pattern, caseless, text }).toBe("fulfilled");
    }
  }
  expect(known).toBeGreaterThan(500);
  expect(matches).toBeGreaterThan(500);
});
