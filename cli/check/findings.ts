/** Diagnostics with lines and columns, the shape of `check --format json`, from which the other formats are made. */

import type { Span } from "../../base/diagnostic.ts";
import { lineColumn } from "../../dsl/source-frame.ts";
import type { LoadedRules } from "../../rules/rule-set.ts";

/** A place in a file. Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export interface Region {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Finding extends Region {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly label: string;
  readonly notes: readonly string[];
  readonly fix: { readonly title: string; readonly text: string; readonly region: Region } | null;
}

export function findingsOf(loaded: LoadedRules): readonly Finding[] {
  const texts = new Map(loaded.files.map(({ file, text }) => [file, text]));
  const region = (span: Span): Region => regionOf(span, texts.get(span.file) ?? "");
  return loaded.diagnostics.map(({ code, severity, message, span, label, notes, fix }) => ({
    ...region(span),
    code,
    severity,
    message,
    label,
    notes,
    fix: fix === null ? null : { title: fix.title, text: fix.text, region: region(fix.span) },
  }));
}

function regionOf(span: Span, text: string): Region {
  const start = lineColumn(text, span.start);
  const end = lineColumn(text, span.end);
  const { file } = span;
  return { file, ...start, endLine: end.line, endColumn: end.column };
}
