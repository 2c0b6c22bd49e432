/**
 * One change of what runs, from its plan to the switch: another set, or the same set with rules switched on or off.
 * Planned and prepared while events flow; applied by the loop between two batches.
 */

import type { RuleSetPlan } from "../../dsl/plan.ts";
import {
  type Engine,
  type Preparation,
  planReloadInSteps,
  type ReloadPlan,
} from "../../engine/engine.ts";
import type { RuleData } from "../../engine/rule-data.ts";
import type { Clock } from "../../io/clock.ts";
import type { ControlDecision } from "../committer.ts";
import { dataOf, effectivePlan, type RunningSet, type UsableSet } from "./running-set.ts";
import type { RuleChoice } from "./set-package.ts";
import type { SourceSwitch, WantedSource } from "./source-switch.ts";
import {
  type PackedBundle,
  packBundleAside,
  type RuleSwitch,
  type SetOrigin,
} from "./stored-set.ts";
import type { WarmProgress, WarmStart } from "./warm-start.ts";

/** What is to run. */
export interface Wanted {
  readonly set: UsableSet;
  readonly origin: SetOrigin;
  readonly switches: readonly RuleSwitch[];
}

export interface RuleChange {
  /** What is to run, seen from what runs at the moment of the switch. */
  readonly wanted: (running: RunningSet) => Wanted;
  readonly choices: ReadonlyMap<string, RuleChoice>;
  /** The state of the configured source that this takes over; null: it has nothing to do with it. */
  readonly sourceMark: string | null;
  /** The decision that will be recorded, without the positions. */
  readonly decision: (before: RunningSet, wanted: Wanted, reload: ReloadPlan) => Decide;
}

/** The decision at the moment of the switch. */
export type Decide = (warm: WarmProgress | null) => ControlDecision;

/** A change as it will be done, unless something else changes before. */
export interface PlannedChange {
  readonly wanted: Wanted;
  readonly plan: RuleSetPlan;
  readonly data: RuleData;
  readonly reload: ReloadPlan;
  readonly sources: readonly WantedSource[];
  readonly preparation: Preparation;
  readonly decide: Decide;
  /** The set's texts, to be stored, by full hash. */
  readonly bundles: ReadonlyMap<string, PackedBundle>;
}

/** Work that is done in one turn of the event loop: events are taken in between. */
const SLICE_MS = 4;

/**
 * Plans a change, and does beforehand whatever the switch would otherwise stop the flow for. Throws RefusalError where
 * streams are missing. The engine may go on meanwhile; where other rules run before the switch, the change has to be
 * planned anew.
 */
export async function planChange(
  change: RuleChange,
  parts: {
    /** What runs; asked again where it has changed meanwhile. */
    readonly running: () => RunningSet;
    readonly engine: Engine;
    readonly sourceSwitch: SourceSwitch;
    readonly clock: Clock;
  },
): Promise<PlannedChange> {
  const { engine, sourceSwitch, clock } = parts;
  const running = parts.running();
  const wanted = change.wanted(running);
  const plan = effectivePlan(wanted.set.plan, wanted.switches);
  const sources = await sourceSwitch.prepare(plan);
  const older = wanted.set === running.set ? [] : [running.set];
  const data = dataOf(wanted.set, [...older, ...running.older.values()]);
  const { set } = wanted;
  const packed = set === running.set ? null : await packBundleAside(set.bundle);
  const bundles = new Map(packed === null ? [] : [[set.fullHash, packed]]);
  const reload = await planInSlices(engine, plan, change.choices, clock);
  const decide = change.decision(running, wanted, reload);
  // The engine may have other rules by now.
  if (reload.current !== engine.plan) return planChange(change, parts);
  const preparation = engine.prepare(data, reload);
  await prepareInSlices(preparation, clock);
  return { wanted, plan, data, reload, sources, preparation, decide, bundles };
}

/** The verdicts on each rule, while events flow. */
export async function planInSlices(
  engine: Pick<Engine, "plan" | "draining">,
  plan: RuleSetPlan,
  choices: ReadonlyMap<string, RuleChoice>,
  clock: Clock,
): Promise<ReloadPlan> {
  const steps = planReloadInSteps(engine.plan, plan, choices, engine.draining());
  for (;;) {
    const endMs = clock.monotonicMs() + SLICE_MS;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (clock.monotonicMs() < endMs);
    await nextTurn(clock);
  }
}

async function prepareInSlices(preparation: Preparation, clock: Clock): Promise<void> {
  for (;;) {
    const endMs = clock.monotonicMs() + SLICE_MS;
    do if (!preparation.step()) return;
    while (clock.monotonicMs() < endMs);
    await nextTurn(clock);
  }
}

async function nextTurn(clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => clock.nextTurn(resolve));
}

/** The rules that are built from history, and how much of it; null: none. `warmNew`: new rules, too. */
export function historyOf(
  reload: ReloadPlan,
  warmNew: boolean,
): { readonly rules: readonly string[]; readonly historyMs: number } | null {
  const rules = reload.rules.filter(
    ({ verdict, historyMs }) =>
      historyMs !== null &&
      historyMs > 0 &&
      (verdict === "replay" || (warmNew && verdict === "new")),
  );
  if (rules.length === 0) return null;
  return {
    rules: rules.map(({ rule }) => rule),
    historyMs: Math.max(...rules.map(({ historyMs }) => historyMs ?? 0)),
  };
}

/** Of the rules that were built from history those that the switch still takes. */
export function adoptable(reload: ReloadPlan, warm: WarmStart): readonly string[] {
  return reload.rules
    .filter(({ verdict }) => verdict === "new" || verdict === "replay")
    .map(({ rule }) => rule)
    .filter((rule) => warm.rules.includes(rule));
}
