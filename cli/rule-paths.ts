/** From the paths of a command line to a rule set: files, folders with all the rule files in them, `-` for stdin. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RuleSource } from "../dsl/compile.ts";
import { renderDiagnostic } from "../dsl/source-frame.ts";
import { type LoadedRules, loadRules } from "../rules/rule-set.ts";
import { ruleFileReader as readerIn } from "../server/rule-file-reader.ts";
import type { ConsoleOutput } from "./console-output.ts";
import { UsageError } from "./exit-code.ts";

const EXTENSION = ".seq";
const STDIN = "-";

/** Reads and compiles the rule files as one set. Throws UsageError where a path leads to none. */
export function loadRulePaths(paths: readonly string[]): LoadedRules {
  const sources = new Map<string, RuleSource>();
  for (const path of paths) {
    for (const file of ruleFiles(path)) {
      // A file named twice, perhaps through its folder, is read once.
      const key = file === STDIN ? STDIN : resolve(file);
      if (!sources.has(key)) sources.set(key, { file, text: readText(file) });
    }
  }
  return loadRules([...sources.values()], { reader: ruleFileReader, todayMs: Date.now() });
}

function ruleFiles(path: string): readonly string[] {
  if (path === STDIN) return [path];
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`${path} does not exist`);
  if (!stat.isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => join(path, name));
  if (files.length === 0)
    throw new UsageError(`there are no rule files (*${EXTENSION}) in ${path}`);
  return files;
}

function readText(file: string): string {
  try {
    return readFileSync(file === STDIN ? 0 : file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${file} cannot be read (${code})`, { cause: error });
  }
}

/** The diagnostics as people read them, each with its source frame. */
export function renderDiagnostics(loaded: LoadedRules, color: boolean): readonly string[] {
  const texts = new Map(loaded.files.map(({ file, text }) => [file, text]));
  return loaded.diagnostics.map((diagnostic) =>
    renderDiagnostic(diagnostic, texts.get(diagnostic.span.file) ?? null, { color }),
  );
}

/** The rule set, or null after its errors were told on stderr. */
export function validSet(loaded: LoadedRules, output: ConsoleOutput): LoadedRules["set"] {
  if (loaded.set !== null) return loaded.set;
  for (const text of renderDiagnostics(loaded, output.hasColor("stderr"))) output.err(text, "");
  const errors = loaded.diagnostics.filter(({ severity }) => severity === "error").length;
  output.err(`sequitur: the rules have ${errors === 1 ? "an error" : `${errors} errors`}`);
  return null;
}

/** Alerts over recorded events would be wrong with empty lists. Throws UsageError where the set has some of buckets. */
export function refuseBuckets({ plan }: NonNullable<LoadedRules["set"]>): void {
  for (const { name, from } of [...plan.lists, ...plan.tables]) {
    if (from.kind !== "kv") continue;
    throw new UsageError(
      `\`${name}\` comes from the bucket ${from.bucket}, which only \`sequitur run\` reads: replay with \`from\` a file instead`,
    );
  }
}

/** Files that rule files name, relative to them. */
export const ruleFileReader = readerIn("");
