/**
 * The literals that a text must hold so that an RE2 expression can match in it. Reads only the part of the syntax that
 * it needs to be sure of; what it does not know ends a literal, and what could hide its own end gives the whole up.
 *
 * Invariants
 *  L1  Without case RE2 lets `s` match `ſ` and `k` match `K` (the Kelvin sign), which fold to `ſ` and `k`. So of all
 *      ASCII letters only `s` may stand for a letter that folds to another; it ends a literal there, as do all
 *      characters beyond ASCII.
 */

import type { FieldPath } from "../../dsl/expr.ts";
import { foldCase } from "../functions/case-folding.ts";
import { allOf, anyOf, type Need } from "./need.ts";

/** The need of `path matches pattern`; null: nothing is known. */
export function regexNeed(path: FieldPath, pattern: string, caseless: boolean): Need | null {
  const folds = caseless || /\(\?[a-zA-Z]*i/.test(pattern);
  return new RegexReader(path, pattern, folds).need();
}

/** Escapes of one letter that stand for one character, a class or a place. */
const ONE_LETTER = "dDsSwWbBAzafnrtvC";

/** Goes through the pattern once. */
class RegexReader {
  readonly #path: FieldPath;
  readonly #pattern: string;
  readonly #folds: boolean;
  #at = 0;
  /** Something was met that it cannot read past. */
  #lost = false;

  constructor(path: FieldPath, pattern: string, folds: boolean) {
    this.#path = path;
    this.#pattern = pattern;
    this.#folds = folds;
  }

  need(): Need | null {
    const need = this.#alternatives();
    return this.#lost || this.#at < this.#pattern.length ? null : need;
  }

  /** Up to the end or to the `)` of the group. */
  #alternatives(): Need | null {
    const needs = [this.#sequence()];
    while (!this.#lost && this.#pattern[this.#at] === "|") {
      this.#at++;
      needs.push(this.#sequence());
    }
    return anyOf(needs);
  }

  #sequence(): Need | null {
    const needs: (Need | null)[] = [];
    let run = "";
    const endRun = (): void => {
      if (run !== "") needs.push({ kind: "contains", path: this.#path, literals: [run] });
      run = "";
    };
    while (!this.#lost && this.#at < this.#pattern.length) {
      const char = this.#pattern[this.#at] as string;
      if (char === "|" || char === ")") break;
      const item = this.#item(char);
      const least = this.#quantity();
      if (typeof item === "string" && least === null) {
        run += item;
        continue;
      }
      endRun();
      if (least === 0) continue;
      if (typeof item === "string") run = item;
      else needs.push(item);
      // `a+b` holds "a", and "ab" as well; that it holds "a" twice is not sure.
      if (typeof item === "string") endRun();
    }
    endRun();
    return allOf(needs);
  }

  /** One character, class or group: its text folded, or what it needs. */
  #item(char: string): string | Need | null {
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        this.#class();
        return null;
      case "\\":
        return this.#escape();
      case ".":
      case "^":
      case "$":
      case "{":
      case "}":
        this.#at++;
        return null;
      default:
        this.#at++;
        return this.#literal(char);
    }
  }

  #literal(char: string): string | null {
    if (char > "\u007f") return null;
    const folded = foldCase(char);
    return this.#folds && folded === "s" ? null : folded;
  }

  #group(): Need | null {
    const [opening = ""] = /^\((?:\?(?:P?<\w+>|[a-zA-Z-]*[:)])|(?!\?))/.exec(this.#rest()) ?? [];
    if (opening === "") this.#lost = true;
    this.#at += opening.length;
    // `(?i)` holds nothing: its flags are for what follows, and a quantity behind it is one of what stands before.
    if (opening.endsWith(")")) {
      if (/^[*+?{]/.test(this.#rest())) this.#lost = true;
      return null;
    }
    const need = this.#alternatives();
    if (this.#pattern[this.#at] === ")") this.#at++;
    else this.#lost = true;
    return need;
  }

  #class(): void {
    const [text] = /^\[\^?\]?(?:\[:\^?\w+:\]|\\[dDsSwWafnrtv]|\\[^a-zA-Z0-9]|[^\\\]])*\]/.exec(
      this.#rest(),
    ) ?? [null];
    if (text === null) this.#lost = true;
    else this.#at += text.length;
  }

  #escape(): string | null {
    const char = this.#pattern[this.#at + 1];
    this.#at += 2;
    if (char === undefined) this.#lost = true;
    else if (!/[a-zA-Z0-9]/.test(char)) return this.#literal(char);
    else if (!ONE_LETTER.includes(char)) this.#lost = true;
    return null;
  }

  /** Steps over a quantity behind an item: how often the item comes at least; null where there is none. */
  #quantity(): number | null {
    const [text, low] = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#rest()) ?? [null];
    if (text === null) return null;
    this.#at += text.length;
    // Of a second one behind it, as in `a+*`, nothing is known.
    if (/^[*+?{]/.test(this.#rest())) this.#lost = true;
    if (low !== undefined) return Number(low);
    return text.startsWith("+") ? 1 : 0;
  }

  #rest(): string {
    return this.#pattern.slice(this.#at);
  }
}
