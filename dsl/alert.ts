/** Alert clauses: title, data, and subject. */

import type { AlertClause, DataField } from "./ast.ts";
import { refuseReserved } from "./declarations.ts";
import type { Template } from "./expr.ts";
import type { AlertPlan } from "./plan.ts";
import type { Checking, Scope } from "./scope.ts";
import { subjectProblem } from "./subject-form.ts";

/** The alert of a rule; without a clause, or without parts of it, the defaults of A-1. */
export function alertPlan(
  clause: AlertClause | null,
  ruleTitle: string,
  scope: Scope,
  checking: Checking,
): AlertPlan {
  const title: Template = clause?.title?.parts.map((part) =>
    typeof part === "string" ? part : checking.check(part, scope).expr,
  ) ?? [ruleTitle];
  const to = clause?.to ?? null;
  if (to !== null) {
    const problem = subjectProblem(to.value, false);
    if (problem !== null) {
      checking.report.error("E0505", to.span, "an alert cannot be sent to this subject", {
        label: problem,
      });
    }
  }
  const data = clause?.data ?? null;
  return {
    title,
    data: data === null ? null : dataPlan(data, scope, checking),
    to: to?.value ?? null,
  };
}

function dataPlan(
  fields: readonly DataField[],
  scope: Scope,
  checking: Checking,
): NonNullable<AlertPlan["data"]> {
  checkDataNames(fields, checking);
  return fields.map((field) => ({
    name: field.name.text,
    value: checking.check(field.value, scope).expr,
  }));
}

/** Reports names that are reserved or given twice. */
export function checkDataNames(
  fields: readonly { readonly name: DataField["name"] }[],
  checking: Checking,
): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    refuseReserved(checking.report, name.text, name.span);
    if (seen.has(name.text)) {
      checking.report.error("E0508", name.span, `the field \`${name.text}\` is given twice`, {
        label: "given again",
      });
    }
    seen.add(name.text);
  }
}
