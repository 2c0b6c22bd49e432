/**
 * The tests of texts: `like matches contains starts ends`, each also without case. Unknown unless both sides are
 * texts; on the right a list means any of its items, judged as by `or`: one that is no text is unknown.
 */

import { unreachable } from "../../base/assert.ts";
import type { Tri, Value } from "../../base/value.ts";
import type { TextTest } from "../../dsl/expr.ts";
import { compileRegex, REGEX_INPUT_LIMIT } from "../../dsl/regex.ts";
import { foldCase } from "./case-folding.ts";
import { junction } from "./logic.ts";
import { Memo } from "./memo.ts";
import { matchesWildcard, parseWildcard, type Wildcard } from "./wildcard.ts";

/** Does a regular expression match somewhere in a text? Unknown where it does not in what is looked at of a longer one. */
export type Matcher = (text: string) => Tri;

const MEMO_LIMIT = 1_000;
const regexes = new Memo((pattern) => regexMatcher(pattern, false), MEMO_LIMIT);
const caselessRegexes = new Memo((pattern) => regexMatcher(pattern, true), MEMO_LIMIT);
const wildcards = new Memo<Wildcard>(parseWildcard, MEMO_LIMIT);

/**
 * What is tested: the text itself, or without case its folding. Regular expressions fold for themselves, for in
 * `\W` and `[A-Z]` the case of the pattern is no case of a text.
 */
export function subject(test: TextTest, caseless: boolean, text: string): string {
  return caseless && test !== "matches" ? foldCase(text) : text;
}

/** The wildcard of `like`, folded without case. */
export function wildcardOf(pattern: string, caseless: boolean): Wildcard {
  return wildcards.get(caseless ? foldCase(pattern) : pattern);
}

/** The expression of `matches`; null where the pattern is none, which the checker refuses for constants. */
export function regexOf(pattern: string, caseless: boolean): Matcher | null {
  return (caseless ? caselessRegexes : regexes).get(pattern);
}

function regexMatcher(pattern: string, caseless: boolean): Matcher | null {
  const regex = compileRegex(pattern, caseless);
  if (regex.error !== null) return null;
  return (text) => {
    if (text.length <= REGEX_INPUT_LIMIT) return regex.test(text);
    return regex.test(text.slice(0, REGEX_INPUT_LIMIT)) ? true : null;
  };
}

/** The meaning of `left TEST right`. */
export function testText(test: TextTest, caseless: boolean, left: Value, right: Value): Tri {
  if (!Array.isArray(right)) return testOne(test, caseless, left, right);
  return junction(true, right as readonly Value[], (item) => testOne(test, caseless, left, item));
}

function testOne(test: TextTest, caseless: boolean, left: Value, right: Value): Tri {
  if (typeof left !== "string" || typeof right !== "string") return null;
  const text = subject(test, caseless, left);
  switch (test) {
    case "like":
      return matchesWildcard(wildcardOf(right, caseless), text);
    case "matches":
      return regexOf(right, caseless)?.(text) ?? null;
    case "contains":
      return text.includes(subject(test, caseless, right));
    case "starts with":
      return text.startsWith(subject(test, caseless, right));
    case "ends with":
      return text.endsWith(subject(test, caseless, right));
    default:
      return unreachable(test);
  }
}
