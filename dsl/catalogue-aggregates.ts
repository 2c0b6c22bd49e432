/** The aggregates of the catalogue (W-4, X-4), and the forms that have a grammar or a scope of their own. */

import type { ParameterType, ResultType } from "./catalogue-functions.ts";

export interface AggregateEntry {
  readonly name: string;
  /** What one argument may be: events of steps, or values of fields. */
  readonly over: "events or values" | "values" | "events";
  /** Types that values may have. */
  readonly types: readonly ParameterType[];
  /** A second argument: p of a percentile, the duration of a rate. */
  readonly parameter: string | null;
  readonly result: ResultType;
  /** Over no values. Nulls are left out. */
  readonly empty: 0 | null;
  readonly doc: string;
  readonly example: string;
}

/** Forms with a grammar or scope of their own, listed for the reference and for "did you mean". */
export interface FormEntry {
  readonly name: string;
  readonly kind: "event" | "lambda";
  readonly doc: string;
  readonly example: string;
}

type Kind = ParameterType | readonly ParameterType[];

function aggregate(
  name: string,
  over: AggregateEntry["over"],
  types: Kind,
  result: ResultType,
  empty: 0 | null,
  doc: string,
  example: string,
  parameterName: string | null = null,
): AggregateEntry {
  const list = typeof types === "string" ? [types] : types;
  return { name, over, types: list, parameter: parameterName, result, empty, doc, example };
}

/** Aggregates over the events of one or more steps, or of a window (W-4). */
export const AGGREGATES: readonly AggregateEntry[] = [
  aggregate(
    "count",
    "events or values",
    "any",
    "number",
    0,
    "How many events, or values that are not null",
    "count(fails)",
  ),
  aggregate("sum", "values", "number", "number", 0, "The sum of the numbers", "sum(flows.bytes)"),
  aggregate("avg", "values", "number", "number", null, "The mean of the numbers", "avg(run.value)"),
  aggregate("min", "values", ["number", "text"], "any", null, "The least value", "min(run.value)"),
  aggregate(
    "max",
    "values",
    ["number", "text"],
    "any",
    null,
    "The greatest value",
    "max(run.value)",
  ),
  aggregate(
    "distinct",
    "values",
    "any",
    "number",
    null,
    "How many different values, exactly",
    "distinct(probes.merchant)",
  ),
  aggregate(
    "stddev",
    "values",
    "number",
    "number",
    null,
    "The standard deviation of the numbers as a whole population (divided by n)",
    "stddev(run.value)",
  ),
  aggregate(
    "percentile",
    "values",
    "number",
    "number",
    null,
    "The p-th percentile, p from 0 to 100, with linear interpolation between the two nearest values",
    "percentile(r.ms, 95)",
    "p",
  ),
  aggregate(
    "rate",
    "events",
    "any",
    "number",
    null,
    "How many events lie in the last part of the window of the given length, up to the newest of them",
    "rate(1m)",
    "duration",
  ),
  aggregate(
    "approx_distinct",
    "values",
    "any",
    "number",
    null,
    "About how many different values, with a standard error of 0.81 %",
    "approx_distinct(dst)",
  ),
  aggregate(
    "approx_percentile",
    "values",
    "number",
    "number",
    null,
    "About the p-th percentile, p from 0 to 100: within 1 % of the number at that rank",
    "approx_percentile(ms, 99)",
    "p",
  ),
];

/** Event functions and lambdas. */
export const FORMS: readonly FormEntry[] = [
  {
    name: "time",
    kind: "event",
    doc: "The event's time in ms: of the event at hand, of a step's event, of `first(s)` and so on",
    example: "time(b) - time(a)",
  },
  { name: "first", kind: "event", doc: "The first event of a step", example: "first(run).value" },
  {
    name: "last",
    kind: "event",
    doc: "The last event of a step; `last(s, 1)` is the last but one",
    example: "last(run).value",
  },
  {
    name: "nth",
    kind: "event",
    doc: "The i-th event of a step, from 0",
    example: "nth(run, 2).value",
  },
  {
    name: "preceding",
    kind: "event",
    doc: "The n-th event before this one in the rule's input",
    example: "preceding(1).user",
  },
  {
    name: "any",
    kind: "lambda",
    doc: "Does the condition hold for one item? Unknown where it holds for none and is unknown for one",
    example: "any(x in ports: x > 1024)",
  },
  {
    name: "all",
    kind: "lambda",
    doc: "Does the condition hold for every item? True for the empty list",
    example: "all(x in ports: x > 1024)",
  },
  {
    name: "map",
    kind: "lambda",
    doc: "The list of what the expression gives for each item",
    example: "map(x in names: lower(x))",
  },
  {
    name: "filter",
    kind: "lambda",
    doc: "The items for which the condition is true",
    example: "filter(x in ports: x > 1024)",
  },
];
