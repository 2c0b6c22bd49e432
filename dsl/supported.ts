/**
 * The one place that refuses constructs which the language has, and the engine does not do yet. The checker checks and
 * converts them all the same, so a construct is allowed by deleting its line in `UNSUPPORTED`. Three have no place in
 * the plan yet and need one first: `expect` (its `last` and `gap`), `exception`, and lists and tables `from kv`.
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
  | "window"
  | "expect"
  | "timeout"
  | "exception"
  | "preceding"
  | "rule source"
  | "list file"
  | "list kv"
  | "table";

const UNSUPPORTED: readonly (readonly [Construct, string])[] = [
  ["longest", "`match longest` is"],
  ["latest", "`match latest` is"],
  ["gap", "`gap` between the events of a match is"],
  ["group", "a group `{ … }` in a match is"],
  ["either", "`either` is"],
  ["all of", "`all of` is"],
  ["until loop", "`until` on a loop is"],
  ["until block", "`until` after the block is"],
  ["leading no", "a `no` at the start is"],
  ["several no", "several `no` in a row are"],
  ["window", "`window` is"],
  ["expect", "`expect` is"],
  ["timeout", "`on timeout` is"],
  ["exception", "`exception` is"],
  ["preceding", "`preceding` is"],
  ["rule source", "a rule as a source of another rule is"],
  ["list file", "a `list` from a file is"],
  ["list kv", "a `list` from a bucket is"],
  ["table", "a `table` is"],
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
