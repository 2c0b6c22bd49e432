/**
 * Reading texts and numbers (L-3): where they end, and what they are worth. Plain functions on strings, linear in their
 * length; what is wrong with a literal is returned, not thrown.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS } from "../base/time.ts";

/** How a text is written: `"…"`, `r"…"`, `"""…"""`. */
export type TextForm = "plain" | "raw" | "block";

export interface ScannedText {
  readonly form: TextForm;
  /** Offset behind the text. */
  readonly end: number;
  /** Offsets of what stands between the quotes. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly closed: boolean;
}

/** A line that begins a declaration: an unclosed text block is taken to end before it. */
const DECLARATION_LINE = /\n(?=(?:stream|event|list|table|let|fn|exception|rule|test)[ \t])/g;

/** The text that begins at `offset`, null where none does. A plain or raw one that is not closed ends with its line. */
export function scanText(source: string, offset: number): ScannedText | null {
  if (source.startsWith('"""', offset)) return scanBlock(source, offset);
  if (source.startsWith('r"', offset)) {
    const bodyStart = offset + 2;
    let end = bodyStart;
    while (end < source.length && source[end] !== '"' && source[end] !== "\n") end++;
    const closed = source[end] === '"';
    return { form: "raw", end: closed ? end + 1 : end, bodyStart, bodyEnd: end, closed };
  }
  if (source[offset] !== '"') return null;
  const bodyStart = offset + 1;
  let end = bodyStart;
  while (end < source.length && source[end] !== '"' && source[end] !== "\n") {
    end += source[end] === "\\" && source[end + 1] !== "\n" ? 2 : 1;
  }
  end = Math.min(end, source.length);
  const closed = source[end] === '"';
  return { form: "plain", end: closed ? end + 1 : end, bodyStart, bodyEnd: end, closed };
}

function scanBlock(source: string, offset: number): ScannedText {
  const bodyStart = offset + 3;
  let end = bodyStart;
  while (end < source.length && !source.startsWith('"""', end)) {
    end += source[end] === "\\" ? 2 : 1;
  }
  if (end < source.length) {
    return { form: "block", end: end + 3, bodyStart, bodyEnd: end, closed: true };
  }
  DECLARATION_LINE.lastIndex = bodyStart;
  const next = DECLARATION_LINE.exec(source);
  const stop = next === null ? source.length : next.index;
  return { form: "block", end: stop, bodyStart, bodyEnd: stop, closed: false };
}

/** The value of a text's body: escapes resolved, and a block freed of its first newline and common indentation. */
export function textValue(body: string, form: TextForm): string {
  switch (form) {
    case "raw":
      return body;
    case "plain":
      return unescapeText(body);
    case "block":
      return unescapeText(withoutIndentation(body));
  }
}

/** JSON escapes, and any that JSON does not know left as they stand. */
export function unescapeText(body: string): string {
  if (!body.includes("\\")) return body;
  return body.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_, hex, letter) => {
    if (typeof hex === "string") return String.fromCharCode(Number.parseInt(hex, 16));
    switch (letter) {
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      default:
        return String(letter);
    }
  });
}

/** Offsets in `body` of the backslashes that begin no JSON escape. */
export function badEscapes(body: string): number[] {
  const found: number[] = [];
  for (let at = body.indexOf("\\"); at >= 0; at = body.indexOf("\\", at)) {
    const letter = body[at + 1] ?? "";
    const fits =
      letter === "u"
        ? /^[0-9a-fA-F]{4}$/.test(body.slice(at + 2, at + 6))
        : letter !== "" && '"\\/bfnrt'.includes(letter);
    if (!fits) found.push(at);
    at += 2;
  }
  return found;
}

function withoutIndentation(body: string): string {
  const text = body.replace(/^[ \t]*\r?\n/, "");
  const lines = text.split("\n");
  let common = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const indent = line.search(/[^ \t\r]/);
    if (indent >= 0) common = Math.min(common, indent);
  }
  if (common === Number.POSITIVE_INFINITY) common = 0;
  return lines.map((line) => (line.search(/[^ \t\r]/) < 0 ? "" : line.slice(common))).join("\n");
}

/** What a word that begins with a digit is worth. */
export type NumberLiteral =
  | { readonly kind: "integer" | "decimal"; readonly value: number | bigint }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "size"; readonly bytes: number }
  | { readonly kind: "bad"; readonly message: string; readonly notes: readonly string[] };

/** From large to small, as they must stand in a duration. */
const DURATION_UNITS: readonly (readonly [string, number])[] = [
  ["w", WEEK_MS],
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
];

const SIZE_UNITS: ReadonlyMap<string, number> = new Map([
  ["B", 1],
  ["KB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["KiB", 2 ** 10],
  ["MiB", 2 ** 20],
  ["GiB", 2 ** 30],
  ["TiB", 2 ** 40],
]);

/** More digits than this are no number that anyone means, and their conversion is not linear. */
const MAX_DIGITS = 100;

/** Reads `5`, `2.5e3`, `1h30m`, `10KiB`. */
export function readNumber(image: string): NumberLiteral {
  if (image.length > 2 * MAX_DIGITS) return bad("this number is too long");
  if (/^\d+$/.test(image)) {
    const value = Number(image);
    if (Number.isSafeInteger(value)) return { kind: "integer", value };
    if (image.length > MAX_DIGITS) return bad("this number is too long");
    return { kind: "integer", value: BigInt(image) };
  }
  if (/^\d+(\.\d+)?([eE][+-]?\d+)?$/.test(image)) {
    const value = Number(image);
    if (!Number.isFinite(value)) return bad(`\`${image}\` is larger than any number can be`);
    return { kind: "decimal", value };
  }
  const size = /^(\d+(?:\.\d+)?)([KMGT]i?B|B)$/.exec(image);
  if (size !== null) {
    const bytes = Number(size[1]) * (SIZE_UNITS.get(size[2] ?? "") ?? 1);
    return Number.isSafeInteger(Math.round(bytes))
      ? { kind: "size", bytes }
      : bad(`\`${image}\` is larger than any size can be`);
  }
  if (/^(\d+(ms|[smhdw]))+$/.test(image)) return readDuration(image);
  return bad(`\`${image}\` is no number, duration or size`, [
    "durations are written `250ms`, `90s`, `5m`, `1h30m`, `7d`, `2w`; sizes `10KB`, `5MB`, `1GiB`",
  ]);
}

function readDuration(image: string): NumberLiteral {
  let ms = 0;
  let last = -1;
  for (const [, digits, unit] of image.matchAll(/(\d+)(ms|[smhdw])/g)) {
    const place = DURATION_UNITS.findIndex(([name]) => name === unit);
    if (place <= last) {
      return bad(`the units of \`${image}\` must go from large to small, each once`, [
        "for example `1h30m`",
      ]);
    }
    last = place;
    ms += Number(digits) * (DURATION_UNITS[place]?.[1] ?? 0);
  }
  if (!Number.isSafeInteger(ms)) return bad(`\`${image}\` is longer than any duration can be`);
  return { kind: "duration", ms };
}

function bad(message: string, notes: readonly string[] = []): NumberLiteral {
  return { kind: "bad", message, notes };
}
