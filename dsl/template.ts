/**
 * Titles with expressions: `"{count(fails)} failures from {ip}"` (A-1). `{{` and `}}` are braces.
 * A raw text has no expressions. Where an expression holds a text, its quotes are written `\"`, since the title is one.
 *
 * Invariant
 *  T1  Offsets in expressions and diagnostics are those of the file, although the expression is read by itself.
 */

import type { Diagnostic, Span } from "../base/diagnostic.ts";
import type { Expr, Template } from "./ast.ts";
import { type ScannedText, scanText, unescapeText } from "./literals.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";

/** Reads the expression `text`, which begins at `offset` of the file; null where it is none, which it has reported. */
export type ReadExpression = (text: string, offset: number) => Expr | null;

/** The template of the title whose source `image` begins at `offset`. What is wrong with its braces goes to `report`. */
export function readTemplate(
  image: string,
  span: Span,
  read: ReadExpression,
  report: (diagnostic: Diagnostic) => void,
): Template {
  const scanned = scanText(image, 0);
  if (scanned === null) return { parts: [], span };
  const parts: (string | Expr)[] = [];
  let text = "";
  const flush = (): void => {
    const value = scanned.form === "raw" ? text : unescapeText(text);
    if (value !== "") parts.push(value);
    text = "";
  };
  const place = (start: number, end: number): Span => {
    return { file: span.file, start: span.start + start, end: span.start + end };
  };
  for (let at = scanned.bodyStart; at < scanned.bodyEnd; ) {
    const character = image[at] ?? "";
    if (scanned.form === "raw" || (character !== "{" && character !== "}")) {
      const length = character === "\\" && scanned.form !== "raw" ? 2 : 1;
      text += image.slice(at, at + length);
      at += length;
    } else if (image[at + 1] === character) {
      text += character;
      at += 2;
    } else if (character === "}") {
      report(strayBrace(place(at, at + 1)));
      at += 1;
    } else {
      const close = closingBrace(image, at + 1, scanned);
      if (close < 0) {
        report(openBrace(place(at, at + 1)));
        break;
      }
      flush();
      const expr = readPart(image, at, close, place, read, report);
      if (expr !== null) parts.push(expr);
      at = close + 1;
    }
  }
  flush();
  return { parts, span };
}

function readPart(
  image: string,
  open: number,
  close: number,
  place: (start: number, end: number) => Span,
  read: ReadExpression,
  report: (diagnostic: Diagnostic) => void,
): Expr | null {
  const source = image.slice(open + 1, close);
  if (source.trim() === "") {
    const span = place(open, close + 1);
    report(syntaxError(SYNTAX.badTemplate, span, "there is no expression between these braces"));
    return null;
  }
  return read(bareQuotes(source), place(open + 1, close).start);
}

/** Index of the `}` that ends the expression, -1 where the title ends first. */
function closingBrace(image: string, from: number, scanned: ScannedText): number {
  let inText = false;
  for (let at = from; at < scanned.bodyEnd; at++) {
    if (image[at] === '"') inText = !inText;
    if (image[at] === "}" && !inText) return at;
  }
  return -1;
}

/** `\"a\"` as ` "a" `: plain quotes, and every character where it was. */
function bareQuotes(source: string): string {
  let opening = false;
  return source.replace(/\\"/g, () => {
    opening = !opening;
    return opening ? ' "' : '" ';
  });
}

function strayBrace(span: Span): Diagnostic {
  return syntaxError(SYNTAX.badTemplate, span, "this `}` closes nothing", {
    notes: ["a brace in a title is written twice"],
    fix: replaceWith(span, "}}"),
  });
}

function openBrace(span: Span): Diagnostic {
  return syntaxError(SYNTAX.badTemplate, span, "this `{` is not closed", {
    notes: ["in a title `{` begins an expression; a brace itself is written twice"],
    fix: replaceWith(span, "{{"),
  });
}
