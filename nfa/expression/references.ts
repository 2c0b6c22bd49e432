/** Which event a reference of an expression means, given the scope: shared by both ways to evaluate. */

import type { EventRecord } from "../../base/event.ts";
import type { Value } from "../../base/value.ts";
import type { FieldPath } from "../../dsl/expr.ts";
import type { History } from "../history.ts";
import { readPath } from "./path.ts";

/** The event at a computed position from either end; null for what is no position. */
export function nthEvent(
  history: History,
  label: number,
  from: "first" | "last",
  index: Value,
): EventRecord | null {
  if (!isPosition(index)) return null;
  return from === "first" ? history.fromFirst(label, index) : history.fromLast(label, index);
}

/** The n-th event before this one, n from 1; null for what is no such n. */
export function precedingEvent(history: History, n: Value): EventRecord | null {
  return isPosition(n) && n > 0 ? history.preceding(n) : null;
}

function isPosition(value: Value): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A repeated step's values at a path, nulls included. */
export function stepValues(history: History, label: number, path: FieldPath): readonly Value[] {
  return history.events(label).map((event) => readPath(event.data, path));
}
