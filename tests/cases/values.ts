/** Values as cases write them: JSON whose names need no quotes, with integers of any length and commas left out at will. */

import type { Value, ValueObject } from "../../base/value.ts";

/** Reads pieces of a line of a case from left to right. */
export class LineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The match of the expression right here, past white space, or null where it does not match. */
  take(pattern: RegExp): RegExpExecArray | null {
    const space = /\s*/y;
    space.lastIndex = this.#at;
    space.exec(this.#text);
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = space.lastIndex;
    const found = sticky.exec(this.#text);
    if (found !== null) this.#at = sticky.lastIndex;
    return found;
  }

  /** The match of the expression, which has to be here. */
  demand(pattern: RegExp, what: string): RegExpExecArray {
    const found = this.take(pattern);
    if (found === null) throw new CaseSyntaxError(`${what} is wanted before "${this.rest}"`);
    return found;
  }

  get rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  get done(): boolean {
    return this.rest === "";
  }

  value(): Value {
    if (this.take(/\{/) !== null) return this.#object();
    if (this.take(/\[/) !== null) return this.#list();
    const text = this.take(/"(?:[^"\\]|\\.)*"/);
    if (text !== null) return JSON.parse(text[0]) as string;
    const number = this.take(/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/);
    if (number !== null) return numberOf(number[0]);
    const [word] = this.demand(/true|false|null/, "a value");
    return word === "null" ? null : word === "true";
  }

  #object(): ValueObject {
    const entries: [string, Value][] = [];
    while (this.take(/\}/) === null) {
      const [name] = this.demand(/"(?:[^"\\]|\\.)*"|[\w@.-]+/, "a name");
      this.demand(/:/, "a colon");
      entries.push([name.startsWith('"') ? (JSON.parse(name) as string) : name, this.value()]);
      this.take(/,/);
    }
    return Object.fromEntries(entries);
  }

  #list(): readonly Value[] {
    const items: Value[] = [];
    while (this.take(/\]/) === null) {
      items.push(this.value());
      this.take(/,/);
    }
    return items;
  }
}

function numberOf(text: string): number | bigint {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}

/** A case that does not keep to the format. */
export class CaseSyntaxError extends Error {
  override readonly name = "CaseSyntaxError";
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);

/** A duration such as `1m30s`. */
export const DURATION = /(?:\d+(?:ms|[smhdw]))+\b/;

/** Milliseconds of a text that `DURATION` matches. */
export function durationMs(text: string): number {
  let ms = 0;
  for (const [, count, unit = ""] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    ms += Number(count) * (UNIT_MS.get(unit) ?? 0);
  return ms;
}
