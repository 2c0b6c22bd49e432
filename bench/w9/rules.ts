/** The fifty rules of W9, by file. */

import { assert } from "../../base/assert.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { ruleText } from "../package-folder.ts";

const FILES = ["absence", "others", "pairs", "repeated", "streams", "triples", "windows"];

/** Files of one rule set, by name. */
export function w9Rules(): readonly { readonly file: string; readonly text: string }[] {
  return FILES.map((name) => ({ file: `${name}.seq`, text: ruleText(`w9/${name}.seq`) }));
}

export function planOfW9(): RuleSetPlan {
  const { plan } = compileRules(w9Rules());
  assert(plan !== null, "the rules of W9 have no errors");
  return plan;
}
