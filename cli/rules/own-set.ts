/** A rule set from a folder or file, ready to be sent: with all that it names, and checked here first. */

import { userInfo } from "node:os";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { collectBundle, type RuleBundle } from "../../rules/rule-bundle.ts";
import type { LoadedRules } from "../../rules/rule-set.ts";
import { RefusalError } from "../../server/refusal.ts";
import type { PackedSet, RuleChoice } from "../../server/reload/set-package.ts";
import { ruleFileReader } from "../../server/rule-file-reader.ts";
import { readSources, rootOf } from "../../server/rule-folder.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { UsageError } from "../exit-code.ts";
import { validSet } from "../rule-paths.ts";

export interface ChoiceFlags {
  readonly drain: readonly string[];
  readonly reset: readonly string[];
  readonly replay: readonly string[];
}

export interface OwnSet {
  readonly bundle: RuleBundle;
  readonly plan: RuleSetPlan;
}

/** Null after its errors were told on stderr. Throws UsageError where there are no rules. */
export function readOwnSet(path: string, output: ConsoleOutput): OwnSet | null {
  const { bundle, loaded } = collect(path);
  const set = validSet(loaded, output);
  return set === null ? null : { bundle, plan: set.plan };
}

function collect(path: string): { readonly bundle: RuleBundle; readonly loaded: LoadedRules } {
  try {
    const reader = ruleFileReader(rootOf(path));
    return collectBundle(readSources(path), reader, { todayMs: Date.now(), recordings: true });
  } catch (error) {
    if (error instanceof RefusalError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** One choice for each rule. Throws UsageError where a rule has two. */
export function choicesOf(flags: ChoiceFlags): PackedSet["choices"] {
  const choices = new Map<string, RuleChoice>();
  for (const choice of ["drain", "reset", "replay"] as const) {
    for (const rule of flags[choice]) {
      if (choices.has(rule)) throw new UsageError(`${rule} has two choices`);
      choices.set(rule, choice);
    }
  }
  return [...choices];
}

/** Who pushes, where nothing is said: the user of the system. */
export function defaultAuthor(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

/** The greatest files of a set, for the account of one that is too large. */
export function greatestFiles({ files, data }: RuleBundle): readonly string[] {
  return [...files, ...data]
    .map(({ file, text }) => ({ file, bytes: Buffer.byteLength(text) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map(({ file, bytes }) => `${file} has ${bytes} bytes`);
}
