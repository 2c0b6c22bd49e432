/**
 * `percentile`: the numbers in the window in ascending order. Finding a place is O(log n), making room O(n) moves.
 * A cell's partial is the list of its numbers.
 */

import { compare, type Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";
import { percentileOf } from "../functions/aggregates.ts";
import { appended, isNumeric, partsOf, type Total } from "./total.ts";

export class SortedTotal implements Total {
  readonly #numbers: (number | bigint)[] = [];

  enter(_cell: number, partial: Value, value: Value): Value {
    if (!isNumeric(value)) return partial;
    this.#insert(value);
    return appended(partial, value);
  }

  leave(_cell: number, partial: Value): void {
    for (const number of partsOf(partial))
      if (isNumeric(number)) this.#numbers.splice(this.#placeOf(number), 1);
  }

  load(_cell: number, partial: Value): void {
    for (const number of partsOf(partial)) if (isNumeric(number)) this.#insert(number);
  }

  #insert(number: number | bigint): void {
    this.#numbers.splice(this.#placeOf(number), 0, number);
  }

  /** The first place whose number is not less. */
  #placeOf(number: number | bigint): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((compare(this.#numbers[middle] ?? null, number) ?? 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  value(_name: AggregateName, parameter: Value): Value {
    return percentileOf(this.#numbers, parameter);
  }
}
