/** Metadata of rules (D-6): known keys, values of the right form, each given once. */

import type { Span } from "../base/diagnostic.ts";
import { nearest } from "../base/edit-distance.ts";
import type { Metadata } from "./ast.ts";
import { type DeclarationOf, suggestion } from "./declarations.ts";
import type { RulePlan } from "./plan.ts";
import { insertion, type Reporter, replacement } from "./report.ts";

const SEVERITIES: readonly RulePlan["severity"][] = ["info", "low", "medium", "high", "critical"];
const MODES: readonly RulePlan["mode"][] = ["live", "shadow", "off"];
const STATUSES = ["draft", "testing", "stable", "deprecated"];

/** Keys that take several values; all others take one. */
const PLURAL: ReadonlySet<string> = new Set(["attack", "tags", "references", "false_positives"]);

const NAMES: readonly string[] = [
  "description",
  "severity",
  "risk",
  "status",
  "owner",
  "attack",
  "tags",
  "references",
  "false_positives",
  "runbook",
  "mode",
  "was",
];

export interface CheckedMetadata {
  readonly severity: RulePlan["severity"];
  readonly mode: RulePlan["mode"];
  readonly was: string | null;
  readonly rest: RulePlan["metadata"];
}

export function checkMetadata(rule: DeclarationOf<"rule">, report: Reporter): CheckedMetadata {
  const found = new Map<string, Metadata>();
  for (const item of rule.metadata) {
    const { text, span } = item.name;
    if (!NAMES.includes(text)) {
      report.error(
        "E0501",
        span,
        `there is no metadata \`${text}\``,
        saysSeverity(item)
          ? { label: "did you mean `severity`?", fix: replacement(span, "severity") }
          : suggestion(item.name, NAMES, "keys"),
      );
    } else if (found.has(text)) {
      report.error("E0504", span, `\`${text}\` is given twice`, {
        label: "given again",
        notes: PLURAL.has(text) ? ["several values are separated by commas"] : [],
      });
    } else {
      found.set(text, item);
      checkCount(item, report);
    }
  }
  const severity = oneOf(found.get("severity"), SEVERITIES, report);
  if (!found.has("severity") && !isUnderAnotherName(rule)) reportNoSeverity(rule, report);
  const status = oneOf(found.get("status"), STATUSES, report);
  checkRisk(found.get("risk"), report);
  checkAttack(found.get("attack"), report);
  const statusSpan = found.get("status")?.span;
  if (severity === "critical" && status === "draft" && statusSpan !== undefined) {
    report.warning("W0502", statusSpan, "a draft with severity `critical`", {
      label: "whoever is woken by it will ask",
    });
  }
  return {
    severity: severity ?? "info",
    mode: oneOf(found.get("mode"), MODES, report) ?? "live",
    was: found.get("was")?.values[0]?.text ?? null,
    rest: rule.metadata
      .filter((item) => !["severity", "mode", "was"].includes(item.name.text))
      .map((item) => ({ name: item.name.text, values: item.values.map((value) => value.text) })),
  };
}

/** Is the severity there under another name, which is told as that? */
function isUnderAnotherName(rule: DeclarationOf<"rule">): boolean {
  return rule.metadata.some(
    ({ name, values }) =>
      !NAMES.includes(name.text) &&
      (nearest(name.text, NAMES) === "severity" || saysSeverity({ values })),
  );
}

function saysSeverity({ values }: Pick<Metadata, "values">): boolean {
  return SEVERITIES.some((severity) => values[0]?.text === severity);
}

function reportNoSeverity(rule: DeclarationOf<"rule">, report: Reporter): void {
  const text = report.text(rule.span);
  const brace = text.indexOf("{", rule.headSpan.end - rule.span.start);
  const at = rule.span.start + brace + 1;
  report.error("E0503", rule.headSpan, `the rule \`${rule.name.text}\` has no severity`, {
    label: "no `severity`",
    notes: ["`severity` is one of info, low, medium, high, critical"],
    fix:
      brace < 0
        ? null
        : insertion(rule.span.file, at, "add `severity medium`", "\n  severity medium"),
  });
}

function checkCount(item: Metadata, report: Reporter): void {
  const { values, name } = item;
  if (PLURAL.has(name.text) || values.length === 1) return;
  const span: Span = values[1]?.span ?? item.span;
  report.error("E0502", span, `\`${name.text}\` takes one value`, {
    label: `not ${values.length}`,
  });
}

function oneOf<T extends string>(
  item: Metadata | undefined,
  allowed: readonly T[],
  report: Reporter,
): T | null {
  const value = item?.values[0];
  if (item === undefined || value === undefined) return null;
  const found = allowed.find((candidate) => candidate === value.text);
  if (found !== undefined) return found;
  const remark = suggestion(value, allowed, "values");
  report.error("E0502", value.span, `there is no ${item.name.text} \`${value.text}\``, remark);
  return null;
}

function checkRisk(item: Metadata | undefined, report: Reporter): void {
  const value = item?.values[0];
  if (value === undefined) return;
  if (/^\d{1,3}$/.test(value.text) && Number(value.text) <= 100) return;
  report.error("E0502", value.span, "`risk` is a whole number from 0 to 100", {
    label: "out of range",
  });
}

function checkAttack(item: Metadata | undefined, report: Reporter): void {
  for (const value of item?.values ?? []) {
    if (/^(T\d{4}(\.\d{3})?|TA\d{4})$/.test(value.text)) continue;
    report.warning("W0501", value.span, `\`${value.text}\` does not look like an ATT&CK id`, {
      label: "such as `T1110` or `T1110.001`",
    });
  }
}
