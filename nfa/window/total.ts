/**
 * What a window keeps of one aggregate. A total follows the values that are in the window: each enters with its cell and
 * leaves with it. What a total needs to take a cell's values back, or to count them anew after a restart, is the cell's
 * *partial*: null where the cell has no value for it.
 */

import type { Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";

export interface Total {
  /** A value, not null, enters with the newest cell, whose partial so far is given; yields its partial with the value. */
  enter(cell: number, partial: Value, value: Value, timeMs: number): Value;
  /** The oldest cell leaves. */
  leave(cell: number, partial: Value, timeMs: number): void;
  /** A stored cell enters again, after all older ones. */
  load(cell: number, partial: Value, timeMs: number): void;
  /** The partial of everything that is in the window. Only totals have it whose size is constant. */
  whole?(): Value;
  /** The aggregate over what is in the window, as of `timeMs`, the time of the newest event. */
  value(name: AggregateName, parameter: Value, timeMs: number): Value;
}

/** The partial that is a list with one more item. Partials belong to their cell alone, so the list itself grows. */
export function appended(partial: Value, item: Value): Value {
  if (!Array.isArray(partial)) return [item];
  (partial as Value[]).push(item);
  return partial;
}

/** A list of parts of a partial. */
export function partsOf(partial: Value): readonly Value[] {
  return Array.isArray(partial) ? (partial as readonly Value[]) : [];
}

export function isNumeric(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
