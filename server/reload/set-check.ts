/**
 * Checks a rule set before anything is done with it: reads, compiles, runs the rules' own tests. Synchronous and slow,
 * so the service runs it in a thread of its own (set-checker.ts); everything that goes in and out is plain data.
 */

import { sha256Hex } from "../../base/hash.ts";
import { stringifyJson } from "../../base/json.ts";
import type { RuleSource } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { lineColumn, renderDiagnostic } from "../../dsl/source-frame.ts";
import type { DataContent } from "../../engine/rule-data.ts";
import {
  type BundledBucket,
  bundleHash,
  bundleReader,
  collectBundle,
  makeBundle,
  type RuleBundle,
} from "../../rules/rule-bundle.ts";
import type { RuleFileReader } from "../../rules/rule-files.ts";
import type { LoadedRules } from "../../rules/rule-set.ts";
import { runTest } from "../../rules/test-runner.ts";
import { RefusalError } from "../refusal.ts";
import { ruleFileReader } from "../rule-file-reader.ts";
import {
  planWithLimits,
  type RuleLimits,
  readSources,
  revisionOf,
  rootOf,
} from "../rule-folder.ts";

/** Where the set's texts are: in a folder, or here. The entries of buckets are always given. */
export type SetInput =
  | { readonly kind: "folder"; readonly path: string; readonly buckets: readonly BundledBucket[] }
  | { readonly kind: "bundle"; readonly bundle: RuleBundle };

export interface CheckRequest {
  readonly input: SetInput;
  readonly limits: RuleLimits;
  readonly runTests: boolean;
  readonly todayMs: number;
}

/** One thing that is wrong, with its place; line and column count from 1 and are 0 where there is none. */
export interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** A diagnostic's code; `test` for a test that failed, `set` for what concerns the whole set. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** The same for people, with the source line; of a failed test what happened instead. */
  readonly text: string;
}

/** A set that was checked. */
export interface CheckedSet {
  /** What it was made of, without the recordings of tests. */
  readonly bundle: RuleBundle;
  /** Identity of its texts, buckets not among them: 16 hexadecimal digits. */
  readonly hash: string;
  /** The same with buckets: equal where nothing at all differs. */
  readonly fullHash: string;
  /** Identity by the versions of its rules; "" where there is no plan. */
  readonly revision: string;
  /** Null where a problem is an error. Tests that fail are problems, and leave it. */
  readonly plan: RuleSetPlan | null;
  readonly contents: ReadonlyMap<string, DataContent>;
  /** Identity of each content, by name: contents are long, and comparing them takes time. */
  readonly digests: ReadonlyMap<string, string>;
  readonly problems: readonly RuleProblem[];
}

/** Never throws for what is wrong with a set. */
export function checkSet(request: CheckRequest): CheckedSet {
  const opened = openInput(request.input);
  if ("problem" in opened) return failedSet([opened.problem]);
  const { sources, reader } = opened;
  const { bundle, loaded } = collectBundle(sources, reader, {
    todayMs: request.todayMs,
    recordings: false,
  });
  const found = problemsOf(loaded);
  const hash = bundleHash(bundle, false).slice(0, 16);
  const fullHash = bundleHash(bundle);
  const { set } = loaded;
  if (set === null) return { ...failedSet(found), bundle, hash, fullHash };
  const tests = request.runTests ? set.plan.tests : [];
  const failures = tests.flatMap((test): RuleProblem[] => {
    const { passed, problems, story } = runTest(set, test, { reader, harder: false });
    if (passed) return [];
    const { file, line, title } = test;
    const message = `the test "${title}" fails: ${problems.join("; ")}`;
    const text = [`${file}:${line}: ${message}`, ...story.map((one) => `  ${one}`)].join("\n");
    return [{ file, line, column: 1, code: "test", severity: "error", message, text }];
  });
  // Only its tests needed them, and they are told.
  const plan = planWithLimits({ ...set.plan, tests: [] }, request.limits);
  const problems = [...found, ...failures];
  const revision = revisionOf(plan);
  const { contents } = set;
  const digests = digestsOf(contents);
  return { bundle, hash, fullHash, revision, plan, contents, digests, problems };
}

function digestsOf(contents: ReadonlyMap<string, DataContent>): ReadonlyMap<string, string> {
  return new Map([...contents].map(([name, one]) => [name, sha256Hex(contentText(one))]));
}

/** Contents hold integers that JSON.stringify refuses. */
function contentText(content: DataContent): string {
  const held =
    content.kind === "list" ? content.items : content.rows.map(({ key, row }) => [key, row]);
  return stringifyJson([content.kind, held]);
}

/** A set that could not be compiled. */
export function failedSet(problems: readonly RuleProblem[]): CheckedSet {
  const bundle = makeBundle({ files: [], data: [], buckets: [] });
  const texts = { hash: "", fullHash: "", revision: "" };
  return { bundle, plan: null, problems, contents: new Map(), digests: new Map(), ...texts };
}

export function setProblem(message: string, file = ""): RuleProblem {
  return { file, line: 0, column: 0, code: "set", severity: "error", message, text: message };
}

interface OpenedInput {
  readonly sources: readonly RuleSource[];
  readonly reader: RuleFileReader;
}

function openInput(input: SetInput): OpenedInput | { readonly problem: RuleProblem } {
  if (input.kind === "bundle") {
    return { sources: input.bundle.files, reader: bundleReader(input.bundle) };
  }
  try {
    const sources = readSources(input.path);
    const { readLines } = ruleFileReader(rootOf(input.path));
    const buckets = bundleReader({ files: [], data: [], buckets: input.buckets });
    const { readBucket } = buckets;
    return { sources, reader: { readLines, ...(readBucket === undefined ? {} : { readBucket }) } };
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    return { problem: setProblem(error.message, input.path) };
  }
}

function problemsOf({ files, diagnostics }: LoadedRules): readonly RuleProblem[] {
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  return diagnostics.map((diagnostic) => {
    const { code, severity, message, span } = diagnostic;
    const source = texts.get(span.file) ?? null;
    const place = source === null ? { line: 0, column: 0 } : lineColumn(source, span.start);
    const text = renderDiagnostic(diagnostic, source);
    return { file: span.file, ...place, code, severity, message, text };
  });
}

/** Errors first, in one line each: `file:line:column: error[E0203]: …`. */
export function problemLine({ file, line, column, code, severity, message }: RuleProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place === "" ? "" : `${place}: `}${severity}[${code}]: ${message}`;
}
