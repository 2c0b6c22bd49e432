/** Puts an engine together from a plan: a lane for each stream, a group for each set of streams, a runner for each rule. */

import type { RulePlan, RuleSetPlan } from "../dsl/plan.ts";
import { accessAtoms } from "../nfa/access.ts";
import { FeedRegistry } from "./feed-registry.ts";
import { HoldLog } from "./hold-log.ts";
import { OrderGroup } from "./order-group.ts";
import { RuleIndex } from "./rule-index.ts";
import { RuleRunner, type RunnerSettings } from "./rule-runner.ts";
import { StreamLane } from "./stream-lane.ts";

/** What an engine consists of; shared with the checkpoint. */
export interface EngineParts {
  readonly plan: RuleSetPlan;
  /** By the stream's place. */
  readonly lanes: readonly (StreamLane | undefined)[];
  readonly groups: readonly OrderGroup[];
  readonly feeds: FeedRegistry;
  readonly holds: HoldLog;
}

interface AssemblySettings extends RunnerSettings {
  readonly index: boolean;
}

export function assemble(plan: RuleSetPlan, settings: AssemblySettings): EngineParts {
  const { limits, outputs, recordChanges, codegen } = settings;
  const lanes: (StreamLane | undefined)[] = [];
  for (const stream of plan.streams) {
    lanes[stream.place] = new StreamLane(stream, limits, outputs, recordChanges, { codegen });
  }
  const holds = new HoldLog(recordChanges);
  const groups = rulesByStreams(plan).map(({ streams, rules }) => {
    const read = lanes.filter((lane) => lane !== undefined && streams.includes(lane.plan.name));
    const delayMs = Math.max(0, ...read.map((lane) => lane?.plan.delayMs ?? 0));
    const group = new OrderGroup(streams, delayMs, holds);
    const runners = rules.map((rule, position) => new RuleRunner(rule, position, group, settings));
    group.setRules(runners, indexesOf(lanes, streams, runners, settings));
    for (const lane of read) lane?.groups.push(group);
    return group;
  });
  return { plan, lanes, groups, feeds: new FeedRegistry(), holds };
}

/** Rules that run, by the streams that they read, in the order of each set's first rule. */
function rulesByStreams(
  plan: RuleSetPlan,
): readonly { readonly streams: readonly string[]; readonly rules: readonly RulePlan[] }[] {
  const sets = new Map<string, { streams: readonly string[]; rules: RulePlan[] }>();
  for (const rule of plan.rules) {
    if (rule.mode === "off") continue;
    const name = rule.streams.join("\n");
    const set = sets.get(name);
    if (set === undefined) sets.set(name, { streams: rule.streams, rules: [rule] });
    else set.rules.push(rule);
  }
  return [...sets.values()];
}

function indexesOf(
  lanes: readonly (StreamLane | undefined)[],
  streams: readonly string[],
  runners: readonly RuleRunner[],
  settings: AssemblySettings,
): readonly (RuleIndex | undefined)[] {
  return lanes.map((lane) => {
    if (lane === undefined || !streams.includes(lane.plan.name)) return undefined;
    const { name } = lane.plan;
    return new RuleIndex(
      runners.map((runner) => ({
        runner,
        access: settings.index ? accessAtoms(runner.rule.body, name) : null,
      })),
      { codegen: settings.codegen },
    );
  });
}
