/**
 * Rule sets: the files of one set compiled together, in the order of their paths, so that the places of streams (M-1)
 * and the order of messages do not depend on how the files were found; with the lists and tables that stand in files.
 */

import type { Diagnostic } from "../base/diagnostic.ts";
import { compareText } from "../base/value.ts";
import type { RuleFile } from "../dsl/ast.ts";
import { compileRules, type RuleSource } from "../dsl/compile.ts";
import type { RuleSetPlan } from "../dsl/plan.ts";
import { inFileOrder } from "../dsl/report.ts";
import { type DataContent, RuleData } from "../engine/rule-data.ts";
import { type DataFile, loadData } from "./data-files.ts";
import type { RuleFileReader } from "./rule-files.ts";

/** A rule set without errors. */
export interface RuleSet {
  readonly plan: RuleSetPlan;
  /** What engines of this set are given as `data`. */
  readonly data: RuleData;
  /** What the files and buckets of lists and tables hold, by name: from these `data` is made. */
  readonly contents: ReadonlyMap<string, DataContent>;
  /** Where the contents came from, to be read again and put into `data` when a file changes. */
  readonly dataFiles: readonly DataFile[];
  /** Names of the rules that a file declares, in the order of its text. */
  rulesOfFile(file: string): readonly string[];
}

export interface LoadedRules {
  /** Sorted by path. */
  readonly files: readonly RuleSource[];
  readonly diagnostics: readonly Diagnostic[];
  /** Null where a diagnostic is an error. */
  readonly set: RuleSet | null;
}

export interface LoadOptions {
  /** Reads the files of lists and tables. */
  readonly reader: RuleFileReader;
  /** Milliseconds since 1970: exceptions past their date are told. */
  readonly todayMs: number;
}

/** Compiles the files of one set. Paths are different from each other. */
export function loadRules(
  sources: readonly RuleSource[],
  { reader, todayMs }: LoadOptions,
): LoadedRules {
  const files = [...sources].sort((a, b) => compareText(a.file, b.file));
  const compiled = compileRules(files, { todayMs });
  const data = loadData(compiled.files, reader);
  const diagnostics = inFileOrder(compiled.files, [...compiled.diagnostics, ...data.diagnostics]);
  const { plan } = compiled;
  if (plan === null || data.diagnostics.some(({ severity }) => severity === "error")) {
    return { files, diagnostics, set: null };
  }
  const set: RuleSet = {
    plan,
    data: new RuleData(plan, data.contents),
    contents: data.contents,
    dataFiles: data.files,
    rulesOfFile: (file) => ruleNames(compiled.files, file),
  };
  return { files, diagnostics, set };
}

function ruleNames(files: readonly RuleFile[], file: string): readonly string[] {
  const found = files.find((candidate) => candidate.file === file);
  return (found?.declarations ?? []).flatMap((declaration) =>
    declaration.kind === "rule" ? [declaration.name.text] : [],
  );
}
