/**
 * Puts an engine together from a plan: a lane for each stream, a group for each set of streams, a runner for each rule.
 * A reload (reload/) makes the parts that changed with the same functions.
 */

import type { RulePlan, RuleSetPlan, StreamPlan } from "../dsl/plan.ts";
import { accessNeeds } from "../nfa/access.ts";
import { alertStream } from "./alert-chain.ts";
import { FeedRegistry } from "./feed-registry.ts";
import { type Draining, type GroupMember, inChainOrder, planGroups } from "./group-plan.ts";
import { HoldLog } from "./hold-log.ts";
import { OrderGroup } from "./order-group.ts";
import { AccessChoice } from "./rule-index/access-choice.ts";
import { type Access, RuleIndex } from "./rule-index/rule-index.ts";
import { RuleRunner, type RunnerSettings } from "./rule-runner.ts";
import { StreamLane } from "./stream-lane.ts";

/** What an engine consists of; shared with the checkpoint. A reload puts other parts into it. */
export interface EngineParts {
  plan: RuleSetPlan;
  /** By the stream's place. */
  lanes: readonly (StreamLane | undefined)[];
  groups: readonly OrderGroup[];
  readonly feeds: FeedRegistry;
  readonly holds: HoldLog;
  /** What the alerts of rules are as streams; the names are the rules'. */
  alertStreams: readonly StreamPlan[];
}

export interface AssemblySettings extends Omit<RunnerSettings, "hidden" | "chain"> {
  readonly index: boolean;
}

/** A version that was draining when its state was stored. */
export interface StoredDraining extends Draining {
  /** The rule's name today. */
  readonly line: string;
  readonly sinceMs: number;
  /** Stands for it in the store. */
  readonly number: number;
}

export interface Assembled {
  readonly parts: EngineParts;
  /** The runners of versions that drain, by their numbers in the store. */
  readonly draining: ReadonlyMap<number, RuleRunner>;
}

export function assemble(
  plan: RuleSetPlan,
  settings: AssemblySettings,
  stored: readonly StoredDraining[],
): Assembled {
  const lanes: (StreamLane | undefined)[] = [];
  for (const stream of plan.streams) lanes[stream.place] = newLane(stream, settings);
  const holds = new HoldLog(settings.recordChanges);
  const feeds = new FeedRegistry();
  const alertStreams = alertStreamsOf(plan);
  const choice = new AccessChoice(plan.rules);
  const draining = new Map<number, RuleRunner>();
  const groups = planGroups(plan, stored).map(({ streams, members }) => {
    const group = newGroup(streams, lanes, holds, feeds);
    const runners = members.map((member) => {
      const runner = newRunner(member, group, settings);
      if (member.draining !== null) {
        const { line, sinceMs, number } = member.draining;
        runner.line = line;
        runner.drain(sinceMs);
        draining.set(number, runner);
      }
      return runner;
    });
    group.chain.relink(linksOf(runners, alertStreams));
    group.setRules(
      runners,
      lanes.map((lane) =>
        lane !== undefined && streams.includes(lane.plan.name)
          ? indexOf(lane.plan.name, runners, choice, settings)
          : undefined,
      ),
    );
    return group;
  });
  const parts = { plan, lanes, groups, feeds, holds, alertStreams };
  linkLanes(parts);
  return { parts, draining };
}

export function newLane(stream: StreamPlan, settings: AssemblySettings): StreamLane {
  const { limits, outputs, recordChanges, codegen } = settings;
  return new StreamLane(stream, limits, outputs, recordChanges, { codegen });
}

/** The streams that alerts make, each behind those of the rules below. */
export function alertStreamsOf(plan: RuleSetPlan): readonly StreamPlan[] {
  return inChainOrder(plan.rules).map((rule, rank) =>
    alertStream(rule, plan.streams.length + rank),
  );
}

export function newGroup(
  streams: readonly string[],
  lanes: readonly (StreamLane | undefined)[],
  holds: HoldLog,
  feeds: FeedRegistry,
): OrderGroup {
  const delays = lanes.map((lane) =>
    lane !== undefined && streams.includes(lane.plan.name) ? lane.plan.delayMs : 0,
  );
  return new OrderGroup(streams, Math.max(0, ...delays), holds, feeds);
}

export function newRunner(
  { rule, hidden }: Pick<GroupMember<Draining>, "rule" | "hidden">,
  group: OrderGroup,
  settings: AssemblySettings,
): RuleRunner {
  return new RuleRunner(rule, group, { ...settings, hidden, chain: group.chain });
}

/** Tells each lane which groups read it. */
export function linkLanes({ lanes, groups }: Pick<EngineParts, "lanes" | "groups">): void {
  for (const lane of lanes)
    if (lane !== undefined)
      lane.groups = groups.filter(({ streams }) => streams.includes(lane.plan.name));
}

/** A rule of a group as it is, or will be once a reload has taken place. */
export interface Standing {
  readonly rule: RulePlan;
  readonly line: string;
}

/** Who reads whose alerts. Of a shadow rule's alerts only shadow rules hear. */
export function linksOf<S extends Standing>(
  members: readonly S[],
  alertStreams: readonly StreamPlan[],
): readonly { readonly stream: StreamPlan; readonly readers: readonly S[] }[] {
  const modes = new Map(members.map(({ rule, line }) => [line, rule.mode]));
  const read = new Set(members.flatMap(({ rule }) => rule.streams));
  return alertStreams.flatMap((stream) => {
    const mode = modes.get(stream.name);
    if (mode === undefined || !read.has(stream.name)) return [];
    const readers = members.filter(
      ({ rule }) =>
        rule.streams.includes(stream.name) && (mode === "live" || rule.mode === "shadow"),
    );
    return readers.length === 0 ? [] : [{ stream, readers }];
  });
}

/** The rule index of a stream for the rules of a group that read it. */
function indexOf(
  stream: string,
  runners: readonly RuleRunner[],
  choice: AccessChoice,
  settings: AssemblySettings,
): RuleIndex {
  const readers = runners.filter(({ rule }) => rule.streams.includes(stream));
  return new RuleIndex(
    readers.map((runner) => ({ runner, access: accessOf(runner.rule, stream, settings) })),
    choice,
    { codegen: settings.codegen, memo: settings.memo },
  );
}

/** What the rule index is told of a rule that reads the stream. */
export function accessOf(
  { body }: RulePlan,
  stream: string,
  settings: Pick<AssemblySettings, "index">,
): Access {
  return settings.index ? accessNeeds(body, stream) : null;
}
