/**
 * Seeded rule texts of every degree of damage, for the fuzzer: bytes, tokens in no order, samples with words or
 * characters changed, samples cut and joined, and patterns that the language accepts.
 */

import { Random } from "../../base/random.ts";
import { KEYWORDS } from "../../dsl/tokens.ts";
import { generateCase } from "../oracle/generate.ts";
import { renderPattern } from "../oracle/render.ts";

export const INPUT_KINDS = [
  "bytes",
  "tokens",
  "words",
  "characters",
  "joined",
  "repeated",
  "pattern",
] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export interface FuzzInput {
  readonly kind: InputKind;
  readonly text: string;
}

const PIECES: readonly string[] = [
  ...KEYWORDS.keys(),
  ..."{ } ( ) [ ] , : . .. + - * / % == != =~ = ~ ? ?? < > <= >= & | ! ' \" \\ # ` @ $".split(" "),
  ..."0 1 5 5+ 2..4 0+ 1.5 1e9 -1 007 9007199254740993 5m 10s 250ms 1h30m 7d 5MB 10KiB x5 1e999 99999999999999999999w 99999999999999999GB -0 31 32 1000000000".split(
    " ",
  ),
  ...['"t"', '"{a}"', '"{', '"}}"', 'r"x"', '"""', "`q w`", '"2025-12-31"', '"a.>"', '"x.csv"'],
  ...["a", "b", "user", "auth", "Login", "a.b", "a[0]", "a[-1]", "first(a)", "last(a, 1)", "prev"],
  ...["count(a)", "sum(a.n)", "any(x in a.n: x > 1)", "preceding(1)", "time()", "T1110.001"],
  ...["\n", "\n", "\t", "\r\n", "\u0000", "é", "ſ", "\ud800", "🙂", "\u2028", "\ufeff"],
];

/** Makes the inputs from a corpus of rule texts. The same seed gives the same input. */
export class InputMaker {
  readonly #corpus: readonly string[];
  /** Words and marks of the corpus with the white space behind them, as often as they occur. */
  readonly #words: readonly string[];

  constructor(corpus: readonly string[]) {
    this.#corpus = corpus;
    this.#words = corpus.flatMap(wordsOf);
  }

  make(seed: number): FuzzInput {
    const random = new Random(seed);
    const kind = random.pick(INPUT_KINDS);
    return { kind, text: this.#text(kind, seed, random) };
  }

  #text(kind: InputKind, seed: number, random: Random): string {
    switch (kind) {
      case "bytes":
        return bytes(random);
      case "tokens":
        return this.#tokens(random);
      case "words":
        return this.#changedWords(random.pick(this.#corpus), random);
      case "characters":
        return changedCharacters(random.pick(this.#corpus), random);
      case "joined":
        return this.#joined(random);
      case "repeated":
        return this.#repeated(random);
      case "pattern": {
        const text = renderPattern(generateCase(seed, "full").pattern);
        return random.chance(0.5) ? text : this.#changedWords(text, random);
      }
    }
  }

  #piece(random: Random): string {
    return random.chance(0.5) ? random.pick(this.#words) : `${random.pick(PIECES)} `;
  }

  #tokens(random: Random): string {
    const count = 1 + random.below(120);
    return Array.from({ length: count }, () => this.#piece(random)).join("");
  }

  /** Words taken out, doubled, exchanged, or replaced. */
  #changedWords(text: string, random: Random): string {
    const words = wordsOf(text);
    for (let changes = 1 + random.below(4); changes > 0 && words.length > 0; changes--) {
      const at = random.below(words.length);
      const other = random.below(words.length);
      const word = words[at] ?? "";
      switch (random.below(5)) {
        case 0:
          words.splice(at, 1 + random.below(5));
          break;
        case 1:
          words.splice(at, 0, words[other] ?? "");
          break;
        case 2:
          words[at] = words[other] ?? "";
          words[other] = word;
          break;
        case 3:
          words[at] = this.#piece(random);
          break;
        default:
          words.splice(at, 0, this.#piece(random));
      }
    }
    return words.join("");
  }

  /** The beginning of one text and the end of another, cut anywhere. */
  #joined(random: Random): string {
    const a = random.pick(this.#corpus);
    const b = random.pick(this.#corpus);
    return a.slice(0, random.below(a.length + 1)) + b.slice(random.below(b.length + 1));
  }

  /** A stretch of a text, many times over. */
  #repeated(random: Random): string {
    const words = wordsOf(random.pick(this.#corpus));
    const at = random.below(words.length);
    const stretch = words.slice(at, at + 1 + random.below(6)).join("");
    const times = 1 + random.below(random.chance(0.1) ? 2000 : 50);
    return words.slice(0, at).join("") + stretch.repeat(times) + words.slice(at).join("");
  }
}

/** Any UTF-16 units, mostly those that mean something. */
function bytes(random: Random): string {
  const count = random.below(300);
  const units = Array.from({ length: count }, () =>
    random.chance(0.8) ? 32 + random.below(96) : random.below(65_536),
  );
  return String.fromCharCode(...units);
}

function changedCharacters(text: string, random: Random): string {
  let changed = text;
  for (let changes = 1 + random.below(6); changes > 0; changes--) {
    const at = random.below(changed.length + 1);
    const length = random.below(4);
    const inserted = random.chance(0.6) ? String.fromCharCode(32 + random.below(96)) : "";
    changed = changed.slice(0, at) + inserted + changed.slice(at + length);
  }
  return changed;
}

function wordsOf(text: string): string[] {
  return text.match(/(?:[\p{L}\p{N}_.]+|"[^"\n]*"|[^\s\p{L}\p{N}_])\s*/gu) ?? [];
}
