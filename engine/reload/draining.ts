/** Old versions that finish what they began: which there are, and the end of those that have. */

import { compareText } from "../../base/value.ts";
import type { EngineParts } from "../assembly.ts";
import { linkLanes } from "../assembly.ts";
import type { DrainingVersion } from "./verdict.ts";

/** By the rule's name, then as they began; copies in several groups are one. */
export function drainingVersions({ groups }: EngineParts): readonly DrainingVersion[] {
  const found = new Map<string, DrainingVersion>();
  for (const { runners, streams } of groups) {
    for (const { rule, line, drainedMs, matcher } of runners) {
      if (drainedMs === null) continue;
      const name = `${line}\n${rule.version}`;
      const known = found.get(name);
      found.set(name, {
        plan: rule,
        rule: line,
        version: rule.version,
        sinceMs: Math.max(known?.sinceMs ?? drainedMs, drainedMs),
        open: (known?.open ?? 0) + matcher.openStarts(),
        streams: [...new Set([...(known?.streams ?? []), ...streams])],
      });
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.rule, b.rule) || a.sinceMs - b.sinceMs);
}

/** Removes the versions that have nothing open any more, and groups without a rule; gives how many there were. */
export function removeDrained(parts: EngineParts): {
  readonly drained: number;
  readonly closed: number;
} {
  let drained = 0;
  for (const group of parts.groups) {
    if (!group.drains) continue;
    for (const runner of group.runners) {
      if (runner.drainedMs === null || !runner.isDrained) continue;
      group.removeRule(runner);
      drained++;
    }
  }
  if (drained === 0) return { drained: 0, closed: 0 };
  const open = parts.groups.filter(({ runners }) => runners.some(({ hidden }) => !hidden));
  const closed = parts.groups.length - open.length;
  for (const group of parts.groups) if (!open.includes(group)) group.close();
  parts.groups = open;
  if (closed > 0) linkLanes(parts);
  return { drained, closed };
}
