/**
 * `rate(DUR)`: how many events of the window lie in the last DUR up to its newest event, both ends included. Counts by
 * time, forgotten once they are older. A cell's partial is its count.
 */

import type { Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";
import type { Total } from "./total.ts";

export class RateTotal implements Total {
  readonly #lengthMs: number;
  #times: number[] = [];
  #counts: number[] = [];
  #head = 0;
  #count = 0;
  #any = 0;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  enter(_cell: number, partial: Value, _value: Value, timeMs: number): Value {
    this.#add(timeMs, 1);
    return (typeof partial === "number" ? partial : 0) + 1;
  }

  load(_cell: number, partial: Value, timeMs: number): void {
    if (typeof partial === "number") this.#add(timeMs, partial);
  }

  #add(timeMs: number, count: number): void {
    this.#any += count;
    this.#count += count;
    const last = this.#times.length - 1;
    if (last >= this.#head && this.#times[last] === timeMs) {
      this.#counts[last] = (this.#counts[last] ?? 0) + count;
    } else {
      this.#times.push(timeMs);
      this.#counts.push(count);
    }
    this.#forgetBefore(timeMs - this.#lengthMs);
  }

  leave(_cell: number, partial: Value, timeMs: number): void {
    if (typeof partial !== "number") return;
    this.#any -= partial;
    if (this.#head >= this.#times.length || this.#times[this.#head] !== timeMs) return;
    this.#count -= partial;
    const rest = (this.#counts[this.#head] ?? 0) - partial;
    this.#counts[this.#head] = rest;
    if (rest === 0) this.#dropFront();
  }

  #forgetBefore(timeMs: number): void {
    while (this.#head < this.#times.length && (this.#times[this.#head] ?? 0) < timeMs) {
      this.#count -= this.#counts[this.#head] ?? 0;
      this.#dropFront();
    }
  }

  #dropFront(): void {
    this.#head++;
    if (this.#head < 32 || this.#head * 2 <= this.#times.length) return;
    this.#times = this.#times.slice(this.#head);
    this.#counts = this.#counts.slice(this.#head);
    this.#head = 0;
  }

  value(_name: AggregateName, _parameter: Value, timeMs: number): Value {
    this.#forgetBefore(timeMs - this.#lengthMs);
    return this.#any === 0 ? null : this.#count;
  }
}
