/**
 * From the text of a rule file to its tokens (L-1 to L-3), with what is wrong with single words, texts and numbers.
 * What other languages write for the same (`&&`, `!`, `'text'`, `//`) is reported and read as what it must mean, so that
 * it costs the author one message and not a dozen.
 *
 * Invariants
 *  X1  Tokens are in the order of their offsets and do not overlap.
 *  X2  Every character that is in no token is white space, a comment, or in a diagnostic.
 * One of the door files of the package `chevrotain`.
 */

import { createToken, type ILexingError, type IToken, Lexer, type TokenType } from "chevrotain";
import type { Diagnostic, Span } from "../base/diagnostic.ts";
import { badEscapes, readNumber, scanText } from "./literals.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** A token with its place: `startOffset`, and `endOffset`, which is the offset of its last character. */
export type Token = IToken;

export interface Tokens {
  readonly tokens: Token[];
  readonly diagnostics: Diagnostic[];
}

const WhiteSpace = createToken({
  name: "WhiteSpace",
  pattern: /[\s\uFEFF]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const Comment = createToken({ name: "Comment", pattern: /#[^\n]*/, group: Lexer.SKIPPED });
const TextPattern = createToken({
  name: "TextPattern",
  pattern: (source: string, offset: number): [string] | null => {
    const text = scanText(source, offset);
    return text === null ? null : [source.slice(offset, text.end)];
  },
  line_breaks: true,
});
const AddressPattern = createToken({
  name: "AddressPattern",
  pattern: /\d+(?:\.\d+){2,}(?:\/\d+)?/,
});
const NumberPattern = createToken({
  name: "NumberPattern",
  pattern: t.unicodePattern(/\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[\p{L}\p{N}_]*/uy),
  line_breaks: false,
});
const ForeignComment = createToken({
  name: "ForeignComment",
  pattern: (source: string, offset: number): [string] | null => {
    if (source[offset] !== "/") return null;
    if (source[offset + 1] === "/") {
      const newline = source.indexOf("\n", offset);
      return [source.slice(offset, newline < 0 ? source.length : newline)];
    }
    if (source[offset + 1] !== "*") return null;
    const close = source.indexOf("*/", offset + 2);
    return [source.slice(offset, close < 0 ? source.length : close + 2)];
  },
  line_breaks: true,
});
const SingleQuoted = createToken({
  name: "SingleQuoted",
  pattern: /'[^'\n]*'/,
  line_breaks: false,
});
const Foreign = createToken({ name: "Foreign", pattern: /===|!==|<>|=>|=<|&&?|\|\|?|;|!(?!=)/ });
const OpenName = createToken({ name: "OpenName", pattern: /`[^`\n]*/, line_breaks: false });

const lexer = new Lexer(
  [
    ...[WhiteSpace, Comment, TextPattern, t.Word, t.QuotedName, OpenName, AddressPattern],
    ...[NumberPattern, SingleQuoted, ForeignComment, Foreign, t.Equal, t.NotEqual, t.LessOrEqual],
    ...[t.GreaterOrEqual, t.SameText, t.Assign, t.Less, t.Greater, t.Coalesce, t.Question, t.Tilde],
    ...[t.LeftBrace, t.RightBrace, t.LeftParen, t.RightParen, t.LeftBracket, t.RightBracket],
    ...[t.Comma, t.Colon, t.DotDot, t.Dot, t.Plus, t.Minus, t.Star, t.Slash, t.Percent],
  ],
  { positionTracking: "full", ensureOptimizations: false },
);

/** What other languages write, what it means here, and how that is written. */
const FOREIGN: ReadonlyMap<string, readonly [TokenType, string]> = new Map([
  ["&&", [t.And, "and"]],
  ["&", [t.And, "and"]],
  ["||", [t.Or, "or"]],
  ["|", [t.Or, "or"]],
  ["!", [t.Not, "not"]],
  ["===", [t.Equal, "=="]],
  ["!==", [t.NotEqual, "!="]],
  ["<>", [t.NotEqual, "!="]],
  ["=>", [t.GreaterOrEqual, ">="]],
  ["=<", [t.LessOrEqual, "<="]],
]);

/** Operators that have a form without case, written with `~`. */
const CASELESS = new Set(["like", "matches", "in", "contains", "starts", "ends"]);

/** Reads `part` of a file, which begins `shift` characters into it: offsets and spans are those of the file. */
export function tokenize(file: string, part: string, shift = 0): Tokens {
  const read = lexer.tokenize(part);
  const diagnostics = read.errors.map((error) => unknownCharacter(file, part, error, shift));
  const tokens: Token[] = [];
  for (const token of read.tokens) {
    token.startOffset += shift;
    token.endOffset = token.startOffset + token.image.length - 1;
    const span = { file, start: token.startOffset, end: token.endOffset + 1 };
    const found = classify(token, span);
    if (found !== null) diagnostics.push(found);
    if (token.tokenType !== ForeignComment && token.image !== ";") tokens.push(token);
  }
  caselessByPercent(file, tokens, diagnostics);
  return { tokens, diagnostics };
}

function become(token: Token, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx ?? 0;
}

/** Gives a token its final kind; answers what is wrong with it. */
function classify(token: Token, span: Span): Diagnostic | null {
  switch (token.tokenType) {
    case t.Word: {
      const type = t.KEYWORDS.get(token.image);
      if (type !== undefined) become(token, type);
      else if (/^x\d{1,9}$/.test(token.image)) become(token, t.Times);
      return null;
    }
    case TextPattern:
      become(token, t.TextLiteral);
      return checkText(token, span);
    case NumberPattern:
      return classifyNumber(token, span);
    case AddressPattern: {
      const text = `"${token.image}"`;
      become(token, t.TextLiteral);
      token.image = text;
      return syntaxError(
        SYNTAX.badNumber,
        span,
        "an address or a version stands in double quotes",
        {
          fix: replaceWith(span, text),
        },
      );
    }
    case SingleQuoted: {
      const text = `"${token.image.slice(1, -1).replaceAll('"', '\\"')}"`;
      become(token, t.TextLiteral);
      token.image = text;
      return syntaxError(SYNTAX.singleQuotes, span, "a text stands in double quotes", {
        fix: replaceWith(span, text),
      });
    }
    case OpenName:
      become(token, t.QuotedName);
      return syntaxError(SYNTAX.unclosedName, span, "this name has no closing back quote", {
        fix: { title: "add the back quote", span: { ...span, start: span.end }, text: "`" },
      });
    case t.QuotedName:
      if (token.image.length > 2) return null;
      return syntaxError(SYNTAX.unclosedName, span, "a name between back quotes cannot be empty");
    case ForeignComment:
      return syntaxError(SYNTAX.foreignPunctuation, span, "a comment begins with `#`", {
        fix: replaceWith(span, `# ${token.image.replace(/^\/[/*]\s*|\s*\*\/$/g, "")}`),
      });
    case Foreign:
      return classifyForeign(token, span);
    default:
      return null;
  }
}

function classifyForeign(token: Token, span: Span): Diagnostic {
  const [type, text] = FOREIGN.get(token.image) ?? [t.Comma, ""];
  become(token, type);
  if (text === "") {
    return syntaxError(SYNTAX.foreignPunctuation, span, "nothing ends with `;` here", {
      fix: replaceWith(span, ""),
    });
  }
  const message = `\`${token.image}\` is written \`${text}\` here`;
  const fix = { ...replaceWith(span, text), text: text === "not" ? "not " : text };
  return syntaxError(SYNTAX.foreignOperator, span, message, { fix });
}

function classifyNumber(token: Token, span: Span): Diagnostic | null {
  const number = readNumber(token.image);
  switch (number.kind) {
    case "integer":
      become(token, t.Integer);
      return null;
    case "decimal":
      become(token, t.Decimal);
      return null;
    case "duration":
      become(token, t.DurationLiteral);
      return null;
    case "size":
      become(token, t.SizeLiteral);
      return null;
    case "bad":
      become(token, t.Integer);
      return syntaxError(SYNTAX.badNumber, span, number.message, { notes: number.notes });
  }
}

function checkText(token: Token, span: Span): Diagnostic | null {
  const text = scanText(token.image, 0);
  if (text === null) return null;
  if (!text.closed) {
    const quotes = text.form === "block" ? '"""' : '"';
    const opening = { ...span, end: span.start + text.bodyStart };
    return syntaxError(SYNTAX.unclosedText, opening, "this text is not closed", {
      label: `no \`${quotes}\` ${text.form === "block" ? "follows" : "on this line"}`,
      notes: text.form === "block" ? [] : ['a text of several lines stands in `"""`'],
      fix:
        text.form === "block"
          ? null
          : { title: "close it", span: { ...span, start: span.end }, text: '"' },
    });
  }
  const [bad] =
    text.form === "raw" ? [] : badEscapes(token.image.slice(text.bodyStart, text.bodyEnd));
  if (bad === undefined) return null;
  const at = span.start + text.bodyStart + bad;
  return syntaxError(
    SYNTAX.badEscape,
    { ...span, start: at, end: at + 2 },
    "this backslash begins no escape",
    {
      notes: [
        'the escapes are `\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\u0000`',
        ...(text.form === "plain"
          ? ['in a raw text, `r"C:\\Windows"`, a backslash is itself']
          : []),
      ],
      fix: replaceWith({ ...span, start: at, end: at + 1 }, "\\\\"),
    },
  );
}

/** `x %like "…"`: a slip for `~like`, since no field of that name is divided by before a text. */
function caselessByPercent(file: string, tokens: Token[], diagnostics: Diagnostic[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.tokenType !== t.Percent) continue;
    const word = tokens[index + 1];
    const after = tokens[index + 2]?.tokenType;
    if (word === undefined || !CASELESS.has(word.image)) continue;
    if (word.startOffset !== token.startOffset + 1) continue;
    if (after !== t.TextLiteral && after !== t.LeftBracket && after !== t.With) continue;
    become(token, t.Tilde);
    const span = { file, start: token.startOffset, end: token.startOffset + 1 };
    const message = `\`${word.image}\` without case is written \`~${word.image}\``;
    diagnostics.push(
      syntaxError(SYNTAX.foreignOperator, span, message, { fix: replaceWith(span, "~") }),
    );
  }
}

const TYPOGRAPHIC: ReadonlyMap<string, string> = new Map([
  ["\u201c", '"'],
  ["\u201d", '"'],
  ["\u201e", '"'],
  ["\u2013", "-"],
  ["\u2212", "-"],
  ["\u2264", "<="],
  ["\u2265", ">="],
  ["\u2260", "!="],
]);

function unknownCharacter(
  file: string,
  part: string,
  error: ILexingError,
  shift: number,
): Diagnostic {
  const start = error.offset + shift;
  const span = { file, start, end: start + error.length };
  const image = part.slice(error.offset, error.offset + error.length);
  const meant = TYPOGRAPHIC.get(image);
  const shown = /^[\x20-\x7e]{1,12}$|^\p{L}|^\p{S}|^\p{P}/u.test(image)
    ? `\`${[...image].slice(0, 12).join("")}\``
    : `the character U+${(image.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return syntaxError(SYNTAX.unknownCharacter, span, `${shown} means nothing here`, {
    ...(meant === undefined ? {} : { label: `did you mean \`${meant}\`?` }),
    fix: meant === undefined ? null : replaceWith(span, meant),
  });
}
