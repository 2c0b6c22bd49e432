/**
 * Mending tokens behind an error, so that reading again finds the next one and not a consequence of this.
 * A missing bracket is put in; otherwise the innermost item that was being read is replaced, as a whole, by one token
 * that the grammar passes over.
 *
 * Invariant
 *  R1  Every repair either inserts a token or covers at least one token that was not covered.
 */

import { openBrackets } from "./brackets.ts";
import { missingCloser, type Place } from "./explain.ts";
import type { Failure } from "./grammar.ts";
import type { ItemKind } from "./grammar-names.ts";
import { STATEMENT_STARTS } from "./grammar-rules.ts";
import type { Token } from "./lexer.ts";
import { isFirstOnLine, isName } from "./split.ts";
import * as t from "./tokens.ts";

/** Clauses whose first word is never the first of a line within a step. */
const CLAUSES: ReadonlySet<Token["tokenType"]> = new Set([t.Alert, t.On, t.Once, t.Skip, t.Limit]);

/** What the blocks of the grammar consist of, by the rule that reads the block. */
const ITEMS: ReadonlyMap<string, ItemKind> = new Map([
  ["braced", "element"],
  ["dataFields", "data"],
  ["testObject", "test field"],
  ["fieldTypes", "field"],
  ["stream", "option"],
  ["rule", "statement"],
  ["test", "test item"],
]);

/** The tokens, mended; null where nothing is known that would help. */
export function repair(failure: Failure, place: Place): Token[] | null {
  const { tokens, at } = place;
  if (tokens[at]?.tokenType === t.Damaged) return null;
  if (failure.expected === t.TextLiteral.LABEL && failure.rules.at(-1) === "rule") {
    return insert(place, [t.TextLiteral]);
  }
  const opener = missingCloser(failure, place);
  if (opener?.image === "{") {
    const open = openBrackets(tokens, at, "{").length;
    // Behind a block that was left open, the rule's own block goes on.
    const closers = tokens[at] === undefined ? open : open - 1;
    if (closers > 0)
      return insert(
        place,
        Array.from({ length: closers }, () => t.RightBrace),
      );
  }
  const kind = failure.expected === "`}`" ? ITEMS.get(failure.rules.at(-1) ?? "") : undefined;
  if (kind !== undefined) {
    // Behind a complete item: what follows it goes, up to the next.
    return [...tokens.slice(0, at), ...tokens.slice(itemEnd(kind, tokens, at, at))];
  }
  const item = failure.open.at(-1);
  return item === undefined ? null : cover(item.kind, item.start, place);
}

function insert(place: Place, types: (typeof t.Damaged)[]): Token[] {
  const before = place.tokens[place.at - 1];
  const inserted = types.map((type): Token => {
    const image = type === t.TextLiteral ? '""' : "}";
    return virtualToken(type, image, before);
  });
  return [...place.tokens.slice(0, place.at), ...inserted, ...place.tokens.slice(place.at)];
}

/** A token without width, directly behind `before`. */
function virtualToken(type: typeof t.Damaged, image: string, before: Token | undefined): Token {
  const offset = before === undefined ? 0 : (before.endOffset ?? before.startOffset) + 1;
  return {
    image,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
    startOffset: offset,
    endOffset: offset - 1,
    startLine: before?.endLine ?? 1,
    endLine: before?.endLine ?? 1,
  };
}

/** Puts one token in the place of the item that begins at offset `start`. */
function cover(kind: ItemKind, start: number, place: Place): Token[] | null {
  const { tokens, at } = place;
  const first = tokens.findIndex((token) => token.startOffset >= start);
  if (first < 0 || first > at) return null;
  const end = itemEnd(kind, tokens, first, at);
  if (end <= first) return null;
  const firstToken = tokens[first];
  const lastToken = tokens[end - 1];
  if (firstToken === undefined || lastToken === undefined) return null;
  const damaged: Token = {
    ...virtualToken(t.Damaged, "", lastToken),
    startOffset: firstToken.startOffset,
    endOffset: lastToken.endOffset ?? lastToken.startOffset,
    startLine: firstToken.startLine ?? 1,
    startColumn: firstToken.startColumn ?? 1,
  };
  return [...tokens.slice(0, first), damaged, ...tokens.slice(end)];
}

/** Index behind the item: where the next one of its kind begins, or the block around it ends. */
function itemEnd(kind: ItemKind, tokens: readonly Token[], first: number, at: number): number {
  let depth = 0;
  for (let index = first; index < tokens.length; index++) {
    const image = tokens[index]?.image;
    if (depth === 0 && image === "}") return index;
    if (index >= at && index > first && depth === 0 && beginsNext(kind, tokens, index)) {
      return index;
    }
    if (image === "{") depth += 1;
    if (image === "}") depth -= 1;
  }
  return tokens.length;
}

function beginsNext(kind: ItemKind, tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined) return false;
  const type = token.tokenType;
  const firstOnLine = isFirstOnLine(tokens, index);
  switch (kind) {
    case "element":
      // A clause of the rule inside a block means that the block's own brace is missing.
      return type === t.Then || type === t.Next || (firstOnLine && CLAUSES.has(type));
    case "option":
      return type === t.Comma || (firstOnLine && t.OPTION_WORDS.has(type));
    case "statement":
      return firstOnLine && STATEMENT_STARTS.has(token.image);
    case "test item":
      return type === t.DurationLiteral
        ? isName(tokens[index + 1])
        : firstOnLine && (type === t.Expect || type === t.Advance || type === t.From);
    case "data":
    case "field":
    case "test field":
      return type === t.Comma || (isName(token) && tokens[index + 1]?.tokenType === t.Colon);
  }
}
