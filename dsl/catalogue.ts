/**
 * The one catalogue of functions and aggregates (X-5, W-4): the checker takes their types from here, the run time
 * implements those of `node: "call"` under the same names, and the reference is generated from it.
 *
 * Invariants
 *  C1  Names are unique over functions, aggregates and forms together: `first` and `last`, which W-4 lists as
 *      aggregates and X-4 as ways to name an event, are forms.
 */

import { AGGREGATES, type AggregateEntry, FORMS } from "./catalogue-aggregates.ts";
import { FUNCTIONS, type FunctionEntry } from "./catalogue-functions.ts";

export { AGGREGATES, type AggregateEntry, FORMS, type FormEntry } from "./catalogue-aggregates.ts";
export {
  FUNCTIONS,
  type FunctionEntry,
  type Parameter,
  type ParameterType,
  type ResultType,
} from "./catalogue-functions.ts";

const BY_NAME: ReadonlyMap<string, FunctionEntry> = new Map(FUNCTIONS.map((f) => [f.name, f]));
const AGGREGATE_BY_NAME: ReadonlyMap<string, AggregateEntry> = new Map(
  AGGREGATES.map((a) => [a.name, a]),
);

export function findFunction(name: string): FunctionEntry | null {
  return BY_NAME.get(name) ?? null;
}
export function findAggregate(name: string): AggregateEntry | null {
  return AGGREGATE_BY_NAME.get(name) ?? null;
}

/** Every name that can stand before `(`, for "did you mean". */
export const CALLABLE_NAMES: readonly string[] = [
  ...FUNCTIONS.map((f) => f.name),
  ...AGGREGATES.map((a) => a.name),
  ...FORMS.map((f) => f.name),
];

/** How a function is written: `substring(text, start, [end])`, `concat(values…)`. */
export function signature(entry: FunctionEntry): string {
  const parts = entry.parameters.map((p) => {
    const name = p.variadic ? `${p.name}…` : p.name;
    return p.optional ? `[${name}]` : name;
  });
  return `${entry.name}(${parts.join(", ")})`;
}
