/**
 * From the text of a rule file to its tree (section 2 to 9), with every independent error of syntax.
 *
 * The tokens are cut where declarations certainly begin, and each piece is read by itself. At an error the tokens are
 * mended (`repair.ts`) and the piece is read again, which finds its next error; what was mended is not in the tree, but
 * its kind and name are in `broken`, so that the checker does not call it unknown.
 *
 * Invariants
 *  P1  Never throws for any text, and takes time linear in its length but for the bounded number of errors.
 *  P2  A declaration in the tree was read without an error of the parser.
 */

import type { Diagnostic, Span } from "../base/diagnostic.ts";
import { nearest } from "../base/edit-distance.ts";
import type { BrokenDeclaration, Declaration, Expr, RuleFile, Template } from "./ast.ts";
import { openBrackets } from "./brackets.ts";
import { explain, type Place, short, spanOf, unexpected } from "./explain.ts";
import { type Failure, grammar } from "./grammar.ts";
import { type Token, tokenize } from "./lexer.ts";
import { repair } from "./repair.ts";
import { behindDottedName, declarationStarts, isFirstOnLine, likelyStart } from "./split.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";
import { readTemplate } from "./template.ts";
import * as t from "./tokens.ts";

/** Longer texts are refused unread, in UTF-16 units. */
export const MAX_TEXT = 1024 * 1024;
/** Errors of one file that are shown. */
export const MAX_ERRORS = 100;
/** Times that one declaration is read again. */
const MAX_REPAIRS = 20;

/** What is known while a file is read. */
interface Session {
  readonly file: string;
  readonly source: string;
  readonly declarations: Declaration[];
  readonly broken: BrokenDeclaration[];
  readonly diagnostics: Diagnostic[];
  /** Errors of single words, texts and numbers, by offset. */
  readonly lexical: readonly Diagnostic[];
  /** Braces found missing at the end of declarations: as many stray ones behind them are no errors of their own. */
  unclosed: number;
  /** Tokens that may still be read: bounds the work that many errors cause. */
  budget: number;
}

/** Reads a rule file. Diagnostics are in the order of their places. */
export function parse(file: string, text: string): { tree: RuleFile; diagnostics: Diagnostic[] } {
  if (text.length > MAX_TEXT) {
    const message = "this file is larger than 1 MiB";
    const span = { file, start: 0, end: 0 };
    const tree = { file, text, declarations: [], broken: [] };
    return { tree, diagnostics: [syntaxError(SYNTAX.fileTooLarge, span, message)] };
  }
  const { tokens, diagnostics: lexical } = tokenize(file, text);
  const session: Session = {
    file,
    source: text,
    declarations: [],
    broken: [],
    diagnostics: [],
    lexical,
    unclosed: 0,
    budget: 8 * tokens.length + 20_000,
  };
  grammar.templates = readTemplates(session, tokens);
  const starts = declarationStarts(tokens);
  if (starts[0] !== 0) starts.unshift(0);
  for (const [index, start] of starts.entries()) {
    if (session.diagnostics.length > MAX_ERRORS) break;
    readPiece(session, tokens.slice(start, starts[index + 1] ?? tokens.length));
  }
  const { declarations, broken } = session;
  return {
    tree: { file, text, declarations, broken },
    diagnostics: ordered(file, [...lexical, ...session.diagnostics]),
  };
}

function ordered(file: string, diagnostics: Diagnostic[]): Diagnostic[] {
  diagnostics.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  if (diagnostics.length <= MAX_ERRORS) return diagnostics;
  const shown = diagnostics.slice(0, MAX_ERRORS);
  const start = shown.at(-1)?.span.end ?? 0;
  const message = `more than ${MAX_ERRORS} errors: the rest is not shown`;
  shown.push(syntaxError(SYNTAX.tooManyErrors, { file, start, end: start }, message));
  return shown;
}

/** Reads the titles of all alerts, by the offset of their text. */
function readTemplates(session: Session, tokens: readonly Token[]): Map<number, Template> {
  const templates = new Map<number, Template>();
  const report = (diagnostic: Diagnostic) => addOnce(session, diagnostic);
  const read = (text: string, offset: number) => readExpression(session, text, offset);
  for (const [index, token] of tokens.entries()) {
    if (token.tokenType !== t.TextLiteral || tokens[index - 1]?.tokenType !== t.Alert) continue;
    const span = spanOf(token, session.file);
    templates.set(token.startOffset, readTemplate(token.image, span, read, report));
  }
  return templates;
}

function readExpression(session: Session, text: string, offset: number): Expr | null {
  const { tokens, diagnostics } = tokenize(session.file, text, offset);
  for (const diagnostic of diagnostics) addOnce(session, diagnostic);
  const reading = grammar.readExpression(session.file, session.source, tokens);
  for (const report of reading.reports) addOnce(session, report);
  if (reading.failure === null) return reading.value ?? null;
  if (diagnostics.length === 0) {
    const place = placeOf(session, tokens, reading.failure);
    const behind = reading.value !== undefined;
    addOnce(
      session,
      behind
        ? unexpected("expected an operator or `}`", [], place)
        : explain(reading.failure, place),
    );
  }
  return null;
}

function placeOf(session: Session, tokens: readonly Token[], failure: Failure): Place {
  const found = failure.token === null ? -1 : tokens.indexOf(failure.token);
  const at = found < 0 ? tokens.length : found;
  return { file: session.file, source: session.source, tokens, at };
}

/** Reads the declarations of a piece: one, and behind errors perhaps more. */
function readPiece(session: Session, piece: Token[]): void {
  let rest = piece;
  while (rest.length > 0 && session.budget > 0 && session.diagnostics.length <= MAX_ERRORS) {
    const [first] = rest;
    if (first === undefined) return;
    if (t.DECLARATION_WORDS.has(first.tokenType)) {
      rest = readDeclaration(session, rest);
      continue;
    }
    const meant = misspeltDeclaration(rest);
    reportNoDeclaration(session, rest, meant?.image ?? null);
    rest = meant === null ? rest.slice(likelyStart(rest, 1)) : [meant, ...rest.slice(1)];
  }
}

/** The first token as the declaration's word that it nearly is. */
function misspeltDeclaration(tokens: readonly Token[]): Token | null {
  const [first, second] = tokens;
  if (first === undefined || first.tokenType !== t.Word) return null;
  if (
    second === undefined ||
    (second.tokenType !== t.TextLiteral && behindDottedName(tokens, 1) < 0)
  ) {
    return null;
  }
  const words = [...t.DECLARATION_WORDS].map((type) => (type.LABEL ?? "").replaceAll("`", ""));
  const image = nearest(first.image, words);
  const type = image === null ? undefined : t.KEYWORDS.get(image);
  if (image === null || type === undefined) return null;
  return { ...first, image, tokenType: type, tokenTypeIdx: type.tokenTypeIdx ?? 0 };
}

function reportNoDeclaration(
  session: Session,
  tokens: readonly Token[],
  meant: string | null,
): void {
  const [first] = tokens;
  if (first === undefined) return;
  const span = spanOf(first, session.file);
  if (first.tokenType === t.RightBrace) {
    addStrayBrace(session, span, tokens);
    return;
  }
  const message = `\`${short(first.image)}\` begins no declaration`;
  const diagnostic = syntaxError(SYNTAX.noDeclaration, span, message, {
    label: meant === null ? "" : `did you mean \`${meant}\`?`,
    notes: [
      "declarations begin with `stream`, `event`, `list`, `table`, `let`, `fn`, `exception`, `rule` or `test`",
    ],
    fix: meant === null ? null : replaceWith(span, meant),
  });
  addSyntax(session, diagnostic, tokens);
}

function addStrayBrace(session: Session, span: Span, piece: readonly Token[]): void {
  if (session.unclosed > 0) {
    session.unclosed -= 1;
    return;
  }
  const fix = replaceWith(span, "");
  addSyntax(
    session,
    syntaxError(SYNTAX.strayCloser, span, "this `}` closes nothing", { fix }),
    piece,
  );
}

/** Reads the declaration that begins the tokens, mending it as often as it takes; answers what is behind it. */
function readDeclaration(session: Session, tokens: Token[]): Token[] {
  let current = tokens;
  for (let repairs = 0; ; repairs++) {
    session.budget -= current.length;
    const reading = grammar.readDeclaration(session.file, session.source, current);
    for (const report of reading.reports) addOnce(session, report);
    const { failure, value } = reading;
    if (failure === null) {
      keep(session, tokens, value, repairs > 0);
      return [];
    }
    const place = placeOf(session, current, failure);
    const failedAt = failure.token?.startOffset ?? current.at(-1)?.endOffset;
    if (value !== undefined) return behind(session, tokens, value, repairs > 0, place);
    addSyntax(session, explain(failure, place), tokens, failedAt);
    if (failure.token === null && failure.expected === "`}`") {
      session.unclosed += openBrackets(current, current.length, "{").length;
    }
    const mended = repairs < MAX_REPAIRS && session.budget > 0 ? repair(failure, place) : null;
    if (mended === null) {
      keep(session, tokens, undefined, true);
      return current.slice(likelyStart(current, Math.max(place.at, 1)));
    }
    current = mended;
  }
}

function keep(
  session: Session,
  tokens: readonly Token[],
  declaration: Declaration | undefined,
  isBroken: boolean,
): void {
  if (declaration !== undefined && !isBroken) {
    session.declarations.push(declaration);
    return;
  }
  const end = behindDottedName(tokens, 1);
  const name = tokens
    .slice(1, Math.max(1, end))
    .map((token) => token.image)
    .join("");
  const [first] = tokens;
  if (first === undefined) return;
  const span = spanOf(first, session.file);
  session.broken.push({ kind: first.image, name: name === "" ? null : name, span });
}

/** Tokens follow a declaration that is complete: another one, or something that has no place there. */
function behind(
  session: Session,
  tokens: readonly Token[],
  declaration: Declaration,
  wasMended: boolean,
  place: Place,
): Token[] {
  const next = place.tokens[place.at];
  const firstOnLine = isFirstOnLine(place.tokens, place.at);
  const isBlock = place.tokens[place.at - 1]?.tokenType === t.RightBrace;
  const isOutside = firstOnLine && (next?.startColumn ?? 1) <= (tokens[0]?.startColumn ?? 1);
  // `event A = B wher …` is incomplete; behind a block or at the margin something else begins.
  const isWhole = isBlock || isOutside || next?.tokenType === t.RightBrace;
  keep(session, tokens, declaration, wasMended || !isWhole);
  const rest = place.tokens.slice(place.at);
  if (next !== undefined && firstOnLine && t.DECLARATION_WORDS.has(next.tokenType)) return rest;
  if (isOutside && (next?.tokenType === t.Word || misspeltDeclaration(rest) !== null)) return rest;
  if (!wasMended && next !== undefined) reportMisplaced(session, place, next, tokens);
  return place.tokens.slice(likelyStart(place.tokens, place.at + 1));
}

function reportMisplaced(
  session: Session,
  place: Place,
  next: Token,
  piece: readonly Token[],
): void {
  const span = spanOf(next, session.file);
  if (next.tokenType === t.RightBrace) {
    addStrayBrace(session, span, piece);
    return;
  }
  const isClause = t.STATEMENT_WORDS.has(next.tokenType);
  const isOutside = isClause && place.tokens[place.at - 1]?.tokenType === t.RightBrace;
  const message = `\`${next.image}\` stands outside of the rule`;
  const notes = ["a `}` before it closes the rule"];
  addSyntax(
    session,
    isOutside
      ? syntaxError(SYNTAX.strayCloser, span, message, { notes })
      : unexpected("expected an operator or the next declaration", [], place),
    piece,
  );
}

/**
 * An error of the parser, unless it follows from an error of a word or a text before it. `failedAt` is the offset at which
 * the parser gave up, where the diagnostic points elsewhere.
 */
function addSyntax(
  session: Session,
  diagnostic: Diagnostic,
  piece: readonly Token[],
  failedAt = diagnostic.span.start,
): void {
  const start = piece[0]?.startOffset ?? 0;
  const isConsequence = session.lexical.some((earlier) => {
    if (earlier.span.start > failedAt || earlier.span.start < start) return false;
    if (earlier.code === SYNTAX.unclosedText) return true;
    return !session.source.slice(earlier.span.start, failedAt).includes("\n");
  });
  if (!isConsequence) addOnce(session, diagnostic);
}

function addOnce(session: Session, diagnostic: Diagnostic): void {
  const isKnown = session.diagnostics.some(
    (known) => known.code === diagnostic.code && known.span.start === diagnostic.span.start,
  );
  if (!isKnown) session.diagnostics.push(diagnostic);
}
