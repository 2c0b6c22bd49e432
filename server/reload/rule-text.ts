/** Where a set declares a rule, and how it reads. */

import type { RuleSource } from "../../dsl/compile.ts";
import { parse } from "../../dsl/parse.ts";
import { lineColumn } from "../../dsl/source-frame.ts";

export interface RuleText {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Null values where no file declares it. */
export function ruleText(
  files: readonly RuleSource[],
  name: string,
): RuleText | { readonly file: null; readonly line: null; readonly text: null } {
  for (const { file, text } of files) {
    // Parsing costs; most files do not even name it.
    if (!text.includes(name)) continue;
    for (const declaration of parse(file, text).tree.declarations) {
      if (declaration.kind !== "rule" || declaration.name.text !== name) continue;
      const { start, end } = declaration.span;
      return { file, line: lineColumn(text, start).line, text: text.slice(start, end) };
    }
  }
  return { file: null, line: null, text: null };
}
