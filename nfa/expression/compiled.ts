/**
 * The door of this folder: turns checked expressions into functions. Generated code is used where the options and
 * the host allow it, else the interpreter; both have the same meaning, and neither ever throws.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { Expr, FieldPath, Template } from "../../dsl/expr.ts";
import { textOf } from "../functions/text-of.ts";
import { type DataSource, NO_DATA, NO_HISTORY, type Scope } from "../history.ts";
import type { FieldMemo } from "./field-memo.ts";
import { generate, type MemoFields, type Parameter, type Result } from "./generator.ts";
import { interpret } from "./interpreter.ts";
import { RUNTIME } from "./runtime.ts";

export interface CompileOptions {
  /** False: interpret, as also happens where the host forbids code from strings. */
  readonly codegen: boolean;
  /**
   * Where the rules of an engine share what they read of the event at hand. For events only whose data stays. Such an
   * engine has many rules, of which most are hardly ever judged: their code is made when they are for the first time.
   */
  readonly memo?: FieldMemo | null;
}

/** A condition over the event alone; true only when the condition is true (not unknown). */
export type EventCondition = (event: EventRecord) => boolean;
/** A value of the event alone. */
export type EventValue = (event: EventRecord) => Value;
/** A condition over everything that an expression may read; true only when it is true. */
export type ScopeCondition = (scope: Scope) => boolean;
export type ScopeValue = (scope: Scope) => Value;
/** A title with its parts filled in. */
export type ScopeText = (scope: Scope) => string;

/** Compiles a condition of which `isEventOnly` holds; lists and tables are read from `data` at each call. */
export function compileEventCondition(
  expr: Expr,
  data: DataSource,
  options: CompileOptions,
): EventCondition {
  if (generates(options))
    return built<EventRecord, boolean>(expr, "event", "condition", data, options);
  return (event) => interpret(expr, eventScope(event, data), []) === true;
}

/** Compiles an expression of which `isEventOnly` holds. */
export function compileEventValue(
  expr: Expr,
  data: DataSource,
  options: CompileOptions,
): EventValue {
  if (generates(options)) return built<EventRecord, Value>(expr, "event", "value", data, options);
  return (event) => interpret(expr, eventScope(event, data), []);
}

export function compileScopeCondition(expr: Expr, options: CompileOptions): ScopeCondition {
  if (generates(options))
    return built<Scope, boolean>(expr, "scope", "condition", NO_DATA, options);
  return (scope) => interpret(expr, scope, []) === true;
}

export function compileScopeValue(expr: Expr, options: CompileOptions): ScopeValue {
  if (generates(options)) return built<Scope, Value>(expr, "scope", "value", NO_DATA, options);
  return (scope) => interpret(expr, scope, []);
}

/** Compiles a title: texts stand as they are, null as `null`, lists and objects as JSON. */
export function compileTemplate(template: Template, options: CompileOptions): ScopeText {
  const parts = template.map((part) => {
    if (typeof part === "string") return () => part;
    const value = compileScopeValue(part, options);
    return (scope: Scope) => textOf(value(scope));
  });
  return (scope) => parts.map((part) => part(scope)).join("");
}

/** Does the host let functions be made of strings? Node's `--disallow-code-generation-from-strings` forbids it. */
export function canGenerate(make: FunctionConstructor): boolean {
  try {
    return make("return 1")() === 1;
  } catch {
    return false;
  }
}

/** Asked once: the answer never changes while a process runs. */
const HOST_GENERATES = canGenerate(Function);

function generates(options: CompileOptions): boolean {
  return options.codegen && HOST_GENERATES;
}

/** The function, at once or with many rules when it is called for the first time. */
function built<From, To>(
  expr: Expr,
  parameter: Parameter,
  result: Result,
  data: DataSource,
  { memo = null }: CompileOptions,
): (from: From) => To {
  if (memo === null) return build(expr, parameter, result, data, null) as (from: From) => To;
  const shared = parameter === "event" ? memo : null;
  let made: ((from: From) => To) | null = null;
  return (from) => {
    made ??= build(expr, parameter, result, data, shared) as (from: From) => To;
    return made(from);
  };
}

function build(
  expr: Expr,
  parameter: Parameter,
  result: Result,
  data: DataSource,
  memo: FieldMemo | null,
): unknown {
  const fields = memo === null ? null : memoFields(memo);
  const { source, constants } = generate(expr, parameter, result, fields);
  return new Function("constants", "runtime", "data", source)(constants, RUNTIME, data);
}

/** Readers that the memo shares, each made by plain generated code. */
function memoFields(memo: FieldMemo): MemoFields {
  const plain = (path: FieldPath) => (): EventValue => {
    const field: Expr = { kind: "field", event: { kind: "at hand" }, path };
    return build(field, "event", "value", NO_DATA, null) as EventValue;
  };
  return {
    reader: (path) => memo.reader(path, plain(path)),
    foldedReader: (path) => memo.foldedReader(path, plain(path)),
  };
}

function eventScope(event: EventRecord, data: DataSource): Scope {
  return { event, history: NO_HISTORY, keys: [], data };
}

export {
  isEventOnly,
  precedingMax,
  readsLabels,
  type Split,
  splitConjunction,
} from "./analysis.ts";
export { constantOf } from "./emit.ts";
export { FieldMemo } from "./field-memo.ts";
export { compilePath, readPath } from "./path.ts";
