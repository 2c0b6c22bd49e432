/** The control records of a change of the rule set: what another engine needs to make the same change. */

import { isDeepStrictEqual } from "node:util";
import type { Value } from "../../base/value.ts";
import type { ControlDecision } from "../committer.ts";
import { originJson, verdictsJson } from "./reload-report.ts";
import type { MadeChange } from "./rule-change.ts";
import type { UsableSet } from "./running-set.ts";
import type { WarmProgress } from "./warm-start.ts";

/** `activate`; `data` where the rule files are the same. */
export function setDecision({ before, planned, warm }: MadeChange): ControlDecision {
  const { set, origin } = planned.wanted;
  const { hash, fullHash, revision } = set;
  const common = { set: hash, full: fullHash, revision, origin: originJson(origin) };
  const { rules, ended } = planned.reload;
  const sameRules =
    isDeepStrictEqual(set.bundle.files, before.set.bundle.files) &&
    rules.every(({ verdict }) => verdict === "same");
  if (sameRules)
    return { kind: "data", body: { ...common, changed: changedData(before.set, set) } };
  return {
    kind: "activate",
    body: {
      ...common,
      verdicts: verdictsJson(rules),
      same: rules.filter(({ verdict }) => verdict === "same").length,
      ended: ended.map(({ rule, version, reason }) => ({ rule, version, reason })),
      history: warm === null ? null : historyJson(warm),
    },
  };
}

/** Names of lists and tables that hold something else, in the order of their contents. */
function changedData(before: UsableSet, after: UsableSet): string[] {
  return [...after.contents]
    .filter(([name, content]) => !isDeepStrictEqual(before.contents.get(name), content))
    .map(([name]) => name);
}

/** From where on the rules were built; it ends at the positions of the decision. */
function historyJson({ rules, from, messages }: WarmProgress): Value {
  const begins = from.map(([name, seq]): [string, Value] => [name, seq]);
  return { rules: [...rules], from: Object.fromEntries(begins), messages };
}
