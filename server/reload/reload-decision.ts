/** The control records of a change of the rule set: what another engine needs to make the same change. */

import type { Value } from "../../base/value.ts";
import type { ControlDecision } from "../committer.ts";
import { originJson, verdictsJson } from "./reload-report.ts";
import type { Decide, RuleChange } from "./rule-change.ts";
import type { UsableSet } from "./running-set.ts";
import type { WarmProgress } from "./warm-start.ts";

/** `activate`; `data` where the rule files are the same. Compared here, before the flow has to stop. */
export const setDecision: RuleChange["decision"] = (before, { set, origin }, reload): Decide => {
  const { hash, fullHash, revision } = set;
  const common = { set: hash, full: fullHash, revision, origin: originJson(origin) };
  const { rules, ended } = reload;
  if (sameFiles(before.set, set) && rules.every(({ verdict }) => verdict === "same")) {
    const decision: ControlDecision = {
      kind: "data",
      body: { ...common, changed: changedData(before.set, set) },
    };
    return () => decision;
  }
  const body = {
    ...common,
    verdicts: verdictsJson(rules),
    same: rules.filter(({ verdict }) => verdict === "same").length,
    ended: ended.map(({ rule, version, reason }) => ({ rule, version, reason })),
  };
  return (warm) => ({
    kind: "activate",
    body: { ...body, history: warm === null ? null : historyJson(warm) },
  });
};

function sameFiles(
  { bundle: { files: a } }: UsableSet,
  { bundle: { files: b } }: UsableSet,
): boolean {
  return (
    a.length === b.length &&
    a.every(({ file, text }, i) => file === b[i]?.file && text === b[i]?.text)
  );
}

/** Names of lists and tables that hold something else, in the order of their contents. */
function changedData(before: UsableSet, after: UsableSet): string[] {
  return [...after.digests]
    .filter(([name, digest]) => before.digests.get(name) !== digest)
    .map(([name]) => name);
}

/** From where on the rules were built; it ends at the positions of the decision. */
function historyJson({ rules, from, messages }: WarmProgress): Value {
  const begins = from.map(([name, seq]): [string, Value] => [name, seq]);
  return { rules: [...rules], from: Object.fromEntries(begins), messages };
}
