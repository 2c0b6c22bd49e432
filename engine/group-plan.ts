/**
 * Which rules stand together in an order group: those that read the same streams, directly or through the alerts of
 * other rules (D-2), with hidden copies of the rules below that stand elsewhere. A version that drains stays in the
 * group in which it began.
 */

import { compareText } from "../base/value.ts";
import type { RulePlan, RuleSetPlan } from "../dsl/plan.ts";

/** A version of a rule that only finishes what it began. */
export interface Draining {
  readonly rule: RulePlan;
  /** The rule's name today: under it, its alerts are events of other rules. */
  readonly line: string;
  /** Is it one of the hidden copies? */
  readonly hidden: boolean;
  /** Names of the streams of its group, sorted as texts. */
  readonly streams: readonly string[];
}

export interface GroupMember<D extends Draining> {
  readonly rule: RulePlan;
  readonly hidden: boolean;
  /** Null: the version in force. */
  readonly draining: D | null;
}

export interface GroupPlan<D extends Draining> {
  /** Sorted as texts. */
  readonly streams: readonly string[];
  /**
   * Each after those whose alerts it reads, otherwise in ascending order of names (T-5); of one rule those that drain
   * first, as they are given.
   */
  readonly members: readonly GroupMember<D>[];
}

interface Growing<D extends Draining> {
  readonly streams: readonly string[];
  readonly rules: RulePlan[];
  readonly draining: D[];
}

type Running = ReadonlyMap<string, RulePlan>;

/** The groups of the rules that run, in the order of each one's first rule. */
export function planGroups<D extends Draining>(
  plan: RuleSetPlan,
  draining: readonly D[] = [],
): readonly GroupPlan<D>[] {
  const running = runningRules(plan);
  const groups = new Map<string, Growing<D>>();
  const groupOf = (streams: readonly string[]): Growing<D> => {
    const name = streams.join("\n");
    const known = groups.get(name);
    if (known !== undefined) return known;
    const group = { streams, rules: [], draining: [] };
    groups.set(name, group);
    return group;
  };
  for (const rule of running.values()) groupOf(streamsBehind(rule, plan, running)).rules.push(rule);
  for (const one of draining) groupOf(one.streams).draining.push(one);
  return [...groups.values()].map((group) => ({
    streams: group.streams,
    members: membersOf(group, plan, running),
  }));
}

/** The rules that are not off, by name. */
export function runningRules({ rules }: RuleSetPlan): Running {
  return new Map(
    rules.flatMap((rule) => (rule.mode === "off" ? [] : [[rule.name, rule] as const])),
  );
}

/** The streams that a rule reads, directly or through other rules; sorted as texts. */
export function streamsBehind(
  rule: RulePlan,
  { streams }: RuleSetPlan,
  running: Running,
): readonly string[] {
  const behind = allBehind(rule, running);
  return streams
    .map(({ name }) => name)
    .filter((name) => behind.has(name))
    .sort(compareText);
}

/** Names of all streams and rules that a rule reads, directly or through other rules. */
function allBehind(rule: RulePlan, running: Running): ReadonlySet<string> {
  const found = new Set(rule.streams);
  // A set is gone through in the order of its making, with what is added on the way.
  for (const name of found) for (const more of running.get(name)?.streams ?? []) found.add(more);
  return found;
}

function membersOf<D extends Draining>(
  { streams, rules, draining }: Growing<D>,
  plan: RuleSetPlan,
  running: Running,
): readonly GroupMember<D>[] {
  const names = new Set(rules.map(({ name }) => name));
  const readers = [...rules, ...draining.map(({ rule }) => rule)];
  const below = new Set(readers.flatMap((rule) => [...allBehind(rule, running)]));
  const hidden = [...below].flatMap((name) => {
    const rule = names.has(name) ? undefined : running.get(name);
    if (rule === undefined) return [];
    // What an old version reads may have come to read more than the group has.
    const fits = streamsBehind(rule, plan, running).every((stream) => streams.includes(stream));
    return fits ? [{ rule, hidden: true, draining: null }] : [];
  });
  const members: GroupMember<D>[] = [
    ...draining.map((one) => ({ rule: one.rule, hidden: one.hidden, draining: one })),
    ...rules.map((rule) => ({ rule, hidden: false, draining: null })),
    ...hidden,
  ];
  members.sort((a, b) => compareText(a.rule.name, b.rule.name));
  return belowFirst(members, ({ rule, draining }) => ({
    name: draining?.line ?? rule.name,
    streams: rule.streams,
  }));
}

/** The rules so that each comes after those whose alerts it reads; otherwise as they are given, which is by name. */
export function inChainOrder(rules: readonly RulePlan[]): readonly RulePlan[] {
  return belowFirst(rules, (rule) => rule);
}

/** What stands in a chain: the name of its alerts, and what it reads. */
interface ChainPart {
  readonly name: string;
  readonly streams: readonly string[];
}

/**
 * Each after those that it reads, otherwise as they are given. Only an old version may read what reads its own rule
 * today: there the one that was come to first goes last.
 */
function belowFirst<T>(items: readonly T[], partOf: (item: T) => ChainPart): readonly T[] {
  const byName = new Map<string, T[]>();
  for (const item of items) {
    const { name } = partOf(item);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [item]);
    else known.push(item);
  }
  const ordered = new Set<T>();
  const entered = new Set<T>();
  const pending = [...items].reverse();
  for (let item = pending.at(-1); item !== undefined; item = pending.at(-1)) {
    const below = entered.has(item)
      ? []
      : partOf(item).streams.flatMap((name) => byName.get(name) ?? []);
    entered.add(item);
    const missing = below.filter((one) => !entered.has(one));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    ordered.add(item);
    pending.pop();
  }
  return [...ordered];
}
