/**
 * Reading a field of data that is no event yet: the same generated code as conditions use, which is several times
 * faster than following a path.
 */

import type { Value, ValueObject } from "../base/value.ts";
import type { FieldPath } from "../dsl/expr.ts";
import {
  type CompileOptions,
  compileEventValue,
  type EventValue,
} from "../nfa/expression/compiled.ts";
import { foldCase } from "../nfa/functions/case-folding.ts";
import { NO_DATA } from "../nfa/history.ts";

/** The value at a path of an event's data; null where it is missing (L-2). */
export function compileField(path: FieldPath, options: CompileOptions): EventValue {
  return compileEventValue({ kind: "field", event: { kind: "at hand" }, path }, NO_DATA, options);
}

/** The same with a text's case folded; what is no text is as it is. */
export function compileFoldedField(path: FieldPath, options: CompileOptions): EventValue {
  const { memo } = options;
  const plain = { codegen: options.codegen };
  if (memo !== undefined && memo !== null)
    return memo.foldedReader(path, () => compileField(path, plain));
  const read = compileField(path, plain);
  return (event) => {
    const value = read(event);
    return typeof value === "string" ? foldCase(value) : value;
  };
}

/** `compileField` for bare data. */
export function compileDataField(
  path: FieldPath,
  options: CompileOptions,
): (data: ValueObject) => Value {
  const read = compileField(path, options);
  const frame = { ...NO_EVENT };
  return (data) => {
    frame.data = data;
    return read(frame);
  };
}

const NO_DATA_YET: ValueObject = {};
const NO_EVENT = {
  stream: "",
  place: 0,
  feed: "",
  seq: 0,
  index: 0,
  timeMs: 0,
  timeFrac: 0,
  id: "",
  data: NO_DATA_YET,
};
