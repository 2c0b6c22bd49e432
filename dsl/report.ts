/**
 * Collects what the checker has to say. Owns the diagnostics of one run.
 *
 * Invariants
 *  R1  The same code at the same span is kept once: inlined bodies and shared keys are checked more than once.
 *  R2  `finish` orders by file as given, then by position, then by code.
 */

import { assert } from "../base/assert.ts";
import type { Diagnostic, Fix, Span } from "../base/diagnostic.ts";
import { compareText } from "../base/value.ts";
import type { RuleFile } from "./ast.ts";
import type { ErrorCode, WarningCode } from "./errors.ts";

/** What a message may carry beyond its sentence. */
export interface Remark {
  readonly label?: string;
  readonly notes?: readonly string[];
  readonly fix?: Fix | null;
}

export class Reporter {
  readonly #files: readonly RuleFile[];
  readonly #found: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  readonly #lines = new Map<string, readonly number[]>();
  #failed = false;

  constructor(files: readonly RuleFile[]) {
    this.#files = files;
  }

  error(code: ErrorCode, span: Span, message: string, remark: Remark = {}): void {
    this.#add(code, "error", span, message, remark);
  }

  warning(code: WarningCode, span: Span, message: string, remark: Remark = {}): void {
    this.#add(code, "warning", span, message, remark);
  }

  /** Has an error been reported? */
  get failed(): boolean {
    return this.#failed;
  }

  #add(
    code: ErrorCode | WarningCode,
    severity: Diagnostic["severity"],
    span: Span,
    message: string,
    remark: Remark,
  ): void {
    if (severity === "error") this.#failed = true;
    const key = `${code} ${span.start} ${span.end} ${span.file}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { label = "", notes = [], fix = null } = remark;
    this.#found.push({ code, severity, message, span, label, notes, fix });
  }

  /** An empty reporter over the same files: for a trial whose findings are told in another way. */
  fork(): Reporter {
    return new Reporter(this.#files);
  }

  /** The source between two offsets of a file. */
  source(file: string, start: number, end: number): string {
    return this.#file(file).text.slice(start, end);
  }

  text(span: Span): string {
    return this.source(span.file, span.start, span.end);
  }

  /** Number of the line of an offset, from 1. */
  line(span: Span): number {
    const starts = this.#lineStarts(span.file);
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= span.start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Offsets at which the lines of a file begin. */
  #lineStarts(file: string): readonly number[] {
    const known = this.#lines.get(file);
    if (known !== undefined) return known;
    const { text } = this.#file(file);
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lines.set(file, starts);
    return starts;
  }

  #file(name: string): RuleFile {
    const file = this.#files.find((candidate) => candidate.file === name);
    assert(file !== undefined, "a span lies in one of the files that are checked");
    return file;
  }

  finish(): Diagnostic[] {
    return inFileOrder(this.#files, this.#found);
  }
}

/** Diagnostics by file as given, then by position, then by code. */
export function inFileOrder(
  files: readonly RuleFile[],
  diagnostics: readonly Diagnostic[],
): Diagnostic[] {
  const place = new Map(files.map((file, index) => [file.file, index]));
  return [...diagnostics].sort(
    (a, b) =>
      (place.get(a.span.file) ?? 0) - (place.get(b.span.file) ?? 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      compareText(a.code, b.code),
  );
}

/** A fix that inserts text at an offset. */
export function insertion(file: string, at: number, title: string, text: string): Fix {
  return { title, span: { file, start: at, end: at }, text };
}

export function replacement(span: Span, text: string): Fix {
  return { title: `replace with \`${text}\``, span, text };
}
