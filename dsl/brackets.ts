/** Which brackets are open at a place among tokens: for messages about missing ones. */

import type { Token } from "./lexer.ts";

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"],
]);

/** The closing bracket to an opening one. */
export function closerOf(opener: string): string {
  return CLOSERS.get(opener) ?? "";
}

/** Brackets of the kind `opener` that are open before `tokens[end]`, outermost first. */
export function openBrackets(tokens: readonly Token[], end: number, opener: string): Token[] {
  const closer = closerOf(opener);
  const open: Token[] = [];
  for (const token of tokens.slice(0, end)) {
    if (token.image === opener) open.push(token);
    if (token.image === closer) open.pop();
  }
  return open;
}

/** True if a bracket that closes what is open before `tokens[from]` stands on the same line. */
export function closesOnLine(tokens: readonly Token[], from: number, opener: string): boolean {
  const closer = closerOf(opener);
  const line = tokens[from]?.startLine;
  let depth = 0;
  for (let at = from; at < tokens.length && tokens[at]?.startLine === line; at++) {
    const image = tokens[at]?.image;
    if (image === opener) depth += 1;
    if (image === closer) depth -= 1;
    if (depth < 0) return true;
  }
  return false;
}
