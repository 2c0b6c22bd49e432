/**
 * Where declarations begin, found without a parser, so that an error in one does not reach into the next.
 * `declarationStarts` answers only shapes that occur nowhere inside a valid declaration; `likelyStart` also guesses by
 * the layout, and is asked only behind an error.
 */

import type { Token } from "./lexer.ts";
import * as t from "./tokens.ts";

/** Indexes at which a declaration certainly begins, ascending. O(tokens). */
export function declarationStarts(tokens: readonly Token[]): number[] {
  const starts: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (t.DECLARATION_WORDS.has(token.tokenType) && isHead(tokens, index)) starts.push(index);
  }
  return starts;
}

function isHead(tokens: readonly Token[], at: number): boolean {
  const type = (ahead: number) => tokens[at + ahead]?.tokenType;
  const isData = (ahead: number) => type(ahead) === t.TextLiteral || type(ahead) === t.Kv;
  switch (type(0)) {
    case t.Event:
    case t.Let:
      return isName(tokens[at + 1]) && type(2) === t.Assign;
    case t.Stream:
      return isName(tokens[at + 1]) && type(2) === t.From && type(3) === t.TextLiteral;
    case t.Table:
      return isName(tokens[at + 1]) && type(2) === t.From && isData(3);
    case t.List:
      if (!isName(tokens[at + 1])) return false;
      return type(2) === t.Assign || (type(2) === t.From && isData(3));
    case t.Test:
      return type(1) === t.TextLiteral && (type(2) === t.For || type(2) === t.LeftBrace);
    case t.Fn: {
      if (!isName(tokens[at + 1]) || type(2) !== t.LeftParen) return false;
      let close = 3;
      while (isName(tokens[at + close]) || type(close) === t.Comma) close += 1;
      return type(close) === t.RightParen && type(close + 1) === t.Assign;
    }
    case t.Rule: {
      const behind = behindDottedName(tokens, at + 1);
      return (
        tokens[behind]?.tokenType === t.TextLiteral && tokens[behind + 1]?.tokenType === t.LeftBrace
      );
    }
    case t.Exception: {
      const behind = behindDottedName(tokens, at + 1);
      if (tokens[behind]?.tokenType !== t.For) return false;
      const rule = behindDottedName(tokens, behind + 1);
      const after = tokens[rule]?.tokenType;
      return after === t.Where || after === t.On;
    }
    default:
      return false;
  }
}

/** Index behind the dotted name at `at`, or -1 where none stands there. */
export function behindDottedName(tokens: readonly Token[], at: number): number {
  if (!isName(tokens[at])) return -1;
  let behind = at + 1;
  while (tokens[behind]?.tokenType === t.Dot && isName(tokens[behind + 1])) behind += 2;
  return behind;
}

/** True for a word or a name in back quotes. */
export function isName(token: Token | undefined): boolean {
  if (token === undefined) return false;
  const type = token.tokenType;
  return type === t.Word || type === t.QuotedName || type.CATEGORIES?.[0] === t.Word;
}

/** True if no other token stands before `tokens[at]` on its line. */
export function isFirstOnLine(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return before === undefined || (before.endLine ?? 0) < (tokens[at]?.startLine ?? 0);
}

/**
 * Index of the first token from `from` on that looks like the beginning of a declaration: its word first on a line, no
 * further in than the first token of all, and a name or a title behind it. The number of tokens where there is none.
 */
export function likelyStart(tokens: readonly Token[], from: number): number {
  const margin = tokens[0]?.startColumn ?? 1;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || !t.DECLARATION_WORDS.has(token.tokenType)) continue;
    if (!isFirstOnLine(tokens, at) || (token.startColumn ?? 1) > margin) continue;
    const next = tokens[at + 1];
    if (isName(next) || next?.tokenType === t.TextLiteral) return at;
  }
  return tokens.length;
}
