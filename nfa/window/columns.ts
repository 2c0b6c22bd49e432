/**
 * Which totals a window needs for its aggregates. Aggregates over the same values share a total: `sum(x)` and `avg(x)`
 * are of one column.
 */

import { canonicalText } from "../../dsl/canonical.ts";
import type { Expr } from "../../dsl/expr.ts";
import { floatOf } from "../functions/arithmetic.ts";
import { BucketTotal } from "./bucket-total.ts";
import { CountTotal } from "./count-total.ts";
import { DistinctTotal } from "./distinct-total.ts";
import { ExtremeTotal } from "./extreme-total.ts";
import type { AggregateExpr } from "./lift-aggregates.ts";
import { RateTotal } from "./rate-total.ts";
import { RegisterTotal } from "./register-total.ts";
import { SortedTotal } from "./sorted-total.ts";
import { SumTotal } from "./sum-total.ts";
import type { Total } from "./total.ts";

/** Values that enter a column: of each event that has one of the labels, once. */
export interface ColumnInput {
  /** Bits of the labels. */
  readonly labels: number;
  /** Over the event at hand; null: the event counts for itself. */
  readonly value: Expr | null;
}

export interface Column {
  /** The same for the same totals over the same values: under it stored partials are found again. */
  readonly name: string;
  readonly inputs: readonly ColumnInput[];
  /** A total of nothing. `leaves`: do cells ever leave the window? */
  create(leaves: boolean): Total;
}

/** The column from which the aggregate is read. */
export function columnOf(aggregate: AggregateExpr): Column {
  const inputs = inputsOf(aggregate);
  const { kind, create } = totalOf(aggregate);
  return { name: `${kind} ${canonicalText(inputs)}`, inputs, create };
}

/** How many events of one label are in the window. */
export function labelColumn(label: number): Column {
  const inputs: readonly ColumnInput[] = [{ labels: 1 << label, value: null }];
  return { name: `count ${canonicalText(inputs)}`, inputs, create: () => new CountTotal() };
}

/** An event with two labels gives the same value once: `count()` counts events (W-1). */
function inputsOf({ inputs }: AggregateExpr): readonly ColumnInput[] {
  const byValue = new Map<string, { labels: number; value: Expr | null }>();
  for (const { label, value } of inputs) {
    const text = canonicalText(value);
    const known = byValue.get(text);
    if (known === undefined) byValue.set(text, { labels: 1 << label, value });
    else known.labels |= 1 << label;
  }
  return [...byValue.values()];
}

function totalOf({ name, parameter }: AggregateExpr): {
  readonly kind: string;
  readonly create: Column["create"];
} {
  switch (name) {
    case "count":
      return { kind: name, create: () => new CountTotal() };
    case "sum":
    case "avg":
      return { kind: "sum", create: () => new SumTotal(false) };
    case "stddev":
      return { kind: name, create: () => new SumTotal(true) };
    case "min":
      return { kind: name, create: () => new ExtremeTotal(-1) };
    case "max":
      return { kind: name, create: () => new ExtremeTotal(1) };
    case "distinct":
      return { kind: name, create: (leaves) => new DistinctTotal(leaves) };
    case "percentile":
      return { kind: name, create: () => new SortedTotal() };
    case "rate": {
      const lengthMs = floatOf(parameter?.kind === "const" ? parameter.value : null) ?? 0;
      return { kind: `rate ${lengthMs}`, create: () => new RateTotal(lengthMs) };
    }
    case "approx_distinct":
      return { kind: name, create: (leaves) => new RegisterTotal(leaves) };
    case "approx_percentile":
      return { kind: name, create: () => new BucketTotal() };
  }
}
