/**
 * The contents of lists and tables that stand in files (D-3), from the text of the file.
 *
 * A cell of a CSV file, and a line of a text list, is a number where it reads as JSON writes numbers (`17`, `-0.5`; not
 * `007`), else a text; `true` and `false` are texts. What stands in quotes is always a text: `"17"`. An empty cell is
 * null. The items of a list, and the keys of a table, are numbers only if all of them are: one name that happens to be
 * of digits is a name like the others. A CSV file begins with the names of its columns. NDJSON holds one object a line.
 * The entries of a NATS KV bucket are read likewise.
 */

import { parseJson } from "../base/json.ts";
import { isObject, property, type Value, type ValueObject } from "../base/value.ts";
import { dataForm } from "../dsl/data-form.ts";
import type { DataContent, TableRow } from "../engine/rule-data.ts";
import { canonicalKey } from "../nfa/functions/canonical.ts";
import { type CsvCell, type CsvRecord, readCsv } from "./csv.ts";
import type { BucketEntry } from "./rule-files.ts";

/** What is wrong with a file or bucket. Errors make its content useless. */
export interface DataProblem {
  readonly kind: "column" | "unreadable" | "twice" | "no key" | "cells" | "empty";
  /** From 1; null where it is about the whole file. */
  readonly line: number | null;
  /** A clause. */
  readonly text: string;
}

export interface ReadContent {
  readonly content: DataContent;
  readonly problems: readonly DataProblem[];
}

/** A list's items: of a text file its lines, of CSV one column (null: the first one). */
export function readList(file: string, text: string, column: string | null): ReadContent {
  const problems: DataProblem[] = [];
  const items =
    dataForm(file) === "csv"
      ? columnItems(text, column, problems)
      : valuesOf(lineCells(text, problems));
  if (items.length === 0 && problems.length === 0) problems.push(nothingIn("items"));
  return { content: { kind: "list", items }, problems };
}

/** A table's rows by the column or field `key`. */
export function readTable(file: string, text: string, key: string): ReadContent {
  const problems: DataProblem[] = [];
  const rows = dataForm(file) === "csv" ? csvRows(text, key, problems) : jsonRows(text, problems);
  const keyed: TableRow[] = [];
  const lines = new Map<unknown, number>();
  for (const { row, line } of rows) {
    const value = property(row, key);
    if (value === null || typeof value === "object") {
      problems.push({ kind: "no key", line, text: `there is no \`${key}\`` });
      continue;
    }
    const name = canonicalKey(value);
    const before = lines.get(name);
    if (before !== undefined) {
      const text = `${JSON.stringify(String(value))} stands in line ${before} too; the later row counts`;
      problems.push({ kind: "twice", line, text });
    }
    lines.set(name, line);
    keyed.push({ key: value, row });
  }
  if (keyed.length === 0 && problems.length === 0) problems.push(nothingIn("rows"));
  return { content: { kind: "table", rows: keyed }, problems };
}

/** A bucket's items: of each entry the value where it has one, else the key. Both are read as lines are. */
export function bucketList(entries: readonly BucketEntry[]): ReadContent {
  const problems: DataProblem[] = [];
  const cells = entries.flatMap(({ key, text }) => {
    if (text.trim() === "") return [{ text: key, quoted: false }];
    const wrong: DataProblem[] = [];
    const found = lineCells(text, wrong);
    problems.push(...wrong.map((one) => ({ ...one, line: null, text: `${key}: ${one.text}` })));
    return found;
  });
  if (entries.length === 0) problems.push(nothingIn("entries"));
  return { content: { kind: "list", items: valuesOf(cells) }, problems };
}

/** A bucket's rows: each value is a JSON object; where it lacks the key column, the entry's key fills it. */
export function bucketTable(entries: readonly BucketEntry[], key: string): ReadContent {
  const problems: DataProblem[] = [];
  const found = entries.flatMap(({ key: name, text }) => {
    const parsed = parseJson(text);
    if ("error" in parsed || !isObject(parsed.value)) {
      const what = "error" in parsed ? parsed.error : "it is no object";
      problems.push({ kind: "unreadable", line: null, text: `${name}: ${what}` });
      return [];
    }
    return [{ name, row: parsed.value, given: property(parsed.value, key) }];
  });
  const areNumbers = found.every(
    ({ name, given }) => typeof (given ?? scalarOf(name)) !== "string",
  );
  const rows = found.flatMap(({ name, row, given }): TableRow[] => {
    if (given === null) {
      const value = areNumbers ? scalarOf(name) : name;
      return [{ key: value, row: { ...row, [key]: value } }];
    }
    if (typeof given !== "object") return [{ key: given, row }];
    problems.push({ kind: "no key", line: null, text: `${name}: \`${key}\` is no scalar` });
    return [];
  });
  if (entries.length === 0) problems.push(nothingIn("entries"));
  return { content: { kind: "table", rows }, problems };
}

function nothingIn(what: string): DataProblem {
  return { kind: "empty", line: null, text: `it has no ${what}` };
}

/** As JSON writes a number. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function scalarOf(text: string): Value {
  if (!NUMBER.test(text)) return text;
  const parsed = parseJson(text);
  return "value" in parsed ? parsed.value : text;
}

function cellValue({ text, quoted }: CsvCell): Value {
  if (quoted) return text;
  return text === "" ? null : scalarOf(text);
}

/** The values of items or keys: numbers where all of them are, else texts; null where one is empty or missing. */
function valuesOf(cells: readonly (CsvCell | undefined)[]): readonly Value[] {
  const values = cells.map((cell) => (cell === undefined ? null : cellValue(cell)));
  if (!values.some((value) => typeof value === "string")) return values;
  return values.map((value, i) => (value === null ? null : (cells[i]?.text ?? null)));
}

/** One item a line; `#` before one makes it a comment, double quotes around it a text that JSON reads. */
function lineCells(text: string, problems: DataProblem[]): readonly CsvCell[] {
  const cells: CsvCell[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const item = line.trim();
    if (item === "" || item.startsWith("#")) continue;
    if (!item.startsWith('"')) {
      cells.push({ text: item, quoted: false });
      continue;
    }
    const parsed = parseJson(item);
    if ("value" in parsed && typeof parsed.value === "string")
      cells.push({ text: parsed.value, quoted: true });
    else problems.push({ kind: "unreadable", line: index + 1, text: "no text in quotes" });
  }
  return cells;
}

function columnItems(
  text: string,
  column: string | null,
  problems: DataProblem[],
): readonly Value[] {
  const file = csvFile(text, problems);
  if (file === null) return [];
  const at = column === null ? 0 : columnAt(file.names, column, problems);
  if (at === null) return [];
  return valuesOf(file.records.map(({ cells }) => cells[at])).filter((value) => value !== null);
}

interface CsvFile {
  readonly names: readonly string[];
  readonly records: readonly CsvRecord[];
}

/** The header and what follows; null, after a problem, where there is none. */
function csvFile(text: string, problems: DataProblem[]): CsvFile | null {
  const csv = readCsv(text);
  if ("error" in csv) {
    problems.push({ kind: "unreadable", line: csv.line, text: csv.error });
    return null;
  }
  const [header, ...records] = csv.records;
  if (header === undefined) {
    problems.push({ kind: "unreadable", line: null, text: "it has no line with column names" });
    return null;
  }
  const names = header.cells.map((cell) => cell.text);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    const text = `two columns are called \`${twice}\``;
    problems.push({ kind: "unreadable", line: header.line, text });
    return null;
  }
  return { names, records };
}

function columnAt(
  names: readonly string[],
  wanted: string,
  problems: DataProblem[],
): number | null {
  const at = names.indexOf(wanted);
  if (at >= 0) return at;
  const known = names.map((name) => `\`${name}\``).join(", ");
  problems.push({ kind: "column", line: null, text: `it has the columns ${known}` });
  return null;
}

interface Row {
  readonly row: ValueObject;
  readonly line: number;
}

function csvRows(text: string, key: string, problems: DataProblem[]): readonly Row[] {
  const file = csvFile(text, problems);
  if (file === null || columnAt(file.names, key, problems) === null) return [];
  const { names, records } = file;
  const keyAt = names.indexOf(key);
  const keys = valuesOf(records.map(({ cells }) => cells[keyAt]));
  return records.map(({ cells, line }, record) => {
    if (cells.length > names.length) {
      const text = `${cells.length} cells, but there are ${names.length} columns; the last are left out`;
      problems.push({ kind: "cells", line, text });
    }
    const row = Object.fromEntries(
      names.map((name, index): [string, Value] => {
        const cell = cells[index];
        if (index === keyAt) return [name, keys[record] ?? null];
        return [name, cell === undefined ? null : cellValue(cell)];
      }),
    );
    return { row, line };
  });
}

function jsonRows(text: string, problems: DataProblem[]): readonly Row[] {
  const rows: Row[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = parseJson(line);
    if ("error" in parsed) {
      problems.push({ kind: "unreadable", line: index + 1, text: parsed.error });
    } else if (isObject(parsed.value)) rows.push({ row: parsed.value, line: index + 1 });
    else problems.push({ kind: "unreadable", line: index + 1, text: "it is no object" });
  }
  return rows;
}
