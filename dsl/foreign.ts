/**
 * Ways of writing that other languages, or English, have and this one has not: recognised where the parser stopped, and
 * told in this language's words. Each is a few tokens around that place; the first that fits is told.
 */

import type { Fix, Span } from "../base/diagnostic.ts";
import type { Token } from "./lexer.ts";
import * as t from "./tokens.ts";

/** What was probably meant, where it stands, and how it is written here. */
export interface Idiom {
  readonly span: Span;
  readonly label: string;
  readonly fix: Fix | null;
}

/** Tokens by their distance from the one that did not fit. */
class Around {
  readonly #tokens: readonly Token[];
  readonly #at: number;
  readonly #file: string;

  constructor(tokens: readonly Token[], at: number, file: string) {
    this.#tokens = tokens;
    this.#at = at;
    this.#file = file;
  }

  token(distance: number): Token | undefined {
    return this.#tokens[this.#at + distance];
  }

  image(distance: number): string {
    return this.token(distance)?.image ?? "";
  }

  span(from: number, to: number): Span {
    const first = this.token(from);
    const last = this.token(to);
    const end = last === undefined ? 0 : (last.endOffset ?? last.startOffset) + 1;
    return { file: this.#file, start: first?.startOffset ?? 0, end };
  }

  /** Do the two tokens touch? */
  touches(distance: number): boolean {
    return this.span(distance, distance).end === this.span(distance + 1, distance + 1).start;
  }

  /** "Did you mean": the tokens from … to, written as `text`. */
  meant(from: number, to: number, text: string): Idiom {
    const span = this.span(from, to);
    return {
      span,
      label: `did you mean \`${text}\`?`,
      fix: { title: `replace with \`${text}\``, span, text },
    };
  }

  /** Something is missing before the token. */
  missing(text: string): Idiom {
    const span = this.span(0, 0);
    const place = { ...span, end: span.start };
    return {
      span,
      label: `\`${text}\` is missing before it`,
      fix: { title: `add \`${text}\``, span: place, text: `${text} ` },
    };
  }
}

/** `rule`: the rule of the grammar that stopped. */
export function foreignIdiom(
  tokens: readonly Token[],
  at: number,
  file: string,
  rule: string,
): Idiom | null {
  const around = new Around(tokens, at, file);
  return (
    duration(around) ??
    keyword(around) ??
    hyphenatedName(around) ??
    (rule === "braced" ? (link(around) ?? count(around)) : null) ??
    lateCondition(around, rule) ??
    alternatives(around)
  );
}

const UNITS: ReadonlyMap<string, string> = new Map(
  [
    ["ms", "millisecond", "milliseconds"],
    ["s", "sec", "secs", "second", "seconds"],
    ["m", "min", "mins", "minute", "minutes"],
    ["h", "hr", "hrs", "hour", "hours"],
    ["d", "day", "days"],
    ["w", "week", "weeks"],
  ].flatMap((words) => words.map((word): [string, string] => [word, words[0] ?? ""])),
);

/** `5 minutes`. */
function duration(around: Around): Idiom | null {
  const unit = UNITS.get(around.image(1).toLowerCase());
  if (around.token(0)?.tokenType !== t.Integer || unit === undefined) return null;
  return around.meant(0, 1, `${around.image(0)}${unit}`);
}

const MODES: ReadonlySet<string> = new Set(["match", "all", "longest", "latest"]);

/** `match user within …`, without `by`. */
function keyword(around: Around): Idiom | null {
  const isName = around.token(0)?.tokenType === t.Word;
  return isName && MODES.has(around.image(-1)) ? around.missing("by") : null;
}

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/** `user-agent`, where the parser stopped at a hyphen. */
function hyphenatedName(around: Around): Idiom | null {
  let last = 1;
  const joins = (at: number): boolean =>
    around.image(at) === "-" &&
    NAME.test(around.image(at + 1)) &&
    around.touches(at - 1) &&
    around.touches(at);
  if (!joins(0) || !NAME.test(around.image(-1))) return null;
  while (joins(last + 1)) last += 2;
  const parts = Array.from({ length: last + 2 }, (_, i) => around.image(i - 1));
  const idiom = around.meant(-1, last, `\`${parts.join("")}\``);
  return { ...idiom, label: "a name with a hyphen stands in back quotes" };
}

/** Other ways to go on to the next step. */
function link(around: Around): Idiom | null {
  const [image, next] = [around.image(0), around.image(1)];
  if (image === "followed" && next === "by") return around.meant(0, 1, "then");
  if (image === "-" && next === ">") return around.meant(0, 1, "then");
  if (image === "and" && (next === "then" || next === "next")) return around.meant(0, 1, next);
  if (image === "and" || image === ",") return around.meant(0, 0, "then");
  if (around.image(-1) === "not") return around.meant(-1, -1, "no");
  if (next === ":" && NAME.test(image)) return around.missing("then");
  return null;
}

const COUNTS: ReadonlyMap<string, string> = new Map([
  ["+", "1+"],
  ["*", "0+"],
  ["?", "optional"],
]);

/** Counts in other places, or in words. */
function count(around: Around): Idiom | null {
  const image = around.image(0);
  const suffix = COUNTS.get(image);
  if (suffix !== undefined && NAME.test(around.image(-1)) && around.touches(-1))
    return around.meant(-1, 0, `${suffix} ${around.image(-1)}`);
  if (image === "least" && around.image(-1) === "at" && /^\d+$/.test(around.image(1)))
    return around.meant(-1, 1, `${around.image(1)}+`);
  if (around.image(-1) === "times" && /^\d+$/.test(around.image(-2)))
    return around.meant(-2, -1, around.image(-2));
  if (image === ":" && /^(?:optional|\d+|\+)$/.test(around.image(-2))) {
    return {
      span: around.span(-1, 0),
      label: "the step's name stands before its count",
      fix: null,
    };
  }
  if (image === "{" && around.token(1)?.tokenType === t.Integer) {
    return {
      span: around.span(0, 0),
      label: "the count stands before the source",
      fix: null,
    };
  }
  return null;
}

/** How far back a `where` is looked for. */
const CONDITION_TOKENS = 60;

/** `} where …`: a condition behind the block. */
function lateCondition(around: Around, rule: string): Idiom | null {
  if (rule !== "rule") return null;
  for (let back = 0; back > -CONDITION_TOKENS; back--) {
    if (around.image(back) === "}") return null;
    if (around.image(back) !== "where") continue;
    if (around.image(back - 1) !== "}") return null;
    const idiom = around.meant(back, back, "having");
    return { ...idiom, label: "behind the block a condition is a `having`" };
  }
  return null;
}

/** `A or { … }`, without `either`. */
function alternatives(around: Around): Idiom | null {
  if (around.image(0) !== "{" || around.image(-1) !== "or") return null;
  return {
    span: around.span(-1, 0),
    label: "alternatives stand in `either { … } or { … }`",
    fix: null,
  };
}
