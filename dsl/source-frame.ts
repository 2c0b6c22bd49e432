/**
 * How a diagnostic is shown to people (section 10): code, place, the source line with carets, why, and the fix.
 * The same text in the terminal and in answers of the API. Pure.
 */

import type { Diagnostic } from "../base/diagnostic.ts";

/** Place in a text: both count from 1, `column` in UTF-16 units as editors do. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** The place of `offset` (0 to the length of the text). O(offset). */
export function lineColumn(text: string, offset: number): LineColumn {
  const end = Math.min(offset, text.length);
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: end - lineStart + 1 };
}

/** Longer source lines are cut around the span. */
const MAX_LINE = 140;
/** What stays visible before the span of a line that is cut. */
const LEAD = 60;

const CODES = { red: 31, yellow: 33, blue: 34, green: 32, bold: 1 } as const;
type Paint = (style: keyof typeof CODES, text: string) => string;

/**
 * The diagnostic as lines of text, without a newline at the end. `sourceText` is the whole text of the diagnostic's file;
 * null where it is not at hand, and then no source line is shown. `color` adds terminal colours.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sourceText: string | null,
  options: { readonly color?: boolean } = {},
): string {
  const paint: Paint = (style, text) =>
    options.color === true ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  const { severity, code, message, span, label, notes, fix } = diagnostic;
  const tint = severity === "error" ? "red" : "yellow";
  const lines = [`${paint(tint, `${severity}[${code}]`)}: ${paint("bold", visible(message))}`];
  let margin = "  ";
  if (sourceText === null) {
    lines.push(`${margin}${paint("blue", "┌─")} ${visible(span.file)}`);
  } else {
    const { line, column } = lineColumn(sourceText, span.start);
    margin = " ".repeat(String(line).length + 1);
    const frame = sourceLine(sourceText, span.start, span.end);
    const carets = "^".repeat(frame.width);
    const pointer = `${frame.before}${paint(tint, label === "" ? carets : `${carets} ${visible(label)}`)}`;
    lines.push(
      `${margin}${paint("blue", "┌─")} ${visible(span.file)}:${line}:${column}`,
      `${paint("blue", `${line} │`)} ${frame.text}`.trimEnd(),
      `${margin}${paint("blue", "│")} ${pointer}`,
    );
  }
  for (const note of notes) lines.push(`${margin}${paint("blue", "=")} ${visible(note)}`);
  if (fix !== null) lines.push(`${margin}${paint("green", "fix:")} ${visible(fix.title)}`);
  return lines.join("\n");
}

/** The line that the span begins on, what stands below it before the carets, and how many carets there are. */
function sourceLine(
  source: string,
  start: number,
  end: number,
): { text: string; before: string; width: number } {
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const newline = source.indexOf("\n", start);
  const lineEnd = newline < 0 ? source.length : newline;
  let from = lineStart;
  let to = lineEnd;
  if (lineEnd - lineStart > MAX_LINE) {
    from = Math.max(lineStart, start - LEAD);
    to = Math.min(lineEnd, from + MAX_LINE);
  }
  const left = from > lineStart ? "…" : "";
  const right = to < lineEnd ? "…" : "";
  const before = visible(source.slice(from, start), true).replace(/[^\t]/gu, " ");
  const marked = visible(source.slice(start, Math.min(end, to)), true);
  return {
    text: `${left}${visible(source.slice(from, to), true)}${right}`,
    before: `${left === "" ? "" : " "}${before}`,
    width: Math.max(1, [...marked].length),
  };
}

/** Control characters as pictures, so that a rule file cannot steer a terminal; tabs may stay. */
function visible(text: string, keepTabs = false): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\t" && keepTabs) return character;
    const code = character.charCodeAt(0);
    if (character === "\r") return "";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}
