/** `window` bodies (W-1 to W-4): shape, key, entries of `over`, and the condition on their events together. */

import type { Span } from "../base/diagnostic.ts";
import type { Clause, WindowBody } from "./ast.ts";
import { type CheckedBody, requireKeys, requirePositive } from "./body.ts";
import { condition } from "./condition.ts";
import { refuseReserved } from "./declarations.ts";
import { keyPlans, keySights } from "./keys.ts";
import { PARTS_MAX, type WindowPlan } from "./plan.ts";
import { type Checking, EMPTY_SCOPE, eventScope, type Scope, type StepSight } from "./scope.ts";
import type { Sources } from "./source.ts";
import { SourceTable } from "./source-table.ts";
import { lintWindowState } from "./state-bound.ts";

type Having = Extract<Clause, { kind: "having" }>;

/** Null, after an error, where it has too many entries. */
export function checkWindow(
  body: WindowBody,
  having: Having | null,
  head: Span,
  sources: Sources,
  checking: Checking,
): CheckedBody | null {
  if (body.over.length > PARTS_MAX) {
    reportTooMany(body.over.length, body, checking);
    return null;
  }
  const { report } = checking;
  requireKeys(body, firstWord(body), checking);
  const keys = keyPlans(body.by, checking);
  const table = new SourceTable(checking, sources);
  const sights: StepSight[] = [];
  const judging: Scope[] = [];
  const over: WindowPlan["over"][number][] = [];
  for (const entry of body.over) {
    const name = entry.label?.text ?? entry.source.text;
    const span = entry.label?.span ?? entry.source.span;
    refuseReserved(report, name, span);
    if (sights.some((sight) => sight.name === name)) {
      report.error("E0306", span, `two entries are called \`${name}\``, {
        label: "the second of this name",
        notes: ["`over a: X, b: X` gives each a name of its own"],
      });
    }
    const { indexes, shapes } = table.add(
      { names: [entry.source], span: entry.source.span },
      body.by,
    );
    const label = sights.length;
    sights.push({ name, label, repeated: true, shapes });
    const judge = eventScope(shapes);
    judging.push(judge);
    const where = condition(entry.where, judge, checking);
    over.push({ label, source: indexes[0] ?? 0, where });
  }
  const scope: Scope = {
    ...EMPTY_SCOPE,
    steps: new Map(sights.map((sight) => [sight.name, sight])),
    visible: new Set(sights.map((sight) => sight.label)),
    keys: keySights(keys),
    window: true,
  };
  if (having === null) reportNoHaving(head, checking);
  const plan: WindowPlan = {
    kind: "window",
    shape: shapePlan(body, checking),
    sources: table.plans,
    labels: sights.map((sight) => sight.name),
    over,
    having: condition(having?.expr ?? null, scope, checking) ?? { kind: "const", value: null },
  };
  lintWindowState(plan, firstWord(body), checking);
  return { plan, keys, scope, judging, read: table.read };
}

function firstWord(body: WindowBody): Span {
  return { ...body.span, end: body.span.start + "window".length };
}

function reportTooMany(count: number, body: WindowBody, checking: Checking): void {
  checking.report.error("E0320", firstWord(body), `a window has at most ${PARTS_MAX} entries`, {
    label: `this one has ${count}`,
  });
}

function reportNoHaving(head: Span, checking: Checking): void {
  checking.report.error("E0304", head, "this window has no condition", {
    label: "no `having`",
    notes: ["`having count() >= 10` after the window says when it alerts"],
  });
}

function shapePlan(body: WindowBody, checking: Checking): WindowPlan["shape"] {
  const { shape } = body;
  switch (shape.kind) {
    case "sliding":
      requirePositive(shape.size.ms, shape.size.span, "a window's length", checking);
      return { kind: "sliding", sizeMs: shape.size.ms };
    case "tumbling":
      requirePositive(shape.size.ms, shape.size.span, "a window's length", checking);
      return { kind: "tumbling", sizeMs: shape.size.ms, offsetMs: shape.offset?.ms ?? 0 };
    case "session":
      requirePositive(shape.gap.ms, shape.gap.span, "a session's gap", checking);
      return { kind: "session", gapMs: shape.gap.ms };
    case "count":
      requirePositive(shape.events, firstWord(body), "a window's count", checking);
      return { kind: "count", events: shape.events };
  }
}
