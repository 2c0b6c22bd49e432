/** A case as rule text and plan: the prelude before it, a rule around a bare body. */

import type { Diagnostic } from "../../base/diagnostic.ts";
import { compileRules, type RuleSource } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { loadData } from "../../rules/data-files.ts";
import type { RuleFileReader } from "../../rules/rule-files.ts";
import { type Case, type CaseValues, PRELUDE } from "./format.ts";

/** When a case starts: 2000-01-01T00:00:00Z, a Saturday. */
export const START_MS = Date.UTC(2000, 0, 1);

export interface Program {
  readonly sources: readonly RuleSource[];
  readonly reader: RuleFileReader;
  readonly diagnostics: readonly Diagnostic[];
  /** Null where there are errors. */
  readonly plan: RuleSetPlan | null;
  /** Lists and tables; null where there is no plan. */
  readonly data: RuleData | null;
}

/** `delay`: the streams of the prelude, and those like them, take events that come late by so much. */
export function programOf(case_: Case, delay: string | null): Program {
  const main = case_.values === null ? ruleText(case_.rule) : valuesText(case_.rule, case_.values);
  const files = case_.files.filter(({ name }) => name.endsWith(".seq"));
  const sources = [
    {
      file: "case.seq",
      text: withPrelude(
        main,
        files.map(({ lines }) => lines.join("\n")),
      ),
    },
    ...files.map(({ name, lines }) => ({ file: name, text: lines.join("\n") })),
  ].map(({ file, text }) => ({
    file,
    text: delay === null ? text : text.replaceAll("{ time at }", `{ time at  delay ${delay} }`),
  }));
  const reader = fileReader(case_);
  const { plan, diagnostics, files: trees } = compileRules(sources, { todayMs: START_MS });
  const data = loadData(trees, reader);
  const all = [...diagnostics, ...data.diagnostics];
  return {
    sources,
    reader,
    plan,
    data: plan === null ? null : new RuleData(plan, data.contents),
    diagnostics: all,
  };
}

/** The files that stand in the case. */
function fileReader({ files }: Case): RuleFileReader {
  return {
    readLines: (_, file) => {
      const found = files.find(({ name }) => name === file);
      return found === undefined ? { error: "there is no such file" } : { lines: found.lines };
    },
  };
}

/** A body (`match …`, `window …`, `expect …`, and the clauses after it) becomes the rule `r`. */
function ruleText(text: string): string {
  if (/^\s*rule\s/m.test(text)) return text;
  const body = /^(?:match|window|expect)\b/m.exec(text);
  if (body === null) return text;
  const after = /^(?:test|exception)\s/m.exec(text);
  const end = after?.index ?? text.length;
  const rule = `rule r "R" { severity low\n${text.slice(body.index, end)}\n}`;
  return `${text.slice(0, body.index)}${rule}\n${text.slice(end)}`;
}

function withPrelude(text: string, others: readonly string[]): string {
  const whole = [text, ...others].join("\n");
  const prelude = PRELUDE.filter(
    ({ name }) => !new RegExp(`^\\s*(?:stream|event)\\s+${name}\\b`, "m").test(whole),
  );
  return `${prelude.map((line) => line.text).join("\n")}\n${text}`;
}

/** Name of the field that says which step of a case about values takes an event. */
export const STEP_FIELD = "case_step";

/** The expressions as fields of an alert, after an event `a` and, where there are any, those of a loop `r`. */
function valuesText(declarations: string, { loop, rows }: CaseValues): string {
  const steps = [`a: s where ${STEP_FIELD} == "a"`];
  if (loop.length > 0)
    steps.push(`then r: ${loop.length}..${loop.length} s where ${STEP_FIELD} == "r"`);
  const fields = rows.map(({ expression }, i) => `v${i}: ${expression}`);
  const rule = `match by k within 1h { ${steps.join(" ")} }\nalert "a" {\n${fields.join("\n")}\n}`;
  return `${declarations}\nrule r "R" { severity low\n${rule}\n}`;
}
