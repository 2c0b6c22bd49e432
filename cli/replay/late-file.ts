/**
 * Where late events go with `--late FILE`: one JSON object a line,
 * {"stream","file","line","lateness_ms","time","data"}; `line` counts from 0, as do the lists of the samples.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { assert } from "../../base/assert.ts";
import { parseJson, stringifyJson } from "../../base/json.ts";
import { isObject, property, type Value } from "../../base/value.ts";
import { UsageError } from "../exit-code.ts";

/** What the engine writes of a late event is a few levels deeper than the event. */
const DEPTH = 64;

export class LateFile {
  readonly #descriptor: number;

  /** `append`: go on behind what an earlier run wrote. */
  constructor(path: string, append: boolean) {
    try {
      this.#descriptor = openSync(path, append ? "a" : "w");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(`--late: ${path} cannot be written (${code})`, { cause: error });
    }
  }

  write(text: string): void {
    writeSync(this.#descriptor, `${lateLine(text)}\n`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A line of the file, from the engine's JSON of a late event. */
export function lateLine(text: string): string {
  const parsed = parseJson(text, DEPTH);
  assert(
    "value" in parsed && isObject(parsed.value),
    "the engine writes a late event as an object",
  );
  const late = parsed.value;
  const field = (name: string): Value => property(late, name);
  const index = field("index");
  return stringifyJson({
    stream: field("stream"),
    file: field("feed"),
    line: Number(field("seq")) - 1,
    ...(index === null ? {} : { index }),
    lateness_ms: field("latenessMs"),
    time: field("time"),
    data: field("data"),
  });
}
