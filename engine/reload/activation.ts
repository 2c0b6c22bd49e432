/**
 * The switch from one rule set to the next, between two events. It costs what changed, and for the rules that stay one
 * position each: what is open is not walked through.
 *
 * Invariants
 *  B1  Every event is judged by one set as a whole: what was let go before by the current one, what waits or comes
 *      later by the next. Only where a stream reads its times otherwise, what waits for it is judged by the current
 *      set first, for the times by which it waits mean nothing afterwards.
 *  B2  An engine that is made from the store after the next commit decides the same.
 */

import { type EngineParts, linkLanes, linksOf } from "../assembly.ts";
import type { FeedEvent } from "../feed-event.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { StreamLane } from "../stream-lane.ts";
import type { NextGroup, NextMember, Preparation } from "./preparation.ts";

/** Carries out what was prepared; nothing of it was changed since. */
export function switchSets(parts: EngineParts, prepared: Preparation): void {
  const retimed = prepared.lanes.filter(({ isRetimed }) => isRetimed).map(({ plan }) => plan.name);
  for (const group of parts.groups)
    if (group.streams.some((name) => retimed.includes(name))) group.releaseAll();
  const waiting = prepared.groups.some(({ isNew }) => isNew) ? waitingIn(parts.groups) : [];
  const places = placesOf(parts, prepared);
  moveFeeds(parts, prepared);
  parts.lanes = moveLanes(prepared);
  for (const next of prepared.groups) {
    const present = withoutDone(next);
    for (const member of present.members) changeRunner(member, next.group.nowMs);
    moveGroup(present, prepared, parts, places, waiting);
  }
  const staying = new Set(prepared.groups.map(({ group }) => group));
  for (const group of parts.groups) if (!staying.has(group)) group.close();
  parts.plan = prepared.reload.next;
  parts.alertStreams = prepared.alertStreams;
  parts.groups = prepared.groups.map(({ group }) => group);
  linkLanes(parts);
}

/** Versions that drain may have finished since the preparation began. */
function withoutDone(next: NextGroup): NextGroup {
  const { group, members, indexes } = next;
  const present = new Set(group.runners);
  const done = members.filter(({ runner, how }) => how === "drains" && !present.has(runner));
  if (done.length === 0) return next;
  for (const { runner } of done) for (const index of indexes) index?.remove(runner);
  return { ...next, members: members.filter((member) => !done.includes(member)) };
}

/** Every event that waits in some group, once. */
function waitingIn(groups: readonly OrderGroup[]): readonly FeedEvent[] {
  return [...new Set(groups.flatMap((group) => group.waiting()))];
}

/** From the place of a stream in the current set to the one in the next; null where it is gone. */
function placesOf(
  { plan }: EngineParts,
  { reload }: Preparation,
): ReadonlyMap<number, number | null> {
  const next = new Map(reload.next.streams.map(({ name, place }) => [name, place]));
  return new Map(plan.streams.map(({ name, place }) => [place, next.get(name) ?? null]));
}

function moveFeeds({ feeds }: EngineParts, { lanes, alertStreams, reload }: Preparation): void {
  const names = new Map(reload.rules.map(({ rule, was }) => [was ?? rule, rule]));
  const streams = new Map(lanes.map(({ plan }) => [plan.name, plan]));
  const alerts = new Map(alertStreams.map((stream) => [stream.name, stream]));
  feeds.follow((name) => streams.get(name) ?? alerts.get(names.get(name) ?? name) ?? null);
}

function changeRunner({ runner, line, how, next }: NextMember, nowMs: number): void {
  if (runner.line !== line) {
    runner.line = line;
    runner.recordChanged = true;
  }
  if (next !== null) runner.become(next);
  else if (how === "drains" && runner.drainedMs === null) runner.drain(nowMs);
}

function moveLanes({ lanes }: Preparation): readonly (StreamLane | undefined)[] {
  const byPlace: (StreamLane | undefined)[] = [];
  for (const { plan, lane, next, isRetimed } of lanes) {
    if (next !== null) lane.become(next);
    if (isRetimed) for (const feed of lane.feeds) feed.forgetTimes();
    byPlace[plan.place] = lane;
  }
  return byPlace;
}

function moveGroup(
  { group, isNew, members, indexes }: NextGroup,
  { alertStreams }: Preparation,
  { lanes }: EngineParts,
  places: ReadonlyMap<number, number | null>,
  waiting: readonly FeedEvent[],
): void {
  if (!isNew && [...places].some(([before, after]) => before !== after))
    group.movePlaces((place) => places.get(place) ?? null);
  const runners: readonly RuleRunner[] = members.map(({ runner }) => runner);
  group.chain.relink(linksOf(runners, alertStreams));
  group.setRules(runners, indexes);
  if (!isNew) return;
  const read = lanes.filter((lane) => lane !== undefined && group.streams.includes(lane.plan.name));
  for (const lane of read) for (const feed of lane?.feeds ?? []) group.addFeed(feed);
  group.startWith(waiting.filter((event) => group.streams.includes(event.stream)));
}
