/**
 * What a reload needs before it can take place: the parts of the next rule set that differ, compiled, and for each
 * order group who will stand in it. Made step by step beside the running rules, which notice nothing of it; carried out
 * by activation.ts in one go.
 *
 * Invariants
 *  A1  Nothing of the running engine is changed here. Order groups, runners and lanes that will go on are referred to;
 *      those that will be new are the preparation's own.
 */

import { assert } from "../../base/assert.ts";
import { canonicalText } from "../../dsl/canonical.ts";
import type { RulePlan, StreamPlan } from "../../dsl/plan.ts";
import type { DataSource } from "../../nfa/history.ts";
import {
  type AssemblySettings,
  accessOf,
  alertStreamsOf,
  type EngineParts,
  newGroup,
  newLane,
  newRunner,
} from "../assembly.ts";
import { type Draining, type GroupMember, type GroupPlan, planGroups } from "../group-plan.ts";
import type { OrderGroup } from "../order-group.ts";
import { AccessChoice } from "../rule-index/access-choice.ts";
import { RuleIndex } from "../rule-index/rule-index.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { StreamLane } from "../stream-lane.ts";
import type { ReloadPlan, RuleVerdict } from "./verdict.ts";

/** A rule of an order group after the reload. */
export interface NextMember {
  readonly runner: RuleRunner;
  /** The version that it will be of. */
  readonly rule: RulePlan;
  readonly line: string;
  /**
   * stays    nothing changes
   * becomes  it goes on as the version that `next` was made for
   * begins   it is new
   * drains   it finishes what it began
   */
  readonly how: "stays" | "becomes" | "begins" | "drains";
  readonly next: RuleRunner | null;
}

export interface NextGroup {
  readonly group: OrderGroup;
  readonly isNew: boolean;
  readonly members: readonly NextMember[];
  /** By the stream's place in the next set. */
  readonly indexes: readonly (RuleIndex | undefined)[];
}

/** A lane that goes on (with one made for the stream's new declaration, where it has one), or a new one. */
export interface NextLane {
  readonly plan: StreamPlan;
  readonly lane: StreamLane;
  readonly next: StreamLane | null;
  readonly isRetimed: boolean;
}

/** A runner that will drain. */
interface DrainingRunner extends Draining {
  readonly runner: RuleRunner;
}

/** So many rules enter an index in one step. */
const RULES_A_STEP = 32;

const NOBODY: ReadonlyMap<string, RuleRunner> = new Map();

export class Preparation {
  readonly reload: ReloadPlan;
  readonly data: DataSource;
  readonly alertStreams: readonly StreamPlan[];
  readonly lanes: NextLane[] = [];
  readonly groups: NextGroup[] = [];
  /** As the engine counted when it began. */
  readonly groupsGone: number;
  readonly #parts: EngineParts;
  readonly #settings: AssemblySettings;
  readonly #verdicts: ReadonlyMap<string, RuleVerdict>;
  readonly #work: Generator<undefined>;
  #done = false;

  constructor(
    parts: EngineParts,
    settings: AssemblySettings,
    data: DataSource,
    reload: ReloadPlan,
    groupsGone: number,
  ) {
    this.groupsGone = groupsGone;
    assert(reload.current === parts.plan, "a reload starts from the rule set in force");
    this.reload = reload;
    this.data = data;
    this.#parts = parts;
    this.#settings = settings;
    this.#verdicts = new Map(reload.rules.map((verdict) => [verdict.rule, verdict]));
    this.alertStreams = alertStreamsOf(reload.next);
    this.#work = this.#prepare();
  }

  /** Does about one rule's worth of work; false where all is done. */
  step(): boolean {
    this.#done ||= this.#work.next().done === true;
    return !this.#done;
  }

  *#prepare(): Generator<undefined> {
    const { next } = this.reload;
    for (const plan of next.streams) {
      this.lanes.push(this.#nextLane(plan));
      yield;
    }
    const choice = new AccessChoice();
    const planned: { readonly group: NextGroup; readonly plan: GroupPlan<DrainingRunner> }[] = [];
    for (const plan of planGroups(next, this.#draining())) {
      const old = this.#oldGroup(plan.streams);
      const lanes = this.lanes.map(({ lane }) => lane);
      const { holds, feeds } = this.#parts;
      const group = old ?? newGroup(plan.streams, lanes, holds, feeds);
      const members: NextMember[] = [];
      const former = old === null ? NOBODY : runnersByRule(old);
      for (const member of plan.members) {
        const made = this.#member(member, group, former);
        members.push(made);
        choice.add(made.rule);
        yield;
      }
      planned.push({ group: { group, isNew: old === null, members, indexes: [] }, plan });
    }
    for (const { group } of planned) {
      const indexes: (RuleIndex | undefined)[] = [];
      for (const { plan } of this.lanes) {
        if (!group.group.streams.includes(plan.name)) continue;
        indexes[plan.place] = yield* this.#index(group, plan.name, choice);
      }
      this.groups.push({ ...group, indexes });
    }
  }

  #nextLane(plan: StreamPlan): NextLane {
    const lane = this.#parts.lanes.find((one) => one?.plan.name === plan.name);
    if (lane === undefined)
      return { plan, lane: newLane(plan, this.#settings), next: null, isRetimed: false };
    const next = newLane(plan, this.#settings);
    const retimed = canonicalText(lane.plan.time) !== canonicalText(plan.time);
    return { plan, lane, next, isRetimed: retimed };
  }

  /** The order group goes on, unless the times of one of its streams mean something else. */
  #oldGroup(streams: readonly string[]): OrderGroup | null {
    const name = streams.join("\n");
    const old = this.#parts.groups.find((group) => group.name === name);
    const retimed = this.lanes.some((lane) => lane.isRetimed && streams.includes(lane.plan.name));
    return old === undefined || retimed ? null : old;
  }

  /** Versions that drain: those that do already and may go on, and those that begin to. */
  #draining(): readonly DrainingRunner[] {
    const { rules, ended } = this.reload;
    const byFormer = new Map(rules.map((rule) => [rule.was ?? rule.rule, rule]));
    const goesOn = (runner: RuleRunner, verdict: RuleVerdict): boolean =>
      runner.drainedMs === null
        ? verdict.verdict === "drain"
        : !ended.some(
            ({ rule, version }) => rule === runner.line && version === runner.rule.version,
          );
    return this.#parts.groups.flatMap(({ streams, runners }) =>
      runners.flatMap((runner) => {
        const verdict = byFormer.get(runner.line);
        if (verdict === undefined || !goesOn(runner, verdict)) return [];
        const { rule, hidden } = runner;
        return [{ runner, rule, hidden, streams, line: verdict.rule }];
      }),
    );
  }

  #member(
    { rule, hidden, draining }: GroupMember<DrainingRunner>,
    group: OrderGroup,
    formers: ReadonlyMap<string, RuleRunner>,
  ): NextMember {
    if (draining !== null) {
      const { runner, line } = draining;
      return { runner, rule, line, how: "drains", next: null };
    }
    const line = rule.name;
    const verdict = this.#verdicts.get(line);
    assert(verdict !== undefined, "a reload has a verdict on every rule");
    const former = formers.get(verdict.was ?? line);
    if (former !== undefined && verdict.verdict === "same")
      return { runner: former, rule: former.rule, line, how: "stays", next: null };
    const fresh = newRunner({ rule, hidden }, group, this.#settings);
    if (former !== undefined && verdict.verdict === "keep")
      return { runner: former, rule, line, how: "becomes", next: fresh };
    return { runner: fresh, rule, line, how: "begins", next: null };
  }

  /** The rule index of a stream; the one that is there, where the same rules read it as before. */
  *#index(
    { group, isNew, members }: NextGroup,
    stream: string,
    choice: AccessChoice,
  ): Generator<undefined, RuleIndex> {
    const readers = members.filter(({ rule }) => rule.streams.includes(stream));
    const old = isNew ? undefined : group.indexOf(this.#placeOf(stream));
    const runners = readers.map(({ runner }) => runner);
    if (old?.serves(runners) === true && readers.every(({ how }) => how !== "becomes")) return old;
    const { codegen, memo } = this.#settings;
    const index = new RuleIndex([], choice, { codegen, memo });
    for (const [i, { runner, rule }] of readers.entries()) {
      index.add(runner, accessOf(rule, stream, this.#settings));
      if (i % RULES_A_STEP === 0) yield;
    }
    while (index.settle()) yield;
    return index;
  }

  #placeOf(stream: string): number {
    return this.#parts.plan.streams.find(({ name }) => name === stream)?.place ?? -1;
  }
}

/** The runners of the versions in force, by the rules' names. */
function runnersByRule({ runners }: OrderGroup): ReadonlyMap<string, RuleRunner> {
  const inForce = runners.filter(({ drainedMs }) => drainedMs === null);
  return new Map(inForce.map((runner) => [runner.rule.name, runner]));
}
