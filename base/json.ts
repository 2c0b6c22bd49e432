/**
 * JSON in and out, as JSON.parse and JSON.stringify have it, with two differences that values need (value.ts):
 * integers beyond 2^53 become bigints instead of being rounded (X-3), and a number too great for a 64-bit float
 * becomes null instead of infinite (V1).
 *
 * Nesting is limited before anything recursive sees the text: hostile depth is an error, not a stack overflow.
 */

import { isObject, type Value, type ValueObject } from "./value.ts";

/** Greatest nesting of lists and objects that is accepted unless the caller says otherwise. */
export const MAX_JSON_DEPTH = 32;

/** Most fields of an event, counted over the whole value. */
export const MAX_JSON_FIELDS = 512;

export type Parsed = { readonly value: Value } | { readonly error: string };

/** An exponent that may lead beyond a 64-bit float, or a piece of a text that looks like one. */
const GREAT_EXPONENT = /[0-9][eE]\+?[0-9]{3}/;

/**
 * The value of a JSON text, or what is wrong with it, as a clause. A lone top-level scalar has depth 0. Of equal
 * names in an object the last counts; `__proto__` is a name like any other. O(length).
 */
export function parseJson(text: string, maxDepth: number = MAX_JSON_DEPTH): Parsed {
  if (isDeeper(text, maxDepth)) return { error: `nested deeper than ${maxDepth}` };
  let value: Value;
  try {
    value = JSON.parse(text) as Value;
  } catch (error) {
    return { error: `not JSON: ${(error as Error).message}` };
  }
  if (GREAT_EXPONENT.test(text) && hasInfinite(value))
    return { value: new ExactReader(text).value() };
  return { value: hasLongNumber(text) ? withLongIntegers(text, value) : value };
}

/** Stands before the digits of a number that is read as a text. */
const MARK = "\u0000";
const MARK_ESCAPE = "\\u0000";

/**
 * The value of a text that JSON.parse has read as `rounded`, its great integers exact: they are marked as texts, read by
 * JSON.parse and put back, which is several times faster than reading all else by hand.
 */
function withLongIntegers(text: string, rounded: Value): Value {
  // A text that begins as a mark does could not be told from one.
  if (text.includes(MARK_ESCAPE)) return new ExactReader(text).value();
  let marked = "";
  let done = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfText(text, i) - 1;
    else if (unit === MINUS || isDigit(unit)) {
      NUMBER.lastIndex = i;
      const [literal, fraction] = NUMBER.exec(text) as RegExpExecArray & { readonly 0: string };
      const exact = fraction === undefined ? integerOf(literal) : Number(literal);
      if (typeof exact === "bigint" || !Number.isFinite(exact)) {
        const put = typeof exact === "bigint" ? `"${MARK_ESCAPE}${literal}"` : "null";
        marked += text.slice(done, i) + put;
        done = i + literal.length;
      }
      i += literal.length - 1;
    }
  }
  return done === 0 ? rounded : unmarked(JSON.parse(marked + text.slice(done)) as Value);
}

/** Puts the integers back in their places, in the value itself, which nobody else has seen. */
function unmarked(value: Value): Value {
  if (typeof value === "string") return value.startsWith(MARK) ? BigInt(value.slice(1)) : value;
  if (typeof value !== "object" || value === null) return value;
  for (const [name, part] of Object.entries(value)) {
    const replaced = unmarked(part);
    // An assignment would not make a property of the name `__proto__`.
    if (replaced !== part)
      Object.defineProperty(value, name, {
        value: replaced,
        writable: true,
        enumerable: true,
        configurable: true,
      });
  }
  return value;
}

/** A whole number that a float rounds is a bigint. */
function integerOf(literal: string): number | bigint {
  const number = Number(literal);
  if (Number.isSafeInteger(number)) return number;
  const exact = BigInt(literal);
  return exact === MAX_EXACT || exact === -MAX_EXACT ? number : exact;
}

/** Digits of the shortest integer that a 64-bit float rounds: 2^53 + 1. */
const LONG_DIGITS = 16;

/**
 * Is there a run of at least 16 digits where a number may begin? Looks at every 16th unit only, for a run must hold
 * one of them: 30 times cheaper than a regular expression, and every event passes here.
 */
function hasLongNumber(text: string): boolean {
  for (let i = LONG_DIGITS - 1; i < text.length; i += LONG_DIGITS) {
    if (!isDigit(text.charCodeAt(i))) continue;
    let start = i;
    while (isDigit(text.charCodeAt(start - 1))) start--;
    while (isDigit(text.charCodeAt(i))) i++;
    if (i - start >= LONG_DIGITS && mayPrecedeNumber(text.charCodeAt(start - 1))) return true;
  }
  return false;
}

function hasInfinite(value: Value): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasInfinite);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Not within a text's word or a fraction: a space, a comma, a colon, a bracket, a minus, or the text's begin (NaN). */
function mayPrecedeNumber(unit: number): boolean {
  if (unit <= 0x20 || Number.isNaN(unit)) return true;
  return unit === COMMA || unit === COLON || unit === BRACKET || unit === MINUS;
}

/** Does the nesting of lists and objects exceed the limit? Brackets in texts do not count. O(length). */
function isDeeper(text: string, maxDepth: number): boolean {
  if (!hasOpeners(text, maxDepth + 1)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) i = endOfText(text, i) - 1;
    else if (unit === BRACE || unit === BRACKET) {
      if (++depth > maxDepth) return true;
    } else if (unit === BRACE_END || unit === BRACKET_END) depth--;
  }
  return false;
}

/** Are there at least `count` opening brackets, wherever? The cheap question that most events answer with no. */
function hasOpeners(text: string, count: number): boolean {
  let found = 0;
  for (const opener of ["{", "["]) {
    for (let i = text.indexOf(opener); i >= 0; i = text.indexOf(opener, i + 1)) {
      if (++found >= count) return true;
    }
  }
  return false;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** The offset behind the closing quote of the text that opens at `start`, or the text's end where it never closes. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let run = end;
    while (text.charCodeAt(run - 1) === BACKSLASH) run--;
    // A quote belongs to the text where an odd number of backslashes stands before it.
    if ((end - run) % 2 === 0) return end + 1;
  }
  return text.length;
}

const NUMBER = /-?[0-9]+([.eE][0-9.eE+-]*)?/y;
const MAX_EXACT = 2n ** 53n;

/** Reads a text that JSON.parse has accepted, so it needs to tell tokens apart only, never to refuse. */
class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Value {
    const unit = this.#next();
    if (unit === BRACE) return this.#object();
    if (unit === BRACKET) return this.#list();
    if (unit === QUOTE) return this.#string();
    if (unit === MINUS || isDigit(unit)) return this.#number();
    return this.#word();
  }

  /** The next unit that is not a space, a comma or a colon. */
  #next(): number {
    for (; ; this.#at++) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit > 0x20 && unit !== COMMA && unit !== COLON) return unit;
    }
  }

  #object(): ValueObject {
    // Entries make own properties, `__proto__` too, which an assignment would not.
    const entries: [string, Value][] = [];
    this.#at++;
    while (this.#next() !== BRACE_END) entries.push([this.#string(), this.value()]);
    this.#at++;
    return Object.fromEntries(entries);
  }

  #list(): Value[] {
    const items: Value[] = [];
    this.#at++;
    while (this.#next() !== BRACKET_END) items.push(this.value());
    this.#at++;
    return items;
  }

  #string(): string {
    const start = this.#at;
    this.#at = endOfText(this.#text, start);
    const raw = this.#text.slice(start, this.#at);
    return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  #number(): Value {
    NUMBER.lastIndex = this.#at;
    const [literal, fraction] = NUMBER.exec(this.#text) as RegExpExecArray & { readonly 0: string };
    this.#at += literal.length;
    const number = Number(literal);
    if (fraction !== undefined) return Number.isFinite(number) ? number : null;
    return integerOf(literal);
  }

  #word(): null | boolean {
    const word = (["true", "false", "null"] as const).find((one) =>
      this.#text.startsWith(one, this.#at),
    );
    this.#at += word?.length ?? 0;
    return word === "null" ? null : word === "true";
  }
}

/** Has the value more than `limit` fields (named properties, at any depth)? Stops counting at the limit. */
export function exceedsFields(value: Value, limit: number = MAX_JSON_FIELDS): boolean {
  let count = 0;
  const waiting: Value[] = [value];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (Array.isArray(one)) {
      for (const item of one) if (typeof item === "object" && item !== null) waiting.push(item);
    } else if (isObject(one)) {
      const values = Object.values(one);
      count += values.length;
      if (count > limit) return true;
      for (const item of values) if (typeof item === "object" && item !== null) waiting.push(item);
    }
  }
  return false;
}

/**
 * The value as JSON without spaces, names in the order of the object's own keys, a bigint as its digits, lone
 * surrogates escaped: equal values made in equal order give equal texts. Takes values of limited depth only.
 */
export function stringifyJson(value: Value): string {
  try {
    return JSON.stringify(value);
  } catch {
    // It refuses bigints and nothing else that a value can be; to look for them first would cost as much again.
    return write(value);
  }
}

function write(value: Value): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  const fields = Object.entries(value as ValueObject);
  return `{${fields.map(([name, part]) => `${JSON.stringify(name)}:${write(part)}`).join(",")}}`;
}
