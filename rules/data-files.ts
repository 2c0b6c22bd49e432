/**
 * Reads the files and buckets of a rule set's lists and tables (D-3), files relative to the rule file that declares
 * them, and tells what is wrong with them at the declaration: once for each kind of problem, the first lines by number
 * and the rest counted.
 */

import type { Diagnostic } from "../base/diagnostic.ts";
import { compareText } from "../base/value.ts";
import type { RuleFile, Text } from "../dsl/ast.ts";
import { dataForm, formsOf } from "../dsl/data-form.ts";
import type { ErrorCode, WarningCode } from "../dsl/errors.ts";
import { Reporter } from "../dsl/report.ts";
import type { DataContent } from "../engine/rule-data.ts";
import {
  bucketList,
  bucketTable,
  type DataProblem,
  type ReadContent,
  readList,
  readTable,
} from "./data-content.ts";
import type { RuleFileReader } from "./rule-files.ts";

/** A list or table that stands in a file. */
export interface DataFile {
  readonly name: string;
  readonly ruleFile: string;
  /** As the rule file names it. */
  readonly file: Text;
  /** Turns the file's text into what the list or table holds. */
  readonly read: (text: string) => ReadContent;
}

export interface LoadedData {
  readonly files: readonly DataFile[];
  readonly contents: ReadonlyMap<string, DataContent>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads all of them. A name that several files declare alike is read at its first declaration (D-7). */
export function loadData(files: readonly RuleFile[], reader: RuleFileReader): LoadedData {
  const report = new Reporter(files);
  const contents = new Map<string, DataContent>();
  loadBuckets(files, reader, report, contents);
  const dataFiles = dataFilesOf(files);
  for (const dataFile of dataFiles) {
    const { name, file, ruleFile, read } = dataFile;
    const text = reader.readLines(ruleFile, file.value);
    if ("error" in text) {
      report.error("E0701", file.span, `\`${name}\` cannot be read: ${text.error}`, {
        label: "this file",
        notes: ["names of files are relative to the rule file that they stand in"],
      });
      continue;
    }
    const { content, problems } = read(text.lines.join("\n"));
    reportProblems(`the file of \`${name}\``, file, problems, report);
    contents.set(name, content);
  }
  return { files: dataFiles, contents, diagnostics: report.finish() };
}

/** Lists and tables of buckets. What is not known here is empty, and a warning. */
function loadBuckets(
  files: readonly RuleFile[],
  reader: RuleFileReader,
  report: Reporter,
  contents: Map<string, DataContent>,
): void {
  for (const declaration of files.flatMap(({ declarations }) => declarations)) {
    if (declaration.kind !== "list" && declaration.kind !== "table") continue;
    const { from } = declaration;
    const name = declaration.name.text;
    if (from.kind !== "kv" || contents.has(name)) continue;
    const { bucket } = from;
    const found = reader.readBucket?.(bucket.value) ?? { unknown: "it is in NATS" };
    if ("entries" in found) {
      const entries = [...found.entries].sort((a, b) => compareText(a.key, b.key));
      const { content, problems } =
        declaration.kind === "list"
          ? bucketList(entries)
          : bucketTable(entries, declaration.key.text);
      reportProblems(`the bucket of \`${name}\``, bucket, problems, report);
      contents.set(name, content);
    } else if ("unknown" in found) {
      report.warning("W0705", bucket.span, `the entries of \`${name}\` are not known here`, {
        label: found.unknown,
        notes: ["the service reads the bucket; here it is taken as empty"],
      });
    } else {
      report.error("E0701", bucket.span, `\`${name}\` cannot be read: ${found.error}`, {
        label: "this bucket",
      });
    }
  }
}

function dataFilesOf(files: readonly RuleFile[]): readonly DataFile[] {
  const found = new Map<string, DataFile>();
  for (const { file: ruleFile, declarations } of files) {
    for (const declaration of declarations) {
      if (declaration.kind !== "list" && declaration.kind !== "table") continue;
      const { from } = declaration;
      const name = declaration.name.text;
      if (from.kind !== "file" || found.has(name)) continue;
      const { file } = from;
      const form = dataForm(file.value);
      // The checker has told of a form that does not fit.
      if (form === null || !formsOf(declaration).includes(form)) continue;
      const read =
        declaration.kind === "table"
          ? (text: string) => readTable(file.value, text, declaration.key.text)
          : (text: string) =>
              readList(file.value, text, "column" in from ? (from.column?.text ?? null) : null);
      found.set(name, { name, ruleFile, file, read });
    }
  }
  return [...found.values()];
}

type Said =
  | { readonly severity: "error"; readonly code: ErrorCode; readonly message: string }
  | { readonly severity: "warning"; readonly code: WarningCode; readonly message: string };

const SAID: Record<DataProblem["kind"], Said> = {
  column: { severity: "error", code: "E0702", message: "has no such column" },
  unreadable: { severity: "error", code: "E0703", message: "cannot be read in full" },
  twice: { severity: "warning", code: "W0701", message: "has a key twice" },
  "no key": { severity: "warning", code: "W0702", message: "has rows without a key" },
  cells: { severity: "warning", code: "W0703", message: "has rows that are too long" },
  empty: { severity: "warning", code: "W0704", message: "is empty" },
};

const LINES_SHOWN = 3;

function reportProblems(
  what: string,
  file: Text,
  problems: readonly DataProblem[],
  report: Reporter,
): void {
  for (const kind of new Set(problems.map((problem) => problem.kind))) {
    const same = problems.filter((problem) => problem.kind === kind);
    const said = SAID[kind];
    const message = `${what} ${said.message}`;
    const notes = same.slice(0, LINES_SHOWN).map((problem) => placed(file.value, problem));
    const rest = same.length - notes.length;
    if (rest > 0) notes.push(rest === 1 ? "and 1 line more" : `and ${rest} lines more`);
    if (said.severity === "error") report.error(said.code, file.span, message, { notes });
    else report.warning(said.code, file.span, message, { notes });
  }
}

function placed(file: string, { line, text }: DataProblem): string {
  return line === null ? `${file}: ${text}` : `${file}:${line}: ${text}`;
}
