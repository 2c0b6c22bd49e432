/** Which matcher serves which rule. */

import type { RulePlan } from "../dsl/plan.ts";
import { createExpectMatcher } from "./expect/matcher.ts";
import { createMatcher as createExplicitMatcher } from "./explicit/matcher.ts";
import type { Matcher, MatcherHost, MatcherOptions } from "./matcher.ts";
import { createWindowMatcher } from "./window/matcher.ts";

/** The matcher of a rule, by its body. */
export function createMatcher(rule: RulePlan, host: MatcherHost, options: MatcherOptions): Matcher {
  switch (rule.body.kind) {
    case "match":
      return createExplicitMatcher(rule, host, options);
    case "window":
      return createWindowMatcher(rule, host, options);
    case "expect":
      return createExpectMatcher(rule, host, options);
  }
}
