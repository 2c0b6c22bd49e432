/**
 * From the place where the parser gave up to a sentence in the author's words: what was expected, after what, and what is
 * likely meant. Pure: it reads tokens, not the grammar's tables.
 */

import type { Diagnostic, Span } from "../base/diagnostic.ts";
import { nearest } from "../base/edit-distance.ts";
import { closerOf, closesOnLine, openBrackets } from "./brackets.ts";
import { foreignIdiom } from "./foreign.ts";
import type { Failure } from "./grammar.ts";
import type { Token } from "./lexer.ts";
import { misplaced } from "./misplaced.ts";
import { isFirstOnLine } from "./split.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** The tokens of a declaration, and which of them did not fit (their number: the end did not). */
export interface Place {
  readonly file: string;
  readonly source: string;
  readonly tokens: readonly Token[];
  readonly at: number;
}

/** What a name is asked for, by the rule of the grammar that asks. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["source_", "a stream, an event or a rule"],
  ["event", "a name"],
  ["rule", "a name for the rule"],
  ["stream", "a name for the stream"],
  ["key", "a field"],
  ["path", "a field"],
  ["segment", "the name of a field"],
  ["timeOption", "a field"],
  ["idOption", "a field"],
  ["skipTarget", "the name of a step"],
]);

/** What a text is asked for. */
const TEXTS: ReadonlyMap<string, string> = new Map([
  ["rule", "a title in double quotes"],
  ["test", "a title in double quotes"],
  ["stream", "a subject in double quotes"],
  ["exception", "a reason in double quotes"],
  ["dataSource", "a file name in double quotes"],
  ["testItem", "a file name in double quotes"],
]);

/** What else may stand where only the closing bracket of a block was left to try. */
const BLOCKS: ReadonlyMap<string, string> = new Map([
  ["braced", "`then`, `next` or `}`"],
  ["rule", "metadata, a body, a clause or `}`"],
  ["dataFields", "a name or `}`"],
  ["testObject", "a field or `}`"],
  ["fieldTypes", "a field or `}`"],
  ["stream", "`time`, `delay`, `idle`, `id`, `late`, `fields` or `}`"],
  ["test", "an event such as `0s Login { … }`, `advance`, `from`, `expect` or `}`"],
  ["primary", "an operator or `)`"],
  ["key", "an operator or `)`"],
  ["call", "`,` or `)`"],
  ["lambda", "an operator or `)`"],
  ["list", "`,` or `]`"],
  ["testItems", "`,` or `]`"],
  ["postfix", "an operator or `]`"],
]);

/** The diagnostic for a failure at a place. */
export function explain(failure: Failure, place: Place): Diagnostic {
  if (failure.diagnostic !== null) return failure.diagnostic;
  const opener = missingCloser(failure, place);
  if (opener !== null) return unclosed(opener, place);
  const isBody = BODY_RULES.has(failure.rules.at(-1) ?? "") || failure.rules.at(-2) === "matchBody";
  const problem = isBody ? misplaced(place) : null;
  return problem ?? unexpected(`expected ${wanted(failure)}`, failure.rules, place);
}

/** Rules of the grammar that read the parts of a body in their order. */
const BODY_RULES: ReadonlySet<string> = new Set([
  "matchBody",
  "windowBody",
  "windowShape",
  "expectBody",
]);

/** The bracket that is not closed, where that is what is wrong. */
export function missingCloser(failure: Failure, place: Place): Token | null {
  const opener = ["{", "(", "["].find((image) => failure.expected === `\`${closerOf(image)}\``);
  if (opener === undefined) return null;
  const open = openBrackets(place.tokens, place.at, opener).at(-1);
  if (open === undefined) return null;
  const token = place.tokens[place.at];
  if (token === undefined) return open;
  if (opener !== "{") return closesOnLine(place.tokens, place.at, opener) ? null : open;
  const rule = failure.rules.at(-1);
  const isStatement = t.STATEMENT_WORDS.has(token.tokenType) && token.tokenType !== t.Having;
  const leaves = isStatement && isFirstOnLine(place.tokens, place.at);
  return leaves && (rule === "braced" || rule === "dataFields") ? open : null;
}

function unclosed(opener: Token, place: Place): Diagnostic {
  const closer = closerOf(opener.image);
  const before = place.tokens[place.at - 1] ?? opener;
  const next = place.tokens[place.at];
  const isBlock = opener.image === "{";
  // A block is closed on a line of its own, behind all that stands before the next token.
  const end =
    isBlock && next !== undefined
      ? place.source.slice(0, next.startOffset).trimEnd().length
      : endOf(before);
  const line = opener.startLine ?? 1;
  const fixSpan = { file: place.file, start: end, end };
  return syntaxError(
    SYNTAX.missingCloser,
    spanOf(opener, place.file),
    `this \`${opener.image}\` is not closed`,
    {
      label: `no \`${closer}\` for it`,
      notes: [
        next === undefined
          ? "the declaration ends without it"
          : `\`${short(next.image)}\` on line ${next.startLine ?? line} cannot stand inside it`,
      ],
      fix: {
        title: isBlock
          ? `add \`${closer}\` ${next === undefined ? "at the end" : `before \`${short(next.image)}\``}`
          : `add \`${closer}\` after \`${shown(before, place)}\``,
        span: fixSpan,
        text: isBlock ? `\n${indentation(opener, place)}${closer}` : closer,
      },
    },
  );
}

/** The white space before the line of `token`. */
function indentation(token: Token, place: Place): string {
  const lineStart = place.source.lastIndexOf("\n", token.startOffset - 1) + 1;
  return /^[ \t]*/.exec(place.source.slice(lineStart, token.startOffset))?.[0] ?? "";
}

/** What should have stood there, in the author's words. */
function wanted(failure: Failure): string {
  const rule = failure.rules.at(-1) ?? "";
  const asking = rule === "name_" || rule === "dottedName" ? (failure.rules.at(-2) ?? "") : rule;
  if (failure.expected === "a name") return NAMED.get(asking) ?? "a name";
  if (failure.expected === t.TextLiteral.LABEL) return TEXTS.get(rule) ?? failure.expected;
  const closes = ["`}`", "`)`", "`]`"].includes(failure.expected);
  return closes ? (BLOCKS.get(rule) ?? failure.expected) : failure.expected;
}

/** A token that does not fit. `sentence` says what would: "expected a step". */
export function unexpected(sentence: string, rules: readonly string[], place: Place): Diagnostic {
  const token = place.tokens[place.at];
  const before = place.tokens[place.at - 1];
  const after = before === undefined ? "" : ` after \`${shown(before, place)}\``;
  if (token === undefined) {
    const start = before === undefined ? 0 : before.startOffset;
    const end = before === undefined ? 0 : endOf(before);
    const span = { file: place.file, start, end };
    return syntaxError(SYNTAX.unexpected, span, sentence + after, { label: "it ends here" });
  }
  const span = spanOf(token, place.file);
  // Where a value is asked for, no word of the grammar was meant.
  const idiom = foreignIdiom(place.tokens, place.at, place.file, rules.at(-1) ?? "");
  if (idiom !== null)
    return syntaxError(SYNTAX.unexpected, idiom.span, sentence + after, {
      label: idiom.label,
      fix: idiom.fix,
    });
  const meant = VALUES.some((label) => sentence.includes(label)) ? null : likelyWord(token);
  return syntaxError(SYNTAX.unexpected, span, sentence + after, {
    label: meant === null ? "" : `did you mean \`${meant}\`?`,
    notes: orderNote(token, rules),
    fix: meant === null ? null : replaceWith(span, meant),
  });
}

/** What the tokens of numbers are called. */
const VALUES: readonly string[] = [t.DurationLiteral, t.Integer].flatMap(
  ({ LABEL }) => LABEL ?? [],
);

const STEP_PARTS: ReadonlySet<unknown> = new Set([t.By, t.Where, t.Each, t.Having, t.Until]);

function orderNote(token: Token, rules: readonly string[]): string[] {
  if (!STEP_PARTS.has(token.tokenType) || !rules.includes("braced")) return [];
  return ["a step has its parts in this order: `by`, `where`, `each`, `having`, `until`, `within`"];
}

/** The word of the grammar that was probably meant. */
function likelyWord(token: Token): string | null {
  return token.tokenType === t.Word ? nearest(token.image, t.KEYWORDS.keys()) : null;
}

/** Enough of a word or a text to know it by. */
export function short(image: string): string {
  const line = image.split("\n", 1)[0] ?? "";
  return line.length > 32 ? `${line.slice(0, 31)}…` : line;
}

/** A token as the author wrote it; of a damaged part its last word. */
function shown(token: Token, place: Place): string {
  if (token.tokenType !== t.Damaged) return short(token.image);
  const words = place.source.slice(token.startOffset, endOf(token)).split(/\s+/);
  return short(words.at(-1) ?? "");
}

function endOf(token: Token): number {
  return (token.endOffset ?? token.startOffset) + 1;
}

/** The token's place in its file. */
export function spanOf(token: Token, file: string): Span {
  return { file, start: token.startOffset, end: endOf(token) };
}
