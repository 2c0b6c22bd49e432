/** `match` bodies (M-1 to M-16): key, bounds, pattern, `until`, `having`, and what is skipped after a match. */

import type { Clause, MatchBody, Name } from "./ast.ts";
import { type CheckedBody, requireKeys } from "./body.ts";
import { condition } from "./condition.ts";
import { suggestion } from "./declarations.ts";
import { sequenceMayBeEmpty } from "./emptiness.ts";
import { fitsMatchKeys, keyPlans, keySights } from "./keys.ts";
import { collectLabels, type Labels } from "./labels.ts";
import { refuseUnderLatest } from "./latest.ts";
import { type Pattern, sequencePlan, WHOLE } from "./pattern.ts";
import type { LimitsPlan, MatchPlan, SkipPlan } from "./plan.ts";
import { insertion } from "./report.ts";
import { type Checking, EMPTY_SCOPE, type Scope } from "./scope.ts";
import type { Sources } from "./source.ts";
import { SourceTable } from "./source-table.ts";
import { lintMatchState, refuseHugePattern } from "./state-bound.ts";

type ClauseOf<K extends Clause["kind"]> = Extract<Clause, { kind: K }>;

/** The clauses behind the block that are part of matching. */
export interface MatchClauses {
  readonly having: ClauseOf<"having"> | null;
  readonly skip: ClauseOf<"skip"> | null;
  readonly limits: LimitsPlan;
}

/** Null, after an error, where the pattern is too large to be looked at. */
export function checkMatch(
  body: MatchBody,
  clauses: MatchClauses,
  sources: Sources,
  checking: Checking,
): CheckedBody | null {
  if (refuseHugePattern(body, checking)) return null;
  if (body.mode === "latest") refuseUnderLatest(body, clauses, checking);
  requireKeys(body, body.headSpan, checking);
  requireWithin(body, checking);
  const keys = keyPlans(body.by, checking);
  const table = new SourceTable(checking, sources);
  const labels = collectLabels(body.sequence, body.by, table, checking);
  const pattern: Pattern = {
    checking,
    labels,
    table,
    by: body.by,
    keys: keySights(keys),
    withinMs: body.within?.ms ?? Number.POSITIVE_INFINITY,
    eventLimit: clauses.limits.eventsPerMatch,
    judging: [],
  };
  const sequence = sequencePlan(body.sequence, WHOLE, pattern);
  if (sequenceMayBeEmpty(body.sequence)) reportEmpty(body, checking);
  const scope = finalScope(labels, pattern);
  const until = untilPlan(body, table, checking);
  const plan: MatchPlan = {
    kind: "match",
    mode: body.mode,
    withinMs: body.within?.ms ?? 0,
    gapMs: body.gap?.ms ?? null,
    sources: table.plans,
    labels: labels.sights.map((sight) => sight.name),
    repeated: labels.sights.map((sight) => sight.repeated),
    sequence,
    until,
    having: condition(clauses.having?.expr ?? null, scope, checking),
    skip: skipPlan(body, clauses.skip, labels, checking),
  };
  lintMatchState(body, plan, clauses.limits, checking);
  return { plan, keys, scope, judging: pattern.judging, read: table.read };
}

/** What alerts and `having` behind the block see: every step, and the key. */
function finalScope(labels: Labels, pattern: Pattern): Scope {
  return {
    ...EMPTY_SCOPE,
    steps: labels.byName,
    visible: new Set(labels.sights.map((sight) => sight.label)),
    keys: pattern.keys,
  };
}

function requireWithin(body: MatchBody, checking: Checking): void {
  if (body.within !== null) return;
  const at = body.by?.span.end ?? body.headSpan.end;
  const first = body.sequence.elements.find(({ element }) => element.kind === "take")?.element;
  const kept =
    first?.kind === "take" && first.body.kind === "step"
      ? first.body.sources.names[0]?.text
      : undefined;
  checking.report.error("E0301", body.headSpan, "this match could wait for ever", {
    label: "no `within`",
    notes: [
      kept === undefined
        ? "every event that begins a match would be kept for good"
        : `every \`${kept}\` that is not followed by the rest would be kept for good`,
    ],
    fix: insertion(body.headSpan.file, at, "add a bound, for example `within 1h`", " within 1h"),
  });
}

function reportEmpty(body: MatchBody, checking: Checking): void {
  checking.report.error("E0303", body.headSpan, "this pattern could match nothing at all", {
    label: "no element needs an event",
    notes: [
      "a match begins with an event: at least one step must be there without `optional`, `0+` or `no`",
    ],
  });
}

function untilPlan(body: MatchBody, table: SourceTable, checking: Checking): MatchPlan["until"] {
  const { until, by } = body;
  if (until === null) return null;
  if (until.by !== null && by !== null) fitsMatchKeys(until.by, by, checking);
  const { indexes, shapes } = table.add(until.sources, by === null ? null : (until.by ?? by));
  const where = condition(until.where, { ...EMPTY_SCOPE, atHand: shapes }, checking);
  return { sources: indexes, where };
}

/** M-11 to M-14: what a mode does after a match by itself. */
const DEFAULT_SKIP: Record<MatchBody["mode"], SkipPlan> = {
  match: { kind: "past last" },
  longest: { kind: "past last" },
  all: { kind: "none" },
  latest: { kind: "none" },
};

function skipPlan(
  body: MatchBody,
  clause: ClauseOf<"skip"> | null,
  labels: Labels,
  checking: Checking,
): SkipPlan {
  if (clause === null) return DEFAULT_SKIP[body.mode];
  const { target } = clause;
  if (!("step" in target)) return target;
  const label = stepLabel(target.step, labels.byName, checking);
  return { kind: target.kind, label: label ?? 0 };
}

/** The label of a step that a clause names; null after E0203. */
export function stepLabel(name: Name, steps: Scope["steps"], checking: Checking): number | null {
  const step = steps.get(name.text);
  if (step !== undefined) return step.label;
  const remark = suggestion(name, [...steps.keys()], "steps");
  checking.report.error("E0203", name.span, `this match has no step \`${name.text}\``, remark);
  return null;
}
