/** Gathers the counters of an engine's parts. */

import type { EngineParts } from "./assembly.ts";
import type { Feed } from "./feed.ts";
import type { EngineStatus, FeedStatus, RuleStatus, StreamStatus } from "./status.ts";

export function statusOf(parts: EngineParts, droppedRules: readonly string[]): EngineStatus {
  const rules = rulesOf(parts);
  const streams: StreamStatus[] = [];
  for (const lane of parts.lanes) if (lane !== undefined) streams.push(lane.status());
  const feeds: FeedStatus[] = [];
  for (const feed of parts.feeds.feeds()) if (feed.claimed) feeds.push(feedStatus(feed));
  return {
    feeds,
    streams,
    rules,
    waitingEvents: parts.holds.count,
    openDeadlines: rules.reduce((sum, rule) => sum + rule.openDeadlines, 0),
    droppedRules,
  };
}

function feedStatus(feed: Feed): FeedStatus {
  return {
    stream: feed.stream.name,
    feed: feed.name,
    watermarkMs: finite(feed.watermarkMs),
    idle: feed.idle,
    ended: feed.ended,
  };
}

/** The rules in the order of the plan, those that do not run among them. */
function rulesOf(parts: EngineParts): readonly RuleStatus[] {
  const running = new Map<string, RuleStatus>();
  for (const group of parts.groups) {
    const timeMs = finite(group.frontier.timeMs);
    for (const runner of group.runners) {
      if (!runner.hidden && runner.drainedMs === null)
        running.set(runner.rule.name, runner.status(timeMs));
    }
  }
  return parts.plan.rules.map(
    ({ name, version, mode }) =>
      running.get(name) ?? {
        rule: name,
        version,
        mode,
        tier: null,
        openStarts: 0,
        openRuns: 0,
        matches: 0,
        alerts: 0,
        excepted: 0,
        suppressed: 0,
        skipMissed: 0,
        limits: [],
        timeMs: null,
        openDeadlines: 0,
      },
  );
}

function finite(timeMs: number): number | null {
  return Number.isFinite(timeMs) ? timeMs : null;
}
