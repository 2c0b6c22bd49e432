/** Reads files of cases; README.md in this folder says how they are written. */

import type { Value, ValueObject } from "../../base/value.ts";
import { CaseSyntaxError, DURATION, durationMs, LineReader } from "./values.ts";

/** What happens in a case, in the order of arrival. Times count from the case's start. */
export type CaseInput =
  | CaseEvent
  | { readonly kind: "advance" | "tick"; readonly atMs: number }
  | { readonly kind: "idle" | "end"; readonly stream: string; readonly feed: string }
  /** Nothing is ended or flushed after this: what waits goes on waiting. */
  | { readonly kind: "stop" };

export interface CaseEvent {
  readonly kind: "event";
  readonly number: number;
  readonly atMs: number;
  readonly stream: string;
  readonly feed: string;
  readonly data: ValueObject;
  /** The broker's time; null where it is that of the event. */
  readonly stampMs: number | null;
}

export interface CaseFile {
  readonly name: string;
  readonly lines: readonly string[];
}

export interface Case {
  readonly file: string;
  readonly line: number;
  /** Numbers of statements, as `M-4`. */
  readonly statements: readonly string[];
  readonly title: string;
  /** Declarations and the rule, as written: without the prelude. */
  readonly rule: string;
  readonly files: readonly CaseFile[];
  readonly inputs: readonly CaseInput[];
  /** Texts after `=>`, in their order. */
  readonly expected: readonly string[];
  /** Expressions and what they give, for cases about values; else none. */
  readonly values: CaseValues | null;
}

export interface CaseValues {
  /** Fields of the event that the expressions call `a`. */
  readonly event: ValueObject;
  /** Fields of the events of the loop that they call `r`; may be none. */
  readonly loop: readonly ValueObject[];
  readonly rows: readonly ValueRow[];
}

export interface ValueRow {
  readonly line: number;
  readonly expression: string;
  /** A value, or the code of a diagnostic. */
  readonly expected: { readonly value: Value } | { readonly code: string };
}

/** The cases of a file. Throws CaseSyntaxError with the place where a case does not keep to the format. */
export function readCases(file: string, text: string): readonly Case[] {
  const cases: Case[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (!line.startsWith("case "))
      throw new CaseSyntaxError(`${file}:${at + 1}: a case begins with \`case\`, not "${line}"`);
    const start = at;
    while (at + 1 < lines.length && !/^\S/.test(lines[at + 1] ?? "")) at++;
    cases.push(new CaseReader(file, start + 1, line, lines.slice(start + 1, at + 1)).read());
  }
  return cases;
}

/** A line that goes on with events or with what else happens. */
const INPUT_LINE = /^(?:(?:\d+(?:ms|[smhdw]))+\s|(?:advance|tick|idle|end)\s|stop\b)/;

class CaseReader {
  readonly #file: string;
  readonly #line: number;
  readonly #head: string;
  readonly #body: readonly string[];
  readonly #rule: string[] = [];
  readonly #files: { readonly name: string; readonly lines: string[] }[] = [];
  readonly #inputs: CaseInput[] = [];
  readonly #expected: string[] = [];
  readonly #rows: ValueRow[] = [];
  #event: ValueObject | null = null;
  #loop: readonly ValueObject[] = [];
  #depth = 0;
  #number = 0;

  constructor(file: string, line: number, head: string, body: readonly string[]) {
    this.#file = file;
    this.#line = line;
    this.#head = head;
    this.#body = body;
  }

  read(): Case {
    for (const [index, line] of this.#body.entries()) {
      try {
        this.#readLine(line.trim(), this.#line + index + 1, line);
      } catch (error) {
        if (!(error instanceof CaseSyntaxError)) throw error;
        const place = `${this.#file}:${this.#line + index + 1}`;
        throw new CaseSyntaxError(`${place}: ${error.message}`, { cause: error });
      }
    }
    const head = /^case\s+((?:[A-Z]-\d+\s+)+)(\S.*)$/.exec(this.#head);
    if (head === null)
      throw new CaseSyntaxError(`${this.#file}:${this.#line}: a statement and a title are wanted`);
    if (this.#expected.length === 0 && this.#rows.length === 0)
      throw new CaseSyntaxError(`${this.#file}:${this.#line}: nothing is expected`);
    const [, statements = "", title = ""] = head;
    return {
      file: this.#file,
      line: this.#line,
      statements: statements.trim().split(/\s+/),
      title,
      rule: this.#rule.join("\n"),
      files: this.#files,
      inputs: this.#inputs,
      expected: this.#expected,
      values:
        this.#event === null ? null : { event: this.#event, loop: this.#loop, rows: this.#rows },
    };
  }

  #readLine(line: string, number: number, whole: string): void {
    if (line === "") return;
    if (this.#depth > 0 || this.#isRule(line)) this.#readRule(line, whole);
    else if (line.startsWith("#")) return;
    else if (line.startsWith("| ")) this.#files.at(-1)?.lines.push(line.slice(2));
    else if (/^file\s/.test(line)) this.#files.push({ name: line.slice(5).trim(), lines: [] });
    else if (/^a = /.test(line)) this.#event = new LineReader(line.slice(4)).value() as ValueObject;
    else if (/^r = /.test(line))
      this.#loop = new LineReader(line.slice(4)).value() as readonly ValueObject[];
    else if (line.startsWith("=>")) this.#expected.push(line.slice(2).trim());
    else if (this.#event !== null) this.#readRow(line, number);
    else this.#readInputs(new LineReader(line.replace(/\s#.*$/, "")));
  }

  /** Everything that is none of the other kinds of lines is text of the rule, and so is what stands in its braces. */
  #isRule(line: string): boolean {
    if (this.#event !== null) return false;
    return !(/^(?:=>|#|\||file\s|a = |r = )/.test(line) || INPUT_LINE.test(line));
  }

  #readRule(line: string, whole: string): void {
    this.#rule.push(whole.replace(/^ {2}/, ""));
    const code = line.replace(/"(?:[^"\\]|\\.)*"/g, "").replace(/#.*$/, "");
    for (const char of code)
      if (char === "{") this.#depth++;
      else if (char === "}") this.#depth--;
  }

  #readRow(line: string, number: number): void {
    const at = line.lastIndexOf("=>");
    if (at < 0) throw new CaseSyntaxError(`an expression and its value are wanted: ${line}`);
    const text = line.slice(at + 2).trim();
    const expression = line.slice(0, at).trim();
    const expected = /^[EW]\d{4}$/.test(text)
      ? { code: text }
      : { value: new LineReader(text).value() };
    this.#rows.push({ line: number, expression, expected });
  }

  #readInputs(line: LineReader): void {
    while (!line.done) {
      const word = line.take(/advance|tick|idle|end|stop/)?.[0];
      if (word === undefined) this.#readEvent(line);
      else if (word === "stop") this.#inputs.push({ kind: "stop" });
      else if (word === "advance" || word === "tick") {
        const [time] = line.demand(DURATION, "a time");
        this.#inputs.push({ kind: word, atMs: durationMs(time) });
      } else if (word === "idle" || word === "end") {
        const [, stream = "", feed = "1"] = line.demand(/(\w+)(?:\/(\w+))?/, "a stream");
        this.#inputs.push({ kind: word, stream, feed });
      }
    }
  }

  #readEvent(line: LineReader): void {
    const [time] = line.demand(DURATION, "a time");
    const [, name = "", feed = "1", value] = line.demand(
      /([A-Za-z]\w*)(?:\/(\w+))?(?::(-?\d+(?:\.\d+)?))?/,
      "an event",
    );
    const fields = line.take(/(?=\{)/) === null ? {} : (line.value() as ValueObject);
    const stamp = line.take(/stamp (\S+)/)?.[1];
    const [, count = "1", , every = "0s"] = line.take(/x(\d+)( every (\S+))?/) ?? [];
    for (let i = 0; i < Number(count); i++) {
      this.#inputs.push({
        kind: "event",
        number: ++this.#number,
        atMs: durationMs(time) + i * durationMs(every),
        feed,
        stampMs: stamp === undefined ? null : durationMs(stamp),
        ...writtenEvent(name, value === undefined ? {} : { v: Number(value) }, fields),
      });
    }
  }
}

const LETTER_STREAMS: ReadonlyMap<string, string> = new Map([
  ...["A", "B", "C", "D", "U", "X"].map((letter) => [letter, "s"] as const),
  ...["P", "Q"].map((letter) => [letter, "s2"] as const),
]);

/** The prelude: what every case may use without declaring it. */
export const PRELUDE: readonly { readonly name: string; readonly text: string }[] = [
  { name: "s", text: 'stream s from "case.s" { time at }' },
  { name: "s2", text: 'stream s2 from "case.s2" { time at }' },
  ...[...LETTER_STREAMS].map(([letter, stream]) => ({
    name: letter,
    text: `event ${letter} = ${stream} where t == "${letter}"`,
  })),
];

/** A letter stands for an event of the prelude; every other name is a stream's. The key is `k: "x"` unless told. */
function writtenEvent(
  name: string,
  value: ValueObject,
  fields: ValueObject,
): { readonly stream: string; readonly data: ValueObject } {
  const stream = LETTER_STREAMS.get(name);
  const given: ValueObject = { k: "x", ...value, ...fields };
  return stream === undefined
    ? { stream: name, data: given }
    : { stream, data: { t: name, ...given } };
}
