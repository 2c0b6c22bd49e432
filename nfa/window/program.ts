/** What the compiler makes of a `window` rule: its columns, and its conditions as functions. Shared by all keys. */

import { assert } from "../../base/assert.ts";
import type { Value } from "../../base/value.ts";
import { canonicalText } from "../../dsl/canonical.ts";
import { PARTS_MAX, type RulePlan, type WindowPlan } from "../../dsl/plan.ts";
import { conjunction } from "../build.ts";
import {
  type CompileOptions,
  compileEventCondition,
  compileEventValue,
  compileScopeCondition,
  type EventValue,
  type ScopeCondition,
} from "../expression/compiled.ts";
import type { DataSource } from "../history.ts";
import type { Leaf } from "../program.ts";
import { type Column, type ColumnInput, columnOf, labelColumn } from "./columns.ts";
import { isFalseOfOne } from "./false-of-one.ts";
import { type AggregateExpr, liftAggregates } from "./lift-aggregates.ts";
import { readLabels } from "./read-labels.ts";
import type { Total } from "./total.ts";

/** A value of the events with one of the labels; each is read once for all columns. */
export interface WindowInput {
  readonly labels: number;
  /** Null: the event counts for itself. */
  readonly read: EventValue | null;
}

export interface WindowColumn {
  readonly name: string;
  /** Indexes into `WindowProgram.inputs`. */
  readonly inputs: readonly number[];
  /** Its place among the columns of cells; null where only its total is kept, for the window closes as a whole. */
  readonly cellColumn: number | null;
  readonly create: () => Total;
}

export interface WindowProgram {
  readonly plan: WindowPlan;
  /** For each entry of `over`: its bit, source and condition. */
  readonly leaves: readonly Pick<Leaf, "bit" | "sources">[];
  readonly inputs: readonly WindowInput[];
  /** Room for the values of the inputs, of one event at a time. */
  readonly read: Value[];
  readonly columns: readonly WindowColumn[];
  /** For each label the column that counts its events. */
  readonly labelColumns: readonly number[];
  /** The values behind the key parts; the first `judged` are read by `having`. */
  readonly aggregates: readonly { readonly column: number; readonly aggregate: AggregateExpr }[];
  readonly judged: number;
  readonly having: ScopeCondition;
  /** `having` cannot be true of no event, nor of one alone. */
  readonly falseOfOne: boolean;
  /** For each label, whether expressions read its events one by one. */
  readonly reads: readonly boolean[];
  /** Do cells leave the window one by one, or does it close as a whole? */
  readonly slides: boolean;
  /** Names of the columns in cells, in the order of their places there. */
  readonly cellColumns: readonly string[];
  /** Is a cell one event, and not all of one time? */
  readonly cellPerEvent: boolean;
}

export function buildWindow(
  rule: RulePlan,
  data: DataSource,
  options: CompileOptions,
): WindowProgram {
  const lifted = liftAggregates(rule);
  const { body } = lifted.rule;
  assert(body.kind === "window", "windows serve `window` bodies");
  assert(body.over.length <= PARTS_MAX, "a window has at most 31 entries");
  const { shape } = body;
  const slides = shape.kind === "sliding" || shape.kind === "count";
  const columns = new ColumnTable(slides, data, options);
  const labelColumns = body.labels.map((_, label) => columns.add(labelColumn(label)));
  const aggregates = lifted.aggregates.map((aggregate) => ({
    column: columns.add(columnOf(aggregate)),
    aggregate,
  }));
  const reads = readLabels(lifted);
  return {
    plan: body,
    leaves: body.over.map(({ source, where }, index) => {
      const filter = conjunction(body.sources[source]?.filter ?? null, where);
      const admits = filter === null ? null : compileEventCondition(filter, data, options);
      return { bit: 1 << index, sources: [{ source, admits }] };
    }),
    inputs: columns.inputs,
    read: columns.inputs.map(() => null),
    columns: columns.columns,
    labelColumns,
    aggregates,
    judged: lifted.judged,
    having: compileScopeCondition(body.having, options),
    falseOfOne: isFalseOfOne(body.having),
    reads: body.labels.map((_, label) => reads.has(label)),
    slides,
    cellColumns: columns.columns.flatMap(({ name, cellColumn }) =>
      cellColumn === null ? [] : [name],
    ),
    cellPerEvent: shape.kind === "count",
  };
}

/** Columns and their inputs, each once. */
class ColumnTable {
  readonly columns: WindowColumn[] = [];
  readonly inputs: WindowInput[] = [];
  readonly #slides: boolean;
  readonly #data: DataSource;
  readonly #options: CompileOptions;
  readonly #inputIndex = new Map<string, number>();
  #celled = 0;

  constructor(slides: boolean, data: DataSource, options: CompileOptions) {
    this.#slides = slides;
    this.#data = data;
    this.#options = options;
  }

  /** The index of the column. */
  add({ name, inputs, create }: Column): number {
    const known = this.columns.findIndex((column) => column.name === name);
    if (known >= 0) return known;
    const make = (): Total => create(this.#slides);
    const celled = this.#slides || make().whole === undefined;
    this.columns.push({
      name,
      inputs: inputs.map((input) => this.#input(input)),
      cellColumn: celled ? this.#celled++ : null,
      create: make,
    });
    return this.columns.length - 1;
  }

  #input({ labels, value }: ColumnInput): number {
    const text = `${labels} ${canonicalText(value)}`;
    const known = this.#inputIndex.get(text);
    if (known !== undefined) return known;
    this.#inputIndex.set(text, this.inputs.length);
    const read = value === null ? null : compileEventValue(value, this.#data, this.#options);
    return this.inputs.push({ labels, read }) - 1;
  }
}

/** The aggregate of the totals, as of the time of the window's newest event. */
export function aggregateValue(
  { column, aggregate }: WindowProgram["aggregates"][number],
  totals: readonly Total[],
  newestMs: number,
): Value {
  const { name, parameter } = aggregate;
  const given = parameter?.kind === "const" ? parameter.value : null;
  return totals[column]?.value(name, given, newestMs) ?? null;
}
