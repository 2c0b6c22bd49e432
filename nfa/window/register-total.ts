/**
 * `approx_distinct` in a window: HyperLogLog whose registers can forget. Each keeps, beside its highest rank, those of
 * newer cells that will be the highest once older ones have left; so the estimate is that of a sketch made of the
 * window's values alone. A cell's partial is the list of its values as register × 64 + rank.
 *
 * Source: Chabchoub and Hébrail, "Sliding HyperLogLog", 2010: the list of future possible maxima.
 */

import type { Value } from "../../base/value.ts";
import { estimateDistinct, RANK_MAX, REGISTERS, registerOf } from "../functions/hyper-log-log.ts";
import { appended, partsOf, type Total } from "./total.ts";

const RANK_SPACE = 64;

/** Ranks of one register, falling, each with the newest cell that has it. */
interface Maxima {
  readonly ranks: number[];
  readonly cells: number[];
}

export class RegisterTotal implements Total {
  readonly #registers = new Map<number, Maxima>();
  /** How many registers have each rank as their highest. */
  readonly #counts: number[];
  readonly #leaves: boolean;

  /** `leaves`: do cells ever leave? */
  constructor(leaves: boolean) {
    this.#leaves = leaves;
    this.#counts = Array.from({ length: RANK_MAX + 1 }, () => 0);
    this.#counts[0] = REGISTERS;
  }

  enter(cell: number, partial: Value, value: Value): Value {
    const { register, rank } = registerOf(value);
    return this.#raise(cell, register, rank)
      ? appended(partial, register * RANK_SPACE + rank)
      : partial;
  }

  load(cell: number, partial: Value): void {
    for (const part of partsOf(partial))
      this.#raise(cell, Math.floor(Number(part) / RANK_SPACE), Number(part) % RANK_SPACE);
  }

  /** False where the register knows of a rank as high that leaves no sooner. */
  #raise(cell: number, register: number, rank: number): boolean {
    const maxima = this.#registers.get(register) ?? { ranks: [], cells: [] };
    const { ranks, cells } = maxima;
    const highest = ranks[0] ?? 0;
    const [newest] = [cells.at(-1)];
    if (ranks.length > 0 && (ranks.at(-1) ?? 0) >= rank && newest === cell) return false;
    if (!this.#leaves && highest >= rank) return false;
    while (ranks.length > 0 && (ranks.at(-1) ?? 0) <= rank) {
      ranks.pop();
      cells.pop();
    }
    ranks.push(rank);
    cells.push(cell);
    this.#registers.set(register, maxima);
    this.#count(highest, ranks[0] ?? 0);
    return true;
  }

  leave(cell: number, partial: Value): void {
    for (const part of partsOf(partial)) {
      const register = Math.floor(Number(part) / RANK_SPACE);
      const maxima = this.#registers.get(register);
      if (maxima?.cells[0] !== cell) continue;
      const highest = maxima.ranks.shift() ?? 0;
      maxima.cells.shift();
      this.#count(highest, maxima.ranks[0] ?? 0);
      if (maxima.ranks.length === 0) this.#registers.delete(register);
    }
  }

  #count(before: number, after: number): void {
    this.#counts[before] = (this.#counts[before] ?? 0) - 1;
    this.#counts[after] = (this.#counts[after] ?? 0) + 1;
  }

  value(): Value {
    return this.#registers.size === 0 ? null : estimateDistinct(this.#counts);
  }
}
