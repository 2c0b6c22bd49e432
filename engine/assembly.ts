/** Puts an engine together from a plan: a lane for each stream, a group for each set of streams, a runner for each rule. */

import type { RuleSetPlan, StreamPlan } from "../dsl/plan.ts";
import { accessAtoms } from "../nfa/access.ts";
import { AccessPopularity } from "./access-popularity.ts";
import { AlertChain, alertStream } from "./alert-chain.ts";
import { FeedRegistry } from "./feed-registry.ts";
import { inChainOrder, planGroups } from "./group-plan.ts";
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
  /** What the alerts of rules are as streams; the names are the rules'. */
  readonly alertStreams: readonly StreamPlan[];
}

interface AssemblySettings extends Omit<RunnerSettings, "hidden" | "chain"> {
  readonly index: boolean;
}

export function assemble(plan: RuleSetPlan, settings: AssemblySettings): EngineParts {
  const { limits, outputs, recordChanges, codegen } = settings;
  const lanes: (StreamLane | undefined)[] = [];
  for (const stream of plan.streams) {
    lanes[stream.place] = new StreamLane(stream, limits, outputs, recordChanges, { codegen });
  }
  const holds = new HoldLog(recordChanges);
  const feeds = new FeedRegistry();
  const alertStreams = inChainOrder(plan.rules).map((rule, rank) =>
    alertStream(rule, plan.streams.length + rank),
  );
  const popularity = new AccessPopularity(plan);
  const groups = planGroups(plan).map(({ streams, rules }) => {
    const read = lanes.filter((lane) => lane !== undefined && streams.includes(lane.plan.name));
    const delayMs = Math.max(0, ...read.map((lane) => lane?.plan.delayMs ?? 0));
    const group = new OrderGroup(streams, delayMs, holds);
    const chain = new AlertChain(streams.join("\n"), feeds, holds);
    const runners = rules.map(
      ({ rule, hidden }, position) =>
        new RuleRunner(rule, position, group, { ...settings, hidden, chain }),
    );
    for (const stream of alertStreams) {
      const readers = readersOf(stream.name, runners);
      if (readers.length > 0) chain.link(stream, readers);
    }
    const indexes = indexesOf(lanes, streams, runners, popularity, settings);
    group.setRules(runners, indexes, chain);
    for (const lane of read) lane?.groups.push(group);
    return group;
  });
  return { plan, lanes, groups, feeds, holds, alertStreams };
}

/** Of a shadow rule's alerts only shadow rules hear. */
function readersOf(name: string, runners: readonly RuleRunner[]): readonly RuleRunner[] {
  const below = runners.find(({ rule }) => rule.name === name);
  if (below === undefined) return [];
  return runners.filter(
    ({ rule }) =>
      rule.streams.includes(name) && (below.rule.mode === "live" || rule.mode === "shadow"),
  );
}

function indexesOf(
  lanes: readonly (StreamLane | undefined)[],
  streams: readonly string[],
  runners: readonly RuleRunner[],
  popularity: AccessPopularity,
  settings: AssemblySettings,
): readonly (RuleIndex | undefined)[] {
  return lanes.map((lane) => {
    if (lane === undefined || !streams.includes(lane.plan.name)) return undefined;
    const { name } = lane.plan;
    const readers = runners.filter(({ rule }) => rule.streams.includes(name));
    return new RuleIndex(
      readers.map((runner) => ({
        runner,
        access: settings.index ? accessAtoms(runner.rule.body, name) : null,
      })),
      popularity,
      { codegen: settings.codegen },
    );
  });
}
