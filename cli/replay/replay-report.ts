/** What a replay tells on stderr when it is done: what was not taken, what still waits, and with `--stats` all counters. */

import { formatTime } from "../../base/time.ts";
import type { EngineStatus } from "../../engine/engine.ts";
import type { ProblemLog } from "./problem-log.ts";
import type { ReplayResult } from "./replay.ts";

/** Lines for people about events that were left out and deadlines that were not reached. */
export function closingRemarks(status: EngineStatus, flushed: boolean): readonly string[] {
  const remarks: string[] = [];
  for (const { stream, late, lateForRule, duplicates } of status.streams) {
    const dropped = late + lateForRule;
    if (dropped > 0) remarks.push(`sequitur: ${stream}: ${plural(dropped, "late event")}`);
    if (duplicates > 0)
      remarks.push(`sequitur: ${stream}: ${plural(duplicates, "duplicate")} dropped`);
  }
  for (const { rule, limits, excepted, suppressed } of status.rules) {
    if (excepted > 0)
      remarks.push(`sequitur: ${rule}: exceptions withheld ${plural(excepted, "alert")}`);
    if (suppressed > 0)
      remarks.push(`sequitur: ${rule}: \`once\` withheld ${plural(suppressed, "alert")}`);
    for (const { limit, dropped } of limits) {
      if (dropped > 0)
        remarks.push(`sequitur: ${rule}: ${dropped} dropped at the limit "${limit}"`);
    }
  }
  if (status.droppedRules.length > 0) {
    const names = status.droppedRules.join(", ");
    remarks.push(`sequitur: rules that changed since the state was made began anew: ${names}`);
  }
  if (!flushed) remarks.push(...waiting(status));
  return remarks;
}

function waiting({ rules, waitingEvents }: EngineStatus): readonly string[] {
  const open = rules.filter(({ openStarts }) => openStarts > 0);
  if (open.length === 0 && waitingEvents === 0) return [];
  const what = open.map(({ rule, openStarts }) => `${plural(openStarts, "open start")} of ${rule}`);
  if (waitingEvents > 0) what.push(`${plural(waitingEvents, "event")} held back`);
  const latestMs = Math.max(...rules.map(({ timeMs }) => timeMs ?? Number.NEGATIVE_INFINITY));
  const at = Number.isFinite(latestMs) ? ` at ${formatTime(latestMs)}` : "";
  return [`sequitur: still waiting${at}: ${what.join(", ")}; --flush lets time run on`];
}

/** The object of `--stats`. Counters are those of this run. */
export function statsOf(result: ReplayResult, problems: ProblemLog): object {
  const { events, seconds, status } = result;
  return {
    events,
    seconds: Math.round(seconds * 1000) / 1000,
    events_per_second: Math.round(events / Math.max(seconds, 0.001)),
    alerts: status.rules.reduce((sum, rule) => sum + rule.alerts, 0),
    rejected: [...problems.counts()].map(([reason, count]) => ({ reason, count })),
    waiting_events: status.waitingEvents,
    open_deadlines: status.openDeadlines,
    streams: status.streams.map((stream) => ({
      stream: stream.stream,
      events: stream.events,
      late: stream.late + stream.lateForRule,
      duplicates: stream.duplicates,
    })),
    rules: status.rules.map((rule) => ({
      rule: rule.rule,
      version: rule.version,
      tier: rule.tier,
      matches: rule.matches,
      alerts: rule.alerts,
      excepted: rule.excepted,
      suppressed: rule.suppressed,
      open_starts: rule.openStarts,
      open_deadlines: rule.openDeadlines,
    })),
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
