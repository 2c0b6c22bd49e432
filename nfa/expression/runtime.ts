/**
 * What generated source calls, by the names that it uses. Where a parameter may be undefined it means null: a plain
 * property read gives it, and only values that leave the source are turned into null.
 */

import type { EventRecord } from "../../base/event.ts";
import { compare, compareText, equals, type Tri, type Value } from "../../base/value.ts";
import { aggregateValues, rateOf, type ValueAggregate } from "../functions/aggregates.ts";
import { calculate, negate } from "../functions/arithmetic.ts";
import { canonicalNumber } from "../functions/canonical.ts";
import { foldCase } from "../functions/case-folding.ts";
import { compareValues } from "../functions/comparison.ts";
import { junction, not } from "../functions/logic.ts";
import { inList, sameText } from "../functions/membership.ts";
import { testText } from "../functions/text-test.ts";
import { matchesWildcard } from "../functions/wildcard.ts";
import type { DataSource, History } from "../history.ts";
import { readItem, readName, readPath } from "./path.ts";
import { nthEvent, precedingEvent, stepValues } from "./references.ts";

type Maybe = Value | undefined;

function isEqual(a: Maybe, b: Maybe): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return equals(a ?? null, b ?? null) === true;
}

function isUnequal(a: Maybe, b: Maybe): boolean {
  if (typeof a === "string" && typeof b === "string") return a !== b;
  return equals(a ?? null, b ?? null) === false;
}

function add(a: Maybe, b: Maybe): Value {
  return calculate("+", a ?? null, b ?? null);
}
function subtract(a: Maybe, b: Maybe): Value {
  return calculate("-", a ?? null, b ?? null);
}
function multiply(a: Maybe, b: Maybe): Value {
  return calculate("*", a ?? null, b ?? null);
}
function divide(a: Maybe, b: Maybe): Value {
  return calculate("/", a ?? null, b ?? null);
}
function remainder(a: Maybe, b: Maybe): Value {
  return calculate("%", a ?? null, b ?? null);
}

function someItem(list: Maybe, test: (item: Value) => boolean): boolean {
  return Array.isArray(list) && list.some(test);
}
function everyItem(list: Maybe, test: (item: Value) => boolean): boolean {
  return Array.isArray(list) && list.every(test);
}
function mapItems(list: Maybe, body: (item: Value) => Value): Value {
  return Array.isArray(list) ? list.map((item) => body(item)) : null;
}
function filterItems(list: Maybe, test: (item: Value) => boolean): Value {
  return Array.isArray(list) ? list.filter((item) => test(item)) : null;
}
/** `any` with `decisive` true, `all` with false. */
function quantify(list: Maybe, decisive: boolean, body: (item: Value) => Value): Tri {
  return Array.isArray(list) ? junction(decisive, list as readonly Value[], body) : null;
}

function hasData(data: DataSource, name: string, item: Maybe, caseless: boolean): Tri {
  return item === null || item === undefined ? null : data.has(name, item, caseless);
}
function rowOf(data: DataSource, table: string, key: Maybe): Value {
  return key === null || key === undefined ? null : data.row(table, key);
}

/** Values of an aggregate's inputs, as pairs of label and function (null: the event counts for itself). */
type Inputs = readonly (readonly [number, ((event: EventRecord) => Value) | null])[];

function aggregate(
  name: ValueAggregate,
  history: History,
  inputs: Inputs,
  parameter: Value,
): Value {
  const values: Value[] = [];
  for (const [label, read] of inputs) {
    for (const event of history.events(label)) {
      values.push(read === null ? true : read(event));
    }
  }
  return aggregateValues(
    name,
    values.filter((value) => value !== null),
    parameter,
  );
}

function rate(
  history: History,
  inputs: Inputs,
  parameter: Value,
  event: EventRecord | null,
): Value {
  const times: number[] = [];
  for (const [label, read] of inputs) {
    for (const taken of history.events(label)) {
      if (read === null || read(taken) !== null) times.push(taken.timeMs);
    }
  }
  return rateOf(times, parameter, event === null ? null : event.timeMs);
}

/** Everything that generated source may name, besides its variables and constants. */
export const RUNTIME = {
  isEqual,
  isUnequal,
  compare,
  compareText,
  compareValues,
  not,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  negate,
  someItem,
  everyItem,
  mapItems,
  filterItems,
  quantify,
  hasData,
  rowOf,
  aggregate,
  rate,
  canonicalNumber,
  foldCase,
  inList,
  sameText,
  testText,
  matchesWildcard,
  readItem,
  readName,
  readPath,
  nthEvent,
  precedingEvent,
  stepValues,
} as const;

export const RUNTIME_NAMES: readonly string[] = Object.keys(RUNTIME);
