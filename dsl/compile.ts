/**
 * The door of this folder: rule files as texts in, a plan or diagnostics out. Pure; what is wrong with a rule is told,
 * never thrown.
 */

import type { Diagnostic } from "../base/diagnostic.ts";
import { compareText } from "../base/value.ts";
import { check } from "./check.ts";
import { parse } from "./parse.ts";
import type { RuleSetPlan } from "./plan.ts";

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
}

/** Compiles the files of one rule set together: they share their names (D-7). */
export function compileRules(sources: readonly RuleSource[]): Compiled {
  const parsed = sources.map(({ file, text }) => parse(file, text));
  const { plan, diagnostics } = check(parsed.map(({ tree }) => tree));
  const syntax = parsed.flatMap((file) => file.diagnostics);
  const broken = syntax.some((diagnostic) => diagnostic.severity === "error");
  const place = new Map(sources.map((source, index) => [source.file, index]));
  const all = [...syntax, ...diagnostics].sort(
    (a, b) =>
      (place.get(a.span.file) ?? 0) - (place.get(b.span.file) ?? 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      compareText(a.code, b.code),
  );
  return { plan: broken ? null : plan, diagnostics: all };
}
