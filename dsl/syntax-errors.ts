/**
 * The codes of everything that can be wrong with the letter of a rule file, E01xx, and how such a diagnostic is made.
 * A code never changes its meaning and is never used again for another.
 */

import type { Diagnostic, Fix, Span } from "../base/diagnostic.ts";

/** Codes by what they say. */
export const SYNTAX = {
  unknownCharacter: "E0101",
  unclosedText: "E0102",
  badEscape: "E0103",
  badNumber: "E0104",
  foreignOperator: "E0105",
  singleQuotes: "E0106",
  foreignPunctuation: "E0107",
  unclosedName: "E0108",
  fileTooLarge: "E0109",
  unexpected: "E0110",
  missingCloser: "E0111",
  strayCloser: "E0112",
  noDeclaration: "E0113",
  tooDeep: "E0114",
  comparisonChain: "E0115",
  badTemplate: "E0116",
  writtenTwice: "E0117",
  misspelt: "E0118",
  tooManyErrors: "E0119",
  misplaced: "E0120",
} as const;

export type SyntaxCode = (typeof SYNTAX)[keyof typeof SYNTAX];

/** An error of syntax. Notes, label and fix default to none. */
export function syntaxError(
  code: SyntaxCode,
  span: Span,
  message: string,
  more: {
    readonly label?: string;
    readonly notes?: readonly string[];
    readonly fix?: Fix | null;
  } = {},
): Diagnostic {
  return {
    code,
    severity: "error",
    message,
    span,
    label: more.label ?? "",
    notes: more.notes ?? [],
    fix: more.fix ?? null,
  };
}

/** The fix that writes `text` over `span`. */
export function replaceWith(span: Span, text: string): Fix {
  return { title: text === "" ? "remove it" : `replace with \`${text}\``, span, text };
}
