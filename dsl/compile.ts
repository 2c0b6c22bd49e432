/**
 * The door of this folder: rule files as texts in, a plan or diagnostics out. Pure; what is wrong with a rule is told,
 * never thrown.
 */

import type { Diagnostic } from "../base/diagnostic.ts";
import type { RuleFile } from "./ast.ts";
import { check } from "./check.ts";
import { parse } from "./parse.ts";
import type { RuleSetPlan } from "./plan.ts";
import { inFileOrder } from "./report.ts";

/** A rule file: its name as the user gave it, and its text. Names are different from each other. */
export interface RuleSource {
  readonly file: string;
  readonly text: string;
}

export interface Compiled {
  /** Null where any diagnostic is an error. */
  readonly plan: RuleSetPlan | null;
  /** By file as given, then by position, then by code. */
  readonly diagnostics: readonly Diagnostic[];
  /** The trees, in the order of the files. */
  readonly files: readonly RuleFile[];
}

export interface CompileOptions {
  /** The day on which the rules are looked at, in ms since 1970: for what is past its date. Default: nothing is. */
  readonly todayMs?: number;
}

/** Compiles the files of one rule set together: they share their names (D-7). */
export function compileRules(
  sources: readonly RuleSource[],
  options: CompileOptions = {},
): Compiled {
  const parsed = sources.map(({ file, text }) => parse(file, text));
  const files = parsed.map(({ tree }) => tree);
  const { plan, diagnostics } = check(files, options.todayMs ?? null);
  const syntax = parsed.flatMap((file) => file.diagnostics);
  const broken = syntax.some((diagnostic) => diagnostic.severity === "error");
  const own = diagnostics.filter((diagnostic) => !isConsequence(diagnostic, syntax));
  const all = inFileOrder(files, [...syntax, ...own]);
  return { plan: broken ? null : plan, diagnostics: all, files };
}

/** What the checker says of a value whose text is broken follows from that. */
function isConsequence({ span }: Diagnostic, syntax: readonly Diagnostic[]): boolean {
  return syntax.some(
    ({ span: broken }) =>
      broken.file === span.file && span.start <= broken.start && broken.end <= span.end,
  );
}
