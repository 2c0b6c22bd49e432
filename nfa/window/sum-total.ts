/**
 * `sum`, `avg` and `stddev` of the numbers in the window, exact however they come and go. A cell's partial is its one
 * number, or a list: how many numbers, the parts of their sum, and for `stddev` those of the sum of their squares.
 */

import type { Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";
import { ExactSum, populationDeviation } from "../functions/exact-sum.ts";
import { isNumeric, partsOf, type Total } from "./total.ts";

export class SumTotal implements Total {
  readonly #sum = new ExactSum();
  readonly #squares: ExactSum | null;
  #count = 0;

  constructor(squares: boolean) {
    this.#squares = squares ? new ExactSum() : null;
  }

  enter(_cell: number, partial: Value, value: Value): Value {
    if (!isNumeric(value)) return partial;
    this.#count++;
    this.#sum.add(value);
    this.#squares?.addSquare(value);
    if (partial === null) return value;
    return this.#withNumber(partial, value);
  }

  #withNumber(partial: Value, value: number | bigint): Value {
    const sum = new ExactSum();
    let count = 1;
    if (isNumeric(partial)) sum.add(partial);
    else {
      count = countOf(partial);
      addParts(sum, partsOf(partial)[1]);
    }
    sum.add(value);
    if (this.#squares === null) return [count + 1, sum.parts()];
    const squares = new ExactSum();
    if (isNumeric(partial)) squares.addSquare(partial);
    else addParts(squares, partsOf(partial)[2]);
    squares.addSquare(value);
    return [count + 1, sum.parts(), squares.parts()];
  }

  leave(_cell: number, partial: Value): void {
    if (partial === null) return;
    if (isNumeric(partial)) {
      this.#count--;
      this.#sum.remove(partial);
      this.#squares?.removeSquare(partial);
      return;
    }
    const [, sum, squares] = partsOf(partial);
    this.#count -= countOf(partial);
    for (const part of numbersOf(sum)) this.#sum.remove(part);
    for (const part of numbersOf(squares)) this.#squares?.remove(part);
  }

  load(_cell: number, partial: Value): void {
    if (partial === null) return;
    if (isNumeric(partial)) {
      this.#count++;
      this.#sum.add(partial);
      this.#squares?.addSquare(partial);
      return;
    }
    const [, sum, squares] = partsOf(partial);
    this.#count += countOf(partial);
    addParts(this.#sum, sum);
    if (this.#squares !== null) addParts(this.#squares, squares);
  }

  whole(): Value {
    const sum = this.#sum.parts();
    return this.#squares === null ? [this.#count, sum] : [this.#count, sum, this.#squares.parts()];
  }

  value(name: AggregateName): Value {
    if (name === "sum") return this.#sum.total();
    if (name === "avg" || this.#squares === null) return this.#sum.mean(this.#count);
    return populationDeviation(this.#sum, this.#squares, this.#count);
  }
}

function countOf(partial: Value): number {
  const [count] = partsOf(partial);
  return typeof count === "number" ? count : 0;
}

function numbersOf(parts: Value | undefined): readonly (number | bigint)[] {
  return partsOf(parts ?? null).filter(isNumeric);
}

function addParts(sum: ExactSum, parts: Value | undefined): void {
  for (const part of numbersOf(parts)) sum.add(part);
}
