/**
 * A trie over literals, by UTF-16 units, in arrays of numbers. States are numbered level by level, so the children of a
 * state stand side by side, ordered by unit, right behind those of the state before; states with many children have a
 * row for the ASCII units besides. Immutable.
 *
 * Invariants
 *  T1  State 0 is the root; a child's number is greater than its parent's.
 */

export const ROOT = 0;
export const NO_STATE = -1;

/** Units of ASCII are below this. */
export const ASCII = 128;
/** From so many children on a state has a row. The root has one always. */
const WIDE = 6;

/** Some literals of a sorted list that share a beginning: what one state stands for. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

export class LiteralTrie {
  /** The unit that leads to a state. */
  readonly #units: Uint16Array;
  /** Children of state s: from `#children[s]` to before `#children[s + 1]`. */
  readonly #children: Int32Array;
  /** The literal that ends in a state; -1: none does. */
  readonly literals: Int32Array;
  /** Where a state's row begins; -1: it has none. */
  readonly #rowOf: Int32Array;
  readonly #rows: Int32Array;
  /** The root's child for each ASCII unit; the root itself where there is none. */
  readonly fromRoot: Int32Array;

  /** `literals`: each once, none empty. O(units × log literals). */
  constructor(literals: readonly string[]) {
    const order = literals.map((_, i) => i).sort((a, b) => compareUnits(literals, a, b));
    const sorted = order.map((i) => literals[i] as string);
    const ranges: Range[] = [{ from: 0, to: sorted.length, depth: 0 }];
    const units: number[] = [0];
    const children: number[] = [];
    const ends: number[] = [];
    for (let state = 0; state < ranges.length; state++) {
      const { from, to, depth } = ranges[state] as Range;
      children.push(ranges.length);
      const isEnd = sorted[from]?.length === depth;
      ends.push(isEnd ? (order[from] as number) : -1);
      for (let at = isEnd ? from + 1 : from; at < to; ) {
        const unit = (sorted[at] as string).charCodeAt(depth);
        const first = at;
        while (at < to && (sorted[at] as string).charCodeAt(depth) === unit) at++;
        units.push(unit);
        ranges.push({ from: first, to: at, depth: depth + 1 });
      }
    }
    children.push(ranges.length);
    this.#units = Uint16Array.from(units);
    this.#children = Int32Array.from(children);
    this.literals = Int32Array.from(ends);
    this.#rowOf = new Int32Array(ranges.length).fill(-1);
    this.#rows = this.#makeRows();
    this.fromRoot = this.#rows.slice(0, ASCII).map((child) => Math.max(child, ROOT));
  }

  get size(): number {
    return this.literals.length;
  }

  #makeRows(): Int32Array {
    let count = 0;
    for (let state = 0; state < this.size; state++)
      if (state === ROOT || this.#fanOut(state) >= WIDE) this.#rowOf[state] = ASCII * count++;
    const rows = new Int32Array(ASCII * count).fill(NO_STATE);
    for (let state = 0; state < this.size; state++) {
      const row = this.#rowOf[state] as number;
      if (row < 0) continue;
      for (let child = this.firstChild(state); child < this.firstChild(state + 1); child++)
        if (this.unitOf(child) < ASCII) rows[row + this.unitOf(child)] = child;
    }
    return rows;
  }

  #fanOut(state: number): number {
    return this.firstChild(state + 1) - this.firstChild(state);
  }

  /** Those of the next state begin where a state's children end. */
  firstChild(state: number): number {
    return this.#children[state] as number;
  }

  unitOf(state: number): number {
    return this.#units[state] as number;
  }

  /** The state behind `unit`; NO_STATE where no literal goes on so. O(log fan-out). */
  child(state: number, unit: number): number {
    const row = this.#rowOf[state] as number;
    if (row >= 0 && unit < ASCII) return this.#rows[row + unit] as number;
    let low = this.#children[state] as number;
    const end = this.#children[state + 1] as number;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#units[middle] as number) < unit) low = middle + 1;
      else high = middle;
    }
    return low < end && this.#units[low] === unit ? low : NO_STATE;
  }
}

function compareUnits(literals: readonly string[], a: number, b: number): number {
  const x = literals[a] as string;
  const y = literals[b] as string;
  return x < y ? -1 : x > y ? 1 : 0;
}
