/**
 * The checker: rule files as trees in, a plan or diagnostics out. Pure: equal files give equal plans, and no tree that
 * the parser gives makes it throw.
 */

import type { Diagnostic } from "../base/diagnostic.ts";
import { compareText } from "../base/value.ts";
import type { RuleFile } from "./ast.ts";
import { checkDataFile, formsOf } from "./data-form.ts";
import { collect, type Declarations } from "./declarations.ts";
import { checkExceptions } from "./exception.ts";
import { ExpressionChecker } from "./expression.ts";
import { checkBody } from "./inline.ts";
import { listItems } from "./list.ts";
import type { RuleSetPlan, StreamPlan } from "./plan.ts";
import { Reporter } from "./report.ts";
import { checkRule } from "./rule.ts";
import { checkChains } from "./rule-chain.ts";
import { lintRules } from "./rule-lints.ts";
import type { Checking } from "./scope.ts";
import { Sources } from "./source.ts";
import { streamPlan } from "./stream.ts";
import { testPlan } from "./test-plan.ts";

export interface Checked {
  /** Null where any diagnostic is an error. */
  readonly plan: RuleSetPlan | null;
  /** By file as given, then by position. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks the files of one rule set together. `todayMs`: exceptions past their date at this time are told. */
export function check(files: readonly RuleFile[], todayMs: number | null = null): Checked {
  const report = new Reporter(files);
  const declarations = collect(files, report);
  const streams = declarations.streams.map((stream, place) => streamPlan(stream, place, report));
  const checking = new ExpressionChecker(report, declarations);
  const data = dataPlans(declarations, checking);
  checkBodies(declarations, checking);
  const sources = new Sources(checking, streams);
  checkExceptions(declarations.exceptions, checking, todayMs);
  for (const source of declarations.sources.values()) {
    if (source.kind === "event") sources.event(source);
  }
  const plan = { streams, ...data, ...rulePlans(declarations, streams, sources, checking) };
  lintRules(declarations, files, plan.rules, report);
  return { plan: report.failed ? null : plan, diagnostics: report.finish() };
}

function rulePlans(
  declarations: Declarations,
  streams: readonly StreamPlan[],
  sources: Sources,
  checking: Checking,
): Pick<RuleSetPlan, "rules" | "tests"> {
  const rules = declarations.rules.flatMap((rule) => {
    const plan = checkRule(rule, streams, sources, checking);
    return plan === null ? [] : [plan];
  });
  rules.sort((a, b) => compareText(a.name, b.name));
  const chained = checkChains(declarations, rules, checking.report);
  const tests = declarations.tests.map((test) => testPlan(test, chained, sources, checking));
  return { rules: chained, tests };
}

/** Bodies of `let` and `fn` are checked though nothing uses them. */
function checkBodies(declarations: Declarations, checking: Checking): void {
  for (const value of declarations.values.values()) {
    if (value.kind === "let" || value.kind === "fn") checkBody(value, value.name.span, checking);
  }
}

/** Lists and tables. */
function dataPlans(
  declarations: Declarations,
  checking: Checking,
): Pick<RuleSetPlan, "lists" | "tables"> {
  const { report } = checking;
  const lists: RuleSetPlan["lists"][number][] = [];
  const tables: RuleSetPlan["tables"][number][] = [];
  for (const value of declarations.values.values()) {
    const name = value.name.text;
    if (value.kind === "table") {
      const { from, key } = value;
      if (from.kind === "kv") {
        tables.push({ name, key: key.text, from: { kind: "kv", bucket: from.bucket.value } });
      } else {
        checkDataFile(from.file, formsOf(value), report);
        tables.push({ name, key: key.text, from: { kind: "file", file: from.file.value } });
      }
    }
    if (value.kind !== "list") continue;
    const { from } = value;
    switch (from.kind) {
      case "items":
        lists.push({ name, from: { kind: "items", items: listItems(from.items, checking) ?? [] } });
        break;
      case "file":
        checkDataFile(from.file, formsOf(value), report);
        lists.push({
          name,
          from: { kind: "file", file: from.file.value, column: from.column?.text ?? null },
        });
        break;
      case "kv":
        lists.push({ name, from: { kind: "kv", bucket: from.bucket.value } });
        break;
    }
  }
  return { lists, tables };
}
