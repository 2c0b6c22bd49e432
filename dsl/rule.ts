/** Rules (D-6): metadata, body, clauses, and the plan that they make together. */

import { compareText } from "../base/value.ts";
import { alertPlan } from "./alert.ts";
import type { CheckedBody } from "./body.ts";
import { type Clauses, sortClauses } from "./clauses.ts";
import type { DeclarationOf } from "./declarations.ts";
import { exceptionPlans } from "./exception.ts";
import { checkExpect } from "./expect.ts";
import type { Expr } from "./expr.ts";
import { checkMatch, stepLabel } from "./match.ts";
import { checkMetadata } from "./metadata.ts";
import type { RulePlan, StreamPlan } from "./plan.ts";
import type { Checking, Scope } from "./scope.ts";
import type { Sources } from "./source.ts";
import { ruleVersion } from "./version.ts";
import { checkWindow } from "./window.ts";

/** Checks a rule. The plan means nothing where an error was reported; null where there is no body to plan. */
export function checkRule(
  rule: DeclarationOf<"rule">,
  streams: readonly StreamPlan[],
  sources: Sources,
  checking: Checking,
): RulePlan | null {
  const metadata = checkMetadata(rule, checking.report);
  checkFormerName(rule, checking);
  const clauses = sortClauses(rule, checking);
  const body = checkBody(rule, clauses, sources, checking);
  if (body === null) return null;
  const { scope } = body;
  const title = rule.title.value;
  const plan: Omit<RulePlan, "version" | "exceptions"> = {
    name: rule.name.text,
    title,
    severity: metadata.severity,
    mode: metadata.mode,
    metadata: metadata.rest,
    was: metadata.was,
    keys: body.keys,
    streams: readNames(body.read, streams),
    body: body.plan,
    alert: alertPlan(clauses.alert?.alert ?? null, title, scope, checking),
    timeout: timeoutPlan(clauses, title, scope, checking),
    recovered: recoveredPlan(clauses, title, scope, checking),
    once: oncePlan(clauses, scope, checking),
    limits: clauses.limits,
  };
  const { name, ...rest } = plan;
  const version = checking.report.failed ? "" : ruleVersion(plan, streams);
  return { name, version, ...rest, ...exceptionPlans(rule, body, checking) };
}

function checkBody(
  rule: DeclarationOf<"rule">,
  clauses: Clauses,
  sources: Sources,
  checking: Checking,
): CheckedBody | null {
  const { body } = rule;
  switch (body?.kind) {
    case undefined:
      checking.report.error(
        "E0304",
        rule.headSpan,
        `the rule \`${rule.name.text}\` detects nothing`,
        {
          label: "no `match`, `window` or `expect`",
        },
      );
      return null;
    case "match":
      return checkMatch(body, clauses, sources, checking);
    case "window":
      return checkWindow(body, clauses.having, rule.headSpan, sources, checking);
    case "expect":
      return checkExpect(body, sources, checking);
  }
}

/** `was` names a rule that is no more. */
function checkFormerName(rule: DeclarationOf<"rule">, checking: Checking): void {
  const item = rule.metadata.find((candidate) => candidate.name.text === "was");
  const value = item?.values[0];
  if (value === undefined || checking.declarations.sources.get(value.text)?.kind !== "rule") return;
  checking.report.error("E0502", value.span, `there still is a rule \`${value.text}\``, {
    label: "`was` names a rule that this one replaces",
  });
}

/** Streams in the order of their places, then rules by name. */
function readNames(read: ReadonlySet<string>, streams: readonly StreamPlan[]): readonly string[] {
  const known = streams.map((stream) => stream.name).filter((name) => read.has(name));
  const rules = [...read].filter((name) => !known.includes(name)).sort(compareText);
  return [...known, ...rules];
}

function timeoutPlan(
  clauses: Clauses,
  title: string,
  scope: Scope,
  checking: Checking,
): RulePlan["timeout"] {
  const { timeout } = clauses;
  if (timeout === null) return null;
  const after = timeout.after === null ? null : stepLabel(timeout.after, scope.steps, checking);
  return { after, alert: alertPlan(timeout.alert, title, scope, checking) };
}

function recoveredPlan(
  clauses: Clauses,
  title: string,
  scope: Scope,
  checking: Checking,
): RulePlan["recovered"] {
  const { recovered } = clauses;
  return recovered === null ? null : alertPlan(recovered.alert, title, scope, checking);
}

function oncePlan(clauses: Clauses, scope: Scope, checking: Checking): RulePlan["once"] {
  const { once } = clauses;
  if (once === null) return null;
  const per: readonly Expr[] = once.per.map((expr) => checking.check(expr, scope).expr);
  return { per, everyMs: once.every.ms };
}
