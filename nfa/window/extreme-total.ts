/**
 * `min` and `max` of the numbers or texts in the window, by monotone deques: of each only what no later value beats is
 * kept, so the extreme stands in front. Amortised O(1). Where the window has both numbers and texts their order is
 * unknown. A cell's partial is its extreme number or text, or a list of both.
 *
 * Source: "sliding window minimum" by ascending minima, R. Harter, 2001.
 */

import { compare, type Value } from "../../base/value.ts";
import { isNumeric, partsOf, type Total } from "./total.ts";

export class ExtremeTotal implements Total {
  readonly #sign: -1 | 1;
  readonly #numbers: Deque;
  readonly #texts: Deque;

  /** `sign`: 1 for the greatest, -1 for the least. */
  constructor(sign: -1 | 1) {
    this.#sign = sign;
    this.#numbers = new Deque(sign);
    this.#texts = new Deque(sign);
  }

  enter(cell: number, partial: Value, value: Value): Value {
    const numeric = isNumeric(value);
    if (!numeric && typeof value !== "string") return partial;
    (numeric ? this.#numbers : this.#texts).push(cell, value);
    if (partial === null) return value;
    const number = numberOf(partial);
    const text = textOf(partial);
    const next = numeric
      ? [this.#better(number, value), text]
      : [number, this.#better(text, value)];
    const [n = null, t = null] = next;
    if (t === null) return n;
    return n === null ? t : [n, t];
  }

  #better(known: Value, value: Value): Value {
    if (known === null) return value;
    return (compare(value, known) ?? 0) * this.#sign > 0 ? value : known;
  }

  leave(cell: number): void {
    this.#numbers.leave(cell);
    this.#texts.leave(cell);
  }

  load(cell: number, partial: Value): void {
    const number = numberOf(partial);
    const text = textOf(partial);
    if (number !== null) this.#numbers.push(cell, number);
    if (text !== null) this.#texts.push(cell, text);
  }

  whole(): Value {
    const number = this.#numbers.front();
    const text = this.#texts.front();
    return number !== null && text !== null ? [number, text] : (number ?? text);
  }

  value(): Value {
    const number = this.#numbers.front();
    const text = this.#texts.front();
    return number !== null && text !== null ? null : (number ?? text);
  }
}

function numberOf(partial: Value): Value {
  return isNumeric(partial) ? partial : (partsOf(partial)[0] ?? null);
}

function textOf(partial: Value): Value {
  return typeof partial === "string" ? partial : (partsOf(partial)[1] ?? null);
}

/** Candidates for the extreme, the best in front, each better than all after it and from an older cell. */
class Deque {
  readonly #sign: -1 | 1;
  #values: Value[] = [];
  #cells: number[] = [];
  #head = 0;

  constructor(sign: -1 | 1) {
    this.#sign = sign;
  }

  push(cell: number, value: Value): void {
    const values = this.#values;
    while (values.length > this.#head) {
      const order = (compare(value, values.at(-1) ?? null) ?? 0) * this.#sign;
      if (order < 0) break;
      values.pop();
      this.#cells.pop();
    }
    // A worse value of the same cell leaves with the better one.
    if (values.length > this.#head && this.#cells.at(-1) === cell) return;
    values.push(value);
    this.#cells.push(cell);
  }

  leave(cell: number): void {
    if (this.#head >= this.#values.length || this.#cells[this.#head] !== cell) return;
    this.#head++;
    if (this.#head < 32 || this.#head * 2 <= this.#values.length) return;
    this.#values = this.#values.slice(this.#head);
    this.#cells = this.#cells.slice(this.#head);
    this.#head = 0;
  }

  front(): Value {
    return this.#values[this.#head] ?? null;
  }
}
