/**
 * The one place that refuses constructs which the language has, and the engine does not do yet. The checker checks and
 * converts them all the same, so a construct is allowed by deleting its line in `UNSUPPORTED`. Lists and tables
 * `from kv` have no place in the plan yet and need one first.
 */

import type { Span } from "../base/diagnostic.ts";
import type { Reporter } from "./report.ts";

/** Constructs that are or were refused: the places that ask stay when a line below goes. */
export type Construct =
  | "longest"
  | "latest"
  | "gap"
  | "group"
  | "either"
  | "all of"
  | "until loop"
  | "until block"
  | "leading no"
  | "several no"
  | "timeout"
  | "preceding"
  | "list kv"
  | "table kv";

const UNSUPPORTED: readonly (readonly [Construct, string])[] = [
  ["list kv", "a `list` from a bucket is"],
  ["table kv", "a `table` from a bucket is"],
];

/** Which constructs are refused. Tests of conversions lift refusals with an empty one. */
export type Refusals = ReadonlyMap<Construct, string>;

export const REFUSALS: Refusals = new Map(UNSUPPORTED);

/** Reports E0901 where the construct is refused. */
export function refuse(
  report: Reporter,
  refusals: Refusals,
  construct: Construct,
  span: Span,
): void {
  const phrase = refusals.get(construct);
  if (phrase === undefined) return;
  report.error("E0901", span, `${phrase} not supported yet`, { label: "not yet" });
}
