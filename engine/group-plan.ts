/**
 * Which rules stand together in an order group: those that read the same streams, directly or through the alerts of
 * other rules (D-2), with hidden copies of the rules below that stand elsewhere.
 */

import { compareText } from "../base/value.ts";
import type { RulePlan, RuleSetPlan } from "../dsl/plan.ts";

export interface GroupPlan {
  /** In the order of their places. */
  readonly streams: readonly string[];
  /** In ascending order of names (T-5). */
  readonly rules: readonly { readonly rule: RulePlan; readonly hidden: boolean }[];
}

/** The groups of the rules that run, in the order of each one's first rule. */
export function planGroups(plan: RuleSetPlan): readonly GroupPlan[] {
  const running = new Map(
    plan.rules.flatMap((rule) => (rule.mode === "off" ? [] : [[rule.name, rule] as const])),
  );
  const groups = new Map<string, { streams: readonly string[]; rules: RulePlan[] }>();
  for (const rule of running.values()) {
    const behind = allBehind(rule, running);
    const streams = plan.streams.map(({ name }) => name).filter((name) => behind.has(name));
    const name = streams.join("\n");
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { streams, rules: [rule] });
    else group.rules.push(rule);
  }
  return [...groups.values()].map(({ streams, rules }) => ({
    streams,
    rules: withHidden(rules, running),
  }));
}

/** Names of all streams and rules that a rule reads, directly or through other rules. */
function allBehind(rule: RulePlan, running: ReadonlyMap<string, RulePlan>): ReadonlySet<string> {
  const found = new Set(rule.streams);
  // A set is gone through in the order of its making, with what is added on the way.
  for (const name of found) for (const more of running.get(name)?.streams ?? []) found.add(more);
  return found;
}

function withHidden(
  rules: readonly RulePlan[],
  running: ReadonlyMap<string, RulePlan>,
): GroupPlan["rules"] {
  const names = new Set(rules.map(({ name }) => name));
  const below = new Set(rules.flatMap((rule) => [...allBehind(rule, running)]));
  const hidden = [...below].flatMap((name) => {
    const rule = names.has(name) ? undefined : running.get(name);
    return rule === undefined ? [] : [{ rule, hidden: true }];
  });
  const all = [...rules.map((rule) => ({ rule, hidden: false })), ...hidden];
  return all.sort((a, b) => compareText(a.rule.name, b.rule.name));
}

/** The rules so that each comes after those whose alerts it reads; otherwise by name. */
export function inChainOrder(rules: readonly RulePlan[]): readonly RulePlan[] {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const ordered = new Set<RulePlan>();
  const pending = [...rules].reverse();
  for (let rule = pending.at(-1); rule !== undefined; rule = pending.at(-1)) {
    const missing = rule.streams.flatMap((name) => {
      const below = byName.get(name);
      return below === undefined || ordered.has(below) ? [] : [below];
    });
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    ordered.add(rule);
    pending.pop();
  }
  return [...ordered];
}
