/**
 * A rule set as plain texts: everything that its meaning depends on, so that it can be kept, sent and compiled
 * elsewhere. Rule files, the files that they name (lists, tables, recordings of tests), the entries of buckets.
 *
 * Invariants
 *  B1  Equal bundles have equal hashes, however they were put together: all lists are sorted.
 *  B2  A bundle reads as the folder did that it was made of: paths are relative to the folder, with `/`.
 */

import { sha256Hex } from "../base/hash.ts";
import { compareText } from "../base/value.ts";
import type { RuleSource } from "../dsl/compile.ts";
import { parse } from "../dsl/parse.ts";
import type { TestPlan } from "../dsl/plan.ts";
import type { BucketEntry, FileLines, RuleFileReader } from "./rule-files.ts";
import { type LoadedRules, loadRules } from "./rule-set.ts";

export interface RuleBundle {
  readonly files: readonly RuleSource[];
  /** Files that rule files name, unpacked. */
  readonly data: readonly RuleSource[];
  readonly buckets: readonly BundledBucket[];
}

export interface BundledBucket {
  readonly bucket: string;
  readonly entries: readonly BucketEntry[];
}

/** Sorts what a bundle is made of. */
export function makeBundle(parts: RuleBundle): RuleBundle {
  const byFile = (list: readonly RuleSource[]): readonly RuleSource[] =>
    [...list].sort((a, b) => compareText(a.file, b.file)).map(({ file, text }) => ({ file, text }));
  const buckets = parts.buckets.map(({ bucket, entries }) => ({
    bucket,
    entries: [...entries]
      .sort((a, b) => compareText(a.key, b.key))
      .map(({ key, text }) => ({ key, text })),
  }));
  return {
    files: byFile(parts.files),
    data: byFile(parts.data),
    buckets: buckets.sort((a, b) => compareText(a.bucket, b.bucket)),
  };
}

/** Identity of the contents: 64 hexadecimal digits. Buckets count only where they are asked for. */
export function bundleHash(bundle: RuleBundle, withBuckets = true): string {
  const { files, data, buckets } = bundle;
  return sha256Hex(JSON.stringify([files, data, withBuckets ? buckets : []]));
}

/** The bundle as one text. */
export function bundleText({ files, data, buckets }: RuleBundle): string {
  return JSON.stringify({ files, data, buckets });
}

/** A bundle from its parsed text, or what is wrong with it, as a clause. */
export function bundleOf(value: unknown): { readonly bundle: RuleBundle } | { error: string } {
  const { files, data = [], buckets = [] } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (!isSources(files) || files.length === 0) return { error: "it has no rule files" };
  if (!isSources(data)) return { error: "its data files are none" };
  if (!Array.isArray(buckets) || !buckets.every(isBucket)) return { error: "its buckets are none" };
  for (const list of [files, data]) {
    const names = new Set(list.map(({ file }) => file));
    if (names.size < list.length) return { error: "it has a file twice" };
  }
  return { bundle: makeBundle({ files, data, buckets }) };
}

function isSources(value: unknown): value is readonly RuleSource[] {
  return Array.isArray(value) && value.every(isSource);
}

function isSource(value: unknown): value is RuleSource {
  const { file, text } = (value ?? {}) as Partial<RuleSource>;
  return typeof file === "string" && file !== "" && typeof text === "string";
}

function isBucket(value: unknown): value is BundledBucket {
  const { bucket, entries } = (value ?? {}) as Partial<BundledBucket>;
  return (
    typeof bucket === "string" &&
    Array.isArray(entries) &&
    entries.every(
      (entry: Partial<BucketEntry> | null) =>
        typeof entry?.key === "string" && typeof entry.text === "string",
    )
  );
}

/**
 * Compiles a set and collects what it read on the way. `recordings`: also the files of tests, which a running set does
 * not need. What cannot be read is no part of the bundle; diagnostics, or the tests, tell of it.
 */
export function collectBundle(
  sources: readonly RuleSource[],
  reader: RuleFileReader,
  options: { readonly todayMs: number; readonly recordings: boolean },
): { readonly bundle: RuleBundle; readonly loaded: LoadedRules } {
  const data = new Map<string, string>();
  const buckets = new Map<string, readonly BucketEntry[]>();
  const recorder: RuleFileReader = {
    readLines(ruleFile, file) {
      const read = reader.readLines(ruleFile, file);
      if ("lines" in read) data.set(joinPath(ruleFile, file), textOf(read.lines));
      return read;
    },
    readBucket(bucket) {
      const read = reader.readBucket?.(bucket) ?? { unknown: "it is in NATS" };
      if ("entries" in read) buckets.set(bucket, read.entries);
      return read;
    },
  };
  const loaded = loadRules(sources, { reader: recorder, todayMs: options.todayMs });
  if (options.recordings) {
    for (const test of loaded.set?.plan.tests ?? []) readRecordings(test, recorder);
  }
  const bundle = makeBundle({
    files: sources,
    data: [...data].map(([file, text]) => ({ file, text })),
    buckets: [...buckets].map(([bucket, entries]) => ({ bucket, entries })),
  });
  return { bundle, loaded };
}

function readRecordings({ file, inputs }: TestPlan, reader: RuleFileReader): void {
  for (const input of inputs) if (input.kind === "from") reader.readLines(file, input.file);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Reads from the bundle what its rule files name. */
export function bundleReader({ data, buckets }: RuleBundle): RuleFileReader {
  const texts = new Map(data.map(({ file, text }) => [file, text]));
  const entries = new Map(buckets.map((bucket) => [bucket.bucket, bucket.entries]));
  return {
    readLines(ruleFile, file): FileLines {
      const path = joinPath(ruleFile, file);
      const text = texts.get(path);
      if (text === undefined) return { error: `${path} is not in the set` };
      const lines = text.split("\n");
      if (lines.at(-1) === "") lines.pop();
      return { lines };
    },
    readBucket(bucket) {
      const found = entries.get(bucket);
      return found === undefined ? { unknown: "it was not read" } : { entries: found };
    },
  };
}

/** The buckets that lists and tables of these rule files come from, sorted. */
export function bucketsOf(files: readonly RuleSource[]): readonly string[] {
  const found = new Set<string>();
  for (const { file, text } of files) {
    // Parsing costs; few files have buckets.
    if (!/\bkv\b/.test(text)) continue;
    for (const declaration of parse(file, text).tree.declarations) {
      if (declaration.kind !== "list" && declaration.kind !== "table") continue;
      if (declaration.from.kind === "kv") found.add(declaration.from.bucket.value);
    }
  }
  return [...found].sort(compareText);
}

/** `file` as the rule file names it, relative to the folder of the set. */
export function joinPath(ruleFile: string, file: string): string {
  if (file.startsWith("/")) return file;
  const parts = ruleFile.split("/").slice(0, -1);
  for (const part of file.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
