/**
 * One change of what runs, from its plan to the switch: another set, or the same set with rules switched on or off.
 * Planned and prepared while events flow; applied by the loop between two batches.
 */

import type { RuleSetPlan } from "../../dsl/plan.ts";
import type { Engine, Preparation, ReloadPlan } from "../../engine/engine.ts";
import type { RuleData } from "../../engine/rule-data.ts";
import type { Clock } from "../../io/clock.ts";
import type { ControlDecision } from "../committer.ts";
import { dataOf, effectivePlan, type RunningSet, type UsableSet } from "./running-set.ts";
import type { RuleChoice } from "./set-package.ts";
import type { SourceSwitch, WantedSource } from "./source-switch.ts";
import type { RuleSwitch, SetOrigin } from "./stored-set.ts";
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
  /** The decision that is recorded, without the positions. */
  readonly decision: (made: MadeChange) => ControlDecision;
}

/** A change at the moment when it is made. */
export interface MadeChange {
  readonly before: RunningSet;
  readonly planned: PlannedChange;
  readonly warm: WarmProgress | null;
}

/** A change as it will be done, unless something else changes before. */
export interface PlannedChange {
  readonly wanted: Wanted;
  readonly plan: RuleSetPlan;
  readonly data: RuleData;
  readonly reload: ReloadPlan;
  readonly sources: readonly WantedSource[];
  readonly preparation: Preparation;
}

/** Work on a preparation that is done in one turn of the event loop. */
const SLICE_MS = 4;

/**
 * Plans a change. Throws RefusalError where streams are missing. The engine may go on meanwhile; a plan whose
 * `reload.current` is not the engine's plan any more has to be made anew.
 */
export async function planChange(
  change: RuleChange,
  parts: {
    readonly running: RunningSet;
    readonly engine: Engine;
    readonly sourceSwitch: SourceSwitch;
    readonly clock: Clock;
  },
): Promise<PlannedChange> {
  const { running, engine, sourceSwitch, clock } = parts;
  const wanted = change.wanted(running);
  const plan = effectivePlan(wanted.set.plan, wanted.switches);
  const sources = await sourceSwitch.prepare(plan);
  const older = wanted.set === running.set ? [] : [running.set];
  const data = dataOf(wanted.set, [...older, ...running.older.values()]);
  const reload = engine.planReload(plan, change.choices);
  const preparation = engine.prepare(data, reload);
  for (;;) {
    const endMs = clock.monotonicMs() + SLICE_MS;
    let more = true;
    while (more && clock.monotonicMs() < endMs) more = preparation.step();
    if (!more) break;
    await new Promise<void>((resolve) => clock.nextTurn(resolve));
  }
  return { wanted, plan, data, reload, sources, preparation };
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
