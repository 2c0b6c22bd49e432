/**
 * The rule set that runs, and what the store is to hold of it. Immutable: a switch makes the next one.
 *
 * The engine's plan is the set's with some rules switched off (`switches`); a rule's version stays with that.
 */

import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import type { DrainingVersion, RuleVerdict } from "../../engine/engine.ts";
import { type DataContent, RuleData } from "../../engine/rule-data.ts";
import type { RuleBundle } from "../../rules/rule-bundle.ts";
import type { Store } from "../../state/store.ts";
import type { RuleLimits } from "../rule-folder.ts";
import { type CheckedSet, checkSet } from "./set-check.ts";
import {
  HISTORY_MAX,
  type Positions,
  type RuleSwitch,
  readStoredBundle,
  type SetOrigin,
  type StoredSet,
} from "./stored-set.ts";

/** A set that compiles. */
export interface UsableSet {
  readonly bundle: RuleBundle;
  readonly hash: string;
  readonly fullHash: string;
  readonly revision: string;
  /** Every rule in the mode that its author gave it. */
  readonly plan: RuleSetPlan;
  readonly contents: ReadonlyMap<string, DataContent>;
  /** Identity of each content, by name. */
  readonly digests: ReadonlyMap<string, string>;
}

export interface RunningSet {
  readonly set: UsableSet;
  /** Sets that draining versions come from, by full hash. */
  readonly older: ReadonlyMap<string, UsableSet>;
  readonly stored: StoredSet;
}

export function usable(checked: CheckedSet): UsableSet | null {
  const { plan, bundle, hash, fullHash, revision, contents, digests } = checked;
  return plan === null ? null : { plan, bundle, hash, fullHash, revision, contents, digests };
}

/** The plan that the engine gets. */
export function effectivePlan(plan: RuleSetPlan, switches: readonly RuleSwitch[]): RuleSetPlan {
  if (switches.length === 0) return plan;
  const off = new Set(switches.map(({ rule }) => rule));
  return {
    ...plan,
    rules: plan.rules.map(
      (rule): RulePlan => (off.has(rule.name) ? { ...rule, mode: "off" } : rule),
    ),
  };
}

/** The set's lists and tables, with those that only draining versions look into. */
export function dataOf(set: UsableSet, older: Iterable<UsableSet>): RuleData {
  let { lists, tables } = set.plan;
  const contents = new Map(set.contents);
  const known = new Set([...lists, ...tables].map(({ name }) => name));
  for (const one of older) {
    const isMissing = ({ name }: { readonly name: string }): boolean => !known.has(name);
    lists = [...lists, ...one.plan.lists.filter(isMissing)];
    tables = [...tables, ...one.plan.tables.filter(isMissing)];
    for (const [name, content] of one.contents) if (!known.has(name)) contents.set(name, content);
    for (const { name } of [...one.plan.lists, ...one.plan.tables]) known.add(name);
  }
  return new RuleData({ ...set.plan, lists, tables }, contents);
}

/**
 * The set that runs first in a state folder, or where nothing else can go on. Of a stored set that cannot, what operators
 * have switched holds, and its past.
 */
export function firstSet(
  set: UsableSet,
  origin: SetOrigin,
  nowMs: number,
  before: StoredSet | null = null,
): RunningSet {
  const { hash, fullHash, revision, plan } = set;
  const past = before === null ? [] : [before.active, ...before.history];
  const stored: StoredSet = {
    active: { hash, fullHash, revision, origin, activatedMs: nowMs, positions: [] },
    history: past.filter((one) => one.hash !== hash).slice(0, HISTORY_MAX),
    sourceMark: origin.mark,
    rules: plan.rules.map(({ name, version }) => ({ rule: name, version, since: [] })),
    switches: heldSwitches(before?.switches ?? [], plan),
    draining: [],
  };
  return { set, older: new Map(), stored };
}

function heldSwitches(
  switches: readonly RuleSwitch[],
  { rules }: RuleSetPlan,
): readonly RuleSwitch[] {
  return switches.filter(({ rule }) => rules.some(({ name }) => name === rule));
}

/**
 * The set that the store holds, compiled; null where this version of the program takes its texts no more. `compiled`: a
 * set that is compiled already, and need not be again if it is this one.
 */
export function restoredSet(
  store: Pick<Store, "get">,
  stored: StoredSet,
  limits: RuleLimits,
  compiled: UsableSet | null = null,
): RunningSet | null {
  const load = (fullHash: string): UsableSet | null => {
    if (compiled?.fullHash === fullHash) return compiled;
    const bundle = readStoredBundle(store, fullHash);
    const input = { kind: "bundle", bundle: bundle ?? NOTHING } as const;
    return usable(checkSet({ input, limits, runTests: false, todayMs: 0 }));
  };
  const set = load(stored.active.fullHash);
  if (set === null) return null;
  const older = new Map<string, UsableSet>();
  for (const { set: hash } of stored.draining) {
    const old = hash === stored.active.fullHash || older.has(hash) ? null : load(hash);
    // Without its text a version that drains is dropped, and told by the engine.
    if (old !== null) older.set(hash, old);
  }
  return { set, older, stored };
}

const NOTHING: RuleBundle = { files: [], data: [], buckets: [] };

/** Plans of the versions that drain, for an engine that goes on from the store. */
export function drainingPlans({ set, older, stored }: RunningSet): readonly RulePlan[] {
  return stored.draining.flatMap(({ rule, version, set: hash }) => {
    const from = hash === stored.active.fullHash ? set : older.get(hash);
    const found = from?.plan.rules.find((one) => one.name === rule && one.version === version);
    return found === undefined ? [] : [found];
  });
}

export interface Switch {
  readonly set: UsableSet;
  readonly origin: SetOrigin;
  readonly switches: readonly RuleSwitch[];
  readonly verdicts: readonly RuleVerdict[];
  readonly positions: Positions;
  readonly nowMs: number;
}

/** What runs after a switch; `draining` as the engine tells after it. */
export function nextSet(
  before: RunningSet,
  next: Switch,
  draining: readonly DrainingVersion[],
): RunningSet {
  const { set, origin, switches, positions, nowMs } = next;
  const { hash, fullHash, revision } = set;
  const { active } = before.stored;
  const since = new Map(
    before.stored.rules.map((one) => [`${one.rule}\n${one.version}`, one.since]),
  );
  const renamed = new Map(next.verdicts.map(({ rule, was }) => [rule, was]));
  const rules = set.plan.rules.map(({ name, version }) => {
    const known =
      since.get(`${name}\n${version}`) ?? since.get(`${renamed.get(name) ?? name}\n${version}`);
    return { rule: name, version, since: known ?? positions };
  });
  // Other lists and tables under the same texts are the same set still: going back leads to other texts.
  const isNew = hash !== active.hash;
  const history = isNew ? [active, ...before.stored.history] : before.stored.history;
  const author = origin.kind === "bucket" ? active.origin : origin;
  const stored: StoredSet = {
    active: isNew
      ? { hash, fullHash, revision, origin, activatedMs: nowMs, positions }
      : { ...active, fullHash, revision, origin: author },
    history: history.filter((one) => one.hash !== hash).slice(0, HISTORY_MAX),
    sourceMark: before.stored.sourceMark,
    rules,
    switches: heldSwitches(switches, set.plan),
    draining: [],
  };
  return withDraining({ ...before, set, stored }, before, draining);
}

/** The same set; of the versions that drain only these are left. */
export function withDraining(
  after: RunningSet,
  before: RunningSet,
  draining: readonly DrainingVersion[],
): RunningSet {
  const known = new Map(
    before.stored.draining.map((one) => [`${one.rule}\n${one.version}`, one.set]),
  );
  const list = draining.map(({ plan: { name, version } }) => ({
    rule: name,
    version,
    set: known.get(`${name}\n${version}`) ?? before.set.fullHash,
  }));
  const older = new Map<string, UsableSet>();
  for (const { set } of list) {
    const found = set === before.set.fullHash ? before.set : before.older.get(set);
    if (found !== undefined && set !== after.set.fullHash) older.set(set, found);
  }
  return { ...after, older, stored: { ...after.stored, draining: list } };
}
