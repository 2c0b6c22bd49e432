/** `user-agent` without back quotes is a subtraction. Says so where it went wrong. */

import type { Fix, Span } from "../base/diagnostic.ts";
import type * as ast from "./ast.ts";
import type { Reporter } from "./report.ts";

/** A name with hyphens: what to tell about it, and the back quotes that make it one. */
export interface HyphenHint {
  readonly note: string;
  readonly fix: Fix;
}

/** Longer names are none. */
const REACH = 80;

/** Where `expr` is a subtraction written like a name. */
export function hyphenHint(expr: ast.Expr, report: Reporter): HyphenHint | null {
  if (expr.kind !== "binary" || expr.operator !== "-") return null;
  return hyphenHintAt(expr.right.span, report);
}

/** Where a name stands right behind a hyphen and another name, without white space. */
export function hyphenHintAt(span: Span, report: Reporter): HyphenHint | null {
  const before = report.source(span.file, Math.max(0, span.start - REACH), span.start);
  const [left] = /[\p{L}_][\p{L}\p{N}_]*(?:-[\p{L}_][\p{L}\p{N}_]*)*-$/u.exec(before) ?? [];
  const [right] = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(report.text(span)) ?? [];
  if (left === undefined || right === undefined) return null;
  const start = span.start - left.length;
  const after = report.source(span.file, span.start + right.length, span.start + REACH);
  const [more = ""] = /^(?:-[\p{L}_][\p{L}\p{N}_]*)+/u.exec(after) ?? [];
  const name = `\`${left}${right}${more}\``;
  return {
    note: `without back quotes this is a subtraction; a field of that name is written ${name}`,
    fix: {
      title: `replace with ${name}`,
      span: { ...span, start, end: span.start + right.length + more.length },
      text: name,
    },
  };
}
