/**
 * Warm start: rules take over what another engine knows of them, which was given the history of their streams and whose
 * alerts went nowhere. Both engines have read their feeds up to the same positions; what differs is how far the rules'
 * time has come, for idle feeds and ticks are decisions of the live engine. So the warm one catches up first.
 *
 * Invariants
 *  D1  Afterwards the rules have judged exactly the events that the time of their order group has passed, and every
 *      event that it has not passed waits there.
 *  D2  What they remember refers to events of the live engine's feeds alone, and no number of those is given twice.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import type { StreamPlan } from "../../dsl/plan.ts";
import type { EngineParts } from "../assembly.ts";
import { FeedEvent } from "../feed-event.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";

export function adoptRules(live: EngineParts, warm: EngineParts, names: readonly string[]): void {
  const move = moverTo(live);
  for (const group of live.groups) {
    const runners = group.runners.filter(
      ({ rule, drainedMs }) => drainedMs === null && names.includes(rule.name),
    );
    const source = warm.groups.find(({ name }) => name === group.name);
    if (runners.length === 0 || source === undefined) continue;
    if (alignFeeds(live, warm, group)) group.followFeeds();
    source.catchUp(group, placesIn(live, warm));
    group.takeWaiting(source, move);
    countOn(live, warm, group);
    for (const runner of runners) {
      const knowing = counterpart(source, runner);
      if (knowing !== undefined) runner.adopt(knowing, move);
    }
  }
}

function counterpart(source: OrderGroup, { rule, hidden }: RuleRunner): RuleRunner | undefined {
  const found = source.runners.find(
    (one) => one.rule.name === rule.name && one.hidden === hidden && one.drainedMs === null,
  );
  assert(
    found === undefined || found.rule.version === rule.version,
    "a rule is warmed up in the version that goes live",
  );
  return found;
}

/**
 * Which feeds hold time back is the live engine's to say. A feed that it has read nothing of, for its stream is new,
 * stands where the warm one has come to: true where there is such a feed.
 */
function alignFeeds(live: EngineParts, warm: EngineParts, group: OrderGroup): boolean {
  let began = false;
  for (const feed of live.feeds.feeds()) {
    if (!feed.claimed || !group.streams.includes(feed.stream.name)) continue;
    const stream = warm.plan.streams.find(({ name }) => name === feed.stream.name);
    if (stream === undefined) continue;
    const other = warm.feeds.get(stream, feed.name);
    other.idle = feed.idle;
    other.ended = feed.ended;
    if (feed.lastSeq >= 0 || other.lastSeq < 0) continue;
    feed.beginAs(other);
    began = true;
  }
  return began;
}

/** Alerts as events are numbered on where the warm engine left off: those numbers are taken. */
function countOn(live: EngineParts, warm: EngineParts, group: OrderGroup): void {
  for (const counted of warm.feeds.feeds()) {
    if (counted.name !== group.name) continue;
    const stream = live.alertStreams.find(({ name }) => name === counted.stream.name);
    if (stream === undefined) continue;
    const feed = live.feeds.get(stream, counted.name);
    feed.lastSeq = Math.max(feed.lastSeq, counted.lastSeq);
    feed.changed = true;
  }
}

/** From the place of a stream in the live plan to that in the warm one. */
function placesIn(live: EngineParts, warm: EngineParts): (place: number) => number | null {
  return (place) => {
    const name = live.plan.streams.find((stream) => stream.place === place)?.name;
    return warm.plan.streams.find((stream) => stream.name === name)?.place ?? null;
  };
}

/** Makes events those of the live engine's feeds. */
function moverTo(live: EngineParts): (event: EventRecord) => void {
  const streams = new Map<string, StreamPlan>(
    [...live.plan.streams, ...live.alertStreams].map((stream) => [stream.name, stream]),
  );
  return (event) => {
    assert(event instanceof FeedEvent, "matchers hold an engine's events");
    const stream = streams.get(event.stream);
    assert(stream !== undefined, "a warm rule reads streams of the live set");
    event.source = live.feeds.get(stream, event.feed);
  };
}
