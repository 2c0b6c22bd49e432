/**
 * A part of a body (`by`, `within`, `over` …) in the wrong place: what is said of it, and the fix that moves it. So it costs
 * one message, and not one for the word and another for what seems to be missing. Pure: it reads tokens.
 */

import type { Diagnostic, Fix, Span } from "../base/diagnostic.ts";
import type { Token } from "./lexer.ts";
import { isFirstOnLine } from "./split.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

interface BodyForm {
  /** Words that begin its parts, in their order; `{` stands for the block. */
  readonly order: readonly string[];
  readonly shown: string;
}

const BODIES: ReadonlyMap<string, BodyForm> = new Map([
  [
    "match",
    {
      order: ["by", "within", "gap", "{", "until"],
      shown: "match by KEYS within TIME gap TIME { … } until SOURCE",
    },
  ],
  ["window", { order: ["by", "over"], shown: "window TIME by KEYS over SOURCE where CONDITION" }],
  [
    "expect",
    {
      order: ["where", "by", "every", "from"],
      shown: "expect SOURCE where CONDITION by KEYS every TIME from TABLE",
    },
  ],
]);

/** Words that begin a part of some body, and are no metadata. */
const WORDS: ReadonlySet<string> = new Set(["by", "every", "within", "over", "until", "gap"]);

/** What can be misplaced at all. */
const PARTS: ReadonlySet<string> = new Set([
  ...WORDS,
  ...[...BODIES.values()].flatMap((form) => form.order),
  "or",
]);

/** Of these the words `match`, `window` and `expect` are no beginning of a body. */
const JOINING: ReadonlySet<unknown> = new Set([t.Dot, t.Comma, t.Per, t.By, t.Where]);

interface Site {
  readonly file: string;
  readonly source: string;
  readonly tokens: readonly Token[];
  readonly at: number;
}

/** Is the word a part of some body? */
export function isPart(word: string): boolean {
  return PARTS.has(word);
}

/** The diagnostic for a token that stands where no part of a body can; null where that is not what is wrong. */
export function misplaced(site: Site): Diagnostic | null {
  const token = site.tokens[site.at];
  if (token === undefined) return null;
  const head = headsOf(site.tokens)[site.at] ?? null;
  if (head === "inside a block") return null;
  const word = token.image;
  if (head === null) return WORDS.has(word) ? withoutBody(site, token) : null;
  const body = site.tokens[head]?.image ?? "";
  const form = BODIES.get(body);
  if (form === undefined) return null;
  if (word === "or") return severalSources(site, token, body);
  if (!form.order.includes(word) && !WORDS.has(word)) return null;
  const notes = [`the order is \`${form.shown}\``];
  const span = spanOf(token, site.file);
  const say = (message: string, label: string, fix: Fix | null) =>
    syntaxError(SYNTAX.misplaced, span, message, { label, notes, fix });
  // The length of a window is asked for by its forms.
  if (body === "window" && site.at === head + 1) return null;
  const rank = form.order.indexOf(word);
  if (rank < 0) return say(`\`${body}\` has no \`${word}\``, "not here", null);
  const outer = outerTokens(site.tokens, head + 1, site.at);
  if (outer.some((index) => site.tokens[index]?.image === word)) {
    return say(`\`${word}\` is given twice in this \`${body}\``, "given again", null);
  }
  const before = outer.find((index) => form.order.indexOf(imageAt(site.tokens, index)) > rank);
  const next = before === undefined ? undefined : site.tokens[before];
  if (before === undefined || next === undefined) {
    const after = form.order[rank - 1];
    if (after === undefined) return null;
    return say(
      `\`${word}\` belongs directly behind ${named(after)} in \`${body}\``,
      "not here",
      null,
    );
  }
  return say(
    `\`${word}\` belongs before ${named(next.image)} in \`${body}\``,
    "too late",
    moved(site, form, before),
  );
}

function named(word: string): string {
  return word === "{" ? "the block" : `\`${word}\``;
}

function imageAt(tokens: readonly Token[], index: number): string {
  return tokens[index]?.image ?? "";
}

/** The first word of the body behind whose beginning a token stands. */
type Head = number | "inside a block" | null;

/** Of each token of a piece. A text of many wrong words asks for each of them, and the words before it are the same. */
const HEADS = new WeakMap<readonly Token[], readonly Head[]>();

function headsOf(tokens: readonly Token[]): readonly Head[] {
  let heads = HEADS.get(tokens);
  if (heads === undefined) {
    heads = findHeads(tokens);
    HEADS.set(tokens, heads);
  }
  return heads;
}

/** O(tokens). */
function findHeads(tokens: readonly Token[]): readonly Head[] {
  const heads: Head[] = [];
  const around: Head[] = [];
  const isRule = tokens[0]?.tokenType === t.Rule;
  let head: Head = null;
  let blocks = 0;
  for (const [index, { image }] of tokens.entries()) {
    heads.push(head);
    if (index === 0) continue;
    if (image === "{") {
      around.push(head);
      // `rule NAME "title" {`
      head = isRule && blocks === 0 ? null : "inside a block";
      blocks += 1;
    } else if (image === "}") {
      head = around.pop() ?? null;
    } else if (BODIES.has(image) && !JOINING.has(tokens[index - 1]?.tokenType)) {
      head = index;
    }
  }
  return heads;
}

/** Tokens of a range outside of brackets, the brackets that open among them. */
function outerTokens(tokens: readonly Token[], from: number, end: number): readonly number[] {
  const found: number[] = [];
  let depth = 0;
  for (let index = from; index < end; index++) {
    const image = imageAt(tokens, index);
    if (depth === 0) found.push(index);
    if (["{", "(", "["].includes(image)) depth += 1;
    if (["}", ")", "]"].includes(image)) depth -= 1;
  }
  return found;
}

function withoutBody(site: Site, token: Token): Diagnostic {
  const message = `\`${token.image}\` is no part of a rule by itself`;
  return syntaxError(SYNTAX.misplaced, spanOf(token, site.file), message, {
    label: "it belongs to a `match`, a `window` or an `expect`",
    notes: [...BODIES.values()].map((form) => `\`${form.shown}\``),
  });
}

function severalSources(site: Site, token: Token, body: string): Diagnostic | null {
  if (body === "match") return null;
  const span = spanOf(token, site.file);
  const before = site.tokens[site.at - 1];
  if (body === "expect" || before === undefined) {
    return syntaxError(SYNTAX.misplaced, span, "`expect` has one source", {
      label: "`or` joins the sources of a step",
      notes: ["each source is expected by a rule of its own"],
    });
  }
  const start = endOf(before);
  return syntaxError(SYNTAX.misplaced, span, "the sources of a window are a list", {
    label: "`or` joins the sources of a step",
    fix: replaceWith({ ...span, start }, ","),
  });
}

/** Moves the part, and those directly behind it that belong there too, before the token at `before`. */
function moved(site: Site, form: BodyForm, before: number): Fix | null {
  const { tokens, at, source, file } = site;
  const target = tokens[before];
  const first = tokens[at];
  const limit = form.order.indexOf(imageAt(tokens, before));
  let rank = form.order.indexOf(imageAt(tokens, at));
  let end = at + 1;
  for (const index of outerTokens(tokens, at + 1, tokens.length)) {
    const token = tokens[index];
    if (token === undefined || endsPart(tokens, index)) break;
    if (token.tokenType === t.Where && !form.order.includes("where")) break;
    const next = form.order.indexOf(token.image);
    if (next >= 0) {
      if (next <= rank || next >= limit) break;
      rank = next;
    }
    end = index + 1;
  }
  // A bracket that opens last is closed behind it.
  while (end < tokens.length && opensMore(tokens, at, end)) end += 1;
  const last = tokens[end - 1];
  if (target === undefined || first === undefined || last === undefined) return null;
  if (last === first) return null;
  const span: Span = { file, start: target.startOffset, end: endOf(last) };
  const part = source.slice(first.startOffset, span.end);
  const between = source.slice(span.start, first.startOffset).trimEnd();
  return {
    title: `move it before \`${target.image}\``,
    span,
    text: `${part} ${between}`,
  };
}

function opensMore(tokens: readonly Token[], from: number, end: number): boolean {
  const images = tokens.slice(from, end).map((token) => token.image);
  const opening = images.filter((image) => image === "(" || image === "[").length;
  return opening > images.filter((image) => image === ")" || image === "]").length;
}

/** Does something else begin here: a block, a clause, metadata on a line of its own, or the end of the rule? */
function endsPart(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined || token.image === "{" || token.image === "}") return true;
  return (
    t.STATEMENT_WORDS.has(token.tokenType) ||
    (isFirstOnLine(tokens, index) && !WORDS.has(token.image))
  );
}

function endOf(token: Token): number {
  return (token.endOffset ?? token.startOffset) + 1;
}

function spanOf(token: Token, file: string): Span {
  return { file, start: token.startOffset, end: endOf(token) };
}
