/** Which alerts a subscriber wants: a glob over the rule's name, the least severity, and those of shadow rules or not. */

import type { Alert } from "../../engine/outputs.ts";

/** From the least to the worst. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface AlertFilter {
  /** Over the whole name: `*` stands for any characters, also none, `?` for one. */
  readonly rule: string;
  /** At least this one. */
  readonly severity: Severity;
  /** Those of rules in `mode shadow`, too; left out: no. */
  readonly shadow?: boolean;
}

export function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}

/** What the filter needs of an alert. */
export type AlertHead = Pick<Alert, "id" | "rule" | "severity" | "mode">;

/** A test of the filter, made once and used for every alert. */
export function alertMatcher(filter: AlertFilter): (alert: AlertHead) => boolean {
  const { rule, severity, shadow = false } = filter;
  const least = SEVERITIES.indexOf(severity);
  return (alert) =>
    SEVERITIES.indexOf(alert.severity) >= least &&
    (shadow || alert.mode !== "shadow") &&
    matchesGlob(rule, alert.rule);
}

/**
 * Does the glob match the whole text? O(glob · text) at worst: of several stars only the last one is ever tried again
 * (R. Cox, "Glob Matching Can Be Simple And Fast Too", 2017).
 */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let starG = -1;
  let starT = 0;
  while (t < text.length) {
    if (glob[g] === "*") {
      starG = g++;
      starT = t;
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === text[t])) {
      g++;
      t++;
    } else if (starG >= 0) {
      g = starG + 1;
      t = ++starT;
    } else return false;
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}

const decoder = new TextDecoder();

/**
 * What a record of the alert stream says as an alert; null for records of another kind. `root`: the first tokens of
 * the stream's subjects.
 */
export function alertOf(subject: string, data: Uint8Array, root: string): Alert | null {
  for (const kind of ["control", "dead", "late"]) {
    if (subject.startsWith(`${root}.${kind}.`)) return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(data));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { id, rule, severity } = value as { id?: unknown; rule?: unknown; severity?: unknown };
  const known = typeof id === "string" && typeof rule === "string" && typeof severity === "string";
  return known && isSeverity(severity) ? (value as Alert) : null;
}
