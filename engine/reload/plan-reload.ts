/**
 * The verdict on each rule before a reload takes place: what happens to its partial matches, and why. The compiler
 * decides what is safe from the plans alone; a stronger verdict can be chosen. See docs/RELOAD.md for the table.
 */

import { compareText } from "../../base/value.ts";
import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import { historyMs } from "./history.ts";
import { type Change, changeOf, RunningSet, type Sets, whyNotDrain } from "./rule-change.ts";
import type { Choice, DrainingVersion, ReloadPlan, RuleVerdict, Verdict } from "./verdict.ts";

/** Of one that is chosen, how far it goes. */
const STRENGTH = { same: 0, keep: 0, drain: 1, reset: 2, replay: 3 } as const;

/** `choices`: by the rule's name in the next set. `draining`: versions that have not finished what they began. */
export function planReload(
  current: RuleSetPlan,
  next: RuleSetPlan,
  choices: ReadonlyMap<string, Choice>,
  draining: readonly DrainingVersion[] = [],
): ReloadPlan {
  const steps = planReloadInSteps(current, next, choices, draining);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, one rule after the other, so that events can be taken in between. */
export function* planReloadInSteps(
  current: RuleSetPlan,
  next: RuleSetPlan,
  choices: ReadonlyMap<string, Choice>,
  draining: readonly DrainingVersion[],
): Generator<undefined, ReloadPlan> {
  const sets = { current: new RunningSet(current), next: new RunningSet(next) };
  const before = sets.current.running;
  const after = sets.next.running;
  const renames = renamesOf(before, after);
  const resting = new Set(
    current.rules.flatMap(({ name, mode }) => (mode === "off" ? [name] : [])),
  );
  const names = new Set(next.rules.map(({ name }) => name));
  const former = new Map([...renames].map(([was, name]) => [name, was]));
  const rules: RuleVerdict[] = [];
  const refused: ReloadPlan["refused"][number][] = [];
  for (const rule of next.rules) {
    const old = before.get(former.get(rule.name) ?? "");
    yield;
    if (rule.mode === "off") {
      rules.push(restingVerdict(rule, before.get(rule.name)));
      continue;
    }
    const choice = choices.get(rule.name) ?? null;
    const safe =
      old === undefined
        ? newcomer(resting.has(rule.name))
        : changeOf(old, rule, { ...sets, renames });
    const why = choice === null ? null : whyRefused(choice, safe);
    if (choice !== null && why !== null) refused.push({ rule: rule.name, choice, reason: why });
    const chosen = why === null ? choice : null;
    rules.push(verdictOf(rule, old ?? null, safe, chosen, after));
  }
  for (const old of before.values()) {
    if (renames.has(old.name) || names.has(old.name)) continue;
    rules.push(removedVerdict(old));
    const choice = choices.get(old.name) ?? null;
    if (choice === null || choice === "reset") continue;
    refused.push({ rule: old.name, choice, reason: "the rule is gone, and nothing of it goes on" });
  }
  rules.sort((a, b) => compareText(a.rule, b.rule));
  return { current, next, rules, refused, ended: endedBy(rules, draining, { ...sets, renames }) };
}

/** A rule that is in both sets under one name goes on; else one that `was` it does, the first by name. */
function renamesOf(
  before: ReadonlyMap<string, RulePlan>,
  after: ReadonlyMap<string, RulePlan>,
): ReadonlyMap<string, string> {
  const renames = new Map<string, string>();
  for (const name of after.keys()) if (before.has(name)) renames.set(name, name);
  for (const { name, was } of after.values()) {
    if (was === null || renames.has(was) || renames.has(name) || !before.has(was)) continue;
    if (!after.has(was)) renames.set(was, name);
  }
  return renames;
}

type Safe = Change | { readonly verdict: "new"; readonly reasons: readonly string[] };

function newcomer(wasOff: boolean): Safe {
  return { verdict: "new", reasons: [wasOff ? "it was off" : "there was no such rule"] };
}

/** Why a choice is refused; null: it is not. */
function whyRefused(choice: Choice, safe: Safe): string | null {
  if (safe.verdict === "new") return null;
  if (STRENGTH[choice] < STRENGTH[safe.verdict])
    return `it is not safe to ${choice}: ${safe.reasons.join("; ")}`;
  return choice === "drain" ? safe.undrainable() : null;
}

function verdictOf(
  rule: RulePlan,
  old: RulePlan | null,
  safe: Safe,
  chosen: Choice | null,
  after: ReadonlyMap<string, RulePlan>,
): RuleVerdict {
  let verdict: Verdict = safe.verdict;
  if (safe.verdict === "new") verdict = chosen === "replay" ? "replay" : "new";
  else if (chosen !== null && STRENGTH[chosen] > STRENGTH[safe.verdict]) verdict = chosen;
  const reasons = verdict === safe.verdict ? safe.reasons : [`\`${verdict}\` was chosen`];
  return {
    rule: rule.name,
    was: old === null || old.name === rule.name ? null : old.name,
    before: old?.version ?? null,
    after: rule.version,
    verdict,
    reasons,
    historyMs: verdict === "new" || verdict === "replay" ? historyMs(rule, after) : null,
  };
}

/** Of a rule that is off in the next set, and that no other name follows. */
function restingVerdict(rule: RulePlan, old: RulePlan | undefined): RuleVerdict {
  if (old !== undefined) return { ...removedVerdict(old), reasons: ["it is off"] };
  return {
    rule: rule.name,
    was: null,
    before: null,
    after: null,
    verdict: "same",
    reasons: [],
    historyMs: null,
  };
}

function removedVerdict({ name, version }: RulePlan): RuleVerdict {
  return {
    rule: name,
    was: null,
    before: version,
    after: null,
    verdict: "removed",
    reasons: ["there is no such rule any more"],
    historyMs: null,
  };
}

/** Which of the versions that drain cannot go on. */
function endedBy(
  rules: readonly RuleVerdict[],
  draining: readonly DrainingVersion[],
  sets: Sets,
): ReloadPlan["ended"] {
  const verdicts = new Map(rules.map((rule) => [rule.was ?? rule.rule, rule]));
  return draining.flatMap(({ plan, rule, version, streams }) => {
    const verdict = verdicts.get(rule)?.verdict;
    const reason =
      verdict === undefined || verdict === "removed"
        ? "the rule runs no more"
        : verdict === "reset" || verdict === "replay" || verdict === "new"
          ? `the rule's verdict is \`${verdict}\``
          : whyNotDrain(plan, streams, sets);
    return reason === null ? [] : [{ rule, version, reason }];
  });
}
