/** `count`: how many values are in the window. A cell's partial is its count. */

import type { Value } from "../../base/value.ts";
import type { Total } from "./total.ts";

export class CountTotal implements Total {
  #count = 0;

  enter(_cell: number, partial: Value): Value {
    this.#count++;
    return countOf(partial) + 1;
  }

  leave(_cell: number, partial: Value): void {
    this.#count -= countOf(partial);
  }

  load(_cell: number, partial: Value): void {
    this.#count += countOf(partial);
  }

  whole(): Value {
    return this.#count;
  }

  value(): number {
    return this.#count;
  }
}

function countOf(partial: Value): number {
  return typeof partial === "number" ? partial : 0;
}
