/** Random sequences of elements that the language accepts. */

import type { Random } from "../../base/random.ts";
import {
  eachCondition,
  havingCondition,
  type KnownStep,
  localCondition,
  whereCondition,
} from "./generate-condition.ts";
import {
  type Item,
  type Key,
  type Link,
  mayBeEmpty,
  mayLeave,
  type No,
  ONCE,
  type Quantity,
  type Sequence,
  type Step,
  type Taker,
} from "./pattern.ts";

/** What sequences may be made of. */
export interface Menu {
  /** `match latest` has steps, counts N and `no`, linked by `then`. */
  readonly isLatest: boolean;
  /** Braces, `until`, several `no` in a row, one at the start. */
  readonly isFull: boolean;
  readonly sources: readonly string[];
  /** Keys that a step may name instead of the match's; none for `by all`. */
  readonly keys: readonly Key[];
  readonly withinMs: number;
  readonly maxSteps: number;
}

const LABELS = ["a", "b", "c", "d", "e", "f", "g", "h"];

const COUNTS: readonly (readonly [number, number | null])[] = [
  [2, 2],
  [3, 3],
  [1, null],
  [1, null],
  [2, null],
  [1, 2],
  [1, 3],
  [2, 3],
  [0, null],
  [0, 2],
];

/** Makes one sequence; owns the labels given out and the steps that conditions may name so far. */
export class SequenceMaker {
  readonly #random: Random;
  readonly #menu: Menu;
  #count = 0;
  #known: KnownStep[] = [];

  constructor(random: Random, menu: Menu) {
    this.#random = random;
    this.#menu = menu;
  }

  /** The steps that the block's `having` may name. */
  get known(): readonly KnownStep[] {
    return this.#known;
  }

  /** A whole pattern's sequence; it may still be one that could match nothing. */
  make(): Sequence {
    const random = this.#random;
    const items: Item[] = [];
    if (this.#menu.isFull && random.chance(0.12))
      items.push({ link: "then", element: this.#no(this.#boundMs()) });
    const length = 1 + random.below(this.#menu.maxSteps);
    while (this.#count < length) {
      this.#addNos(items, 0.2, false);
      // After a `no` at the start a link says nothing.
      const isFirst = items.every(({ element }) => element.kind === "no");
      items.push({ link: isFirst ? "then" : this.#link(), element: this.#element(0, false) });
    }
    this.#addNos(items, 0.2, true);
    return items;
  }

  /** A `no` needs an element before it that cannot be empty, else it could stand at the start, where it needs a bound. */
  #addNos(items: Item[], probability: number, isEnd: boolean): void {
    const random = this.#random;
    const isAnchored = items.some(
      ({ element }) => element.kind !== "no" && !mayLeave(element.quantity, 0),
    );
    if (!isAnchored || !random.chance(probability)) return;
    const count = this.#menu.isFull && random.chance(0.25) ? 2 : 1;
    for (let i = 0; i < count; i++) {
      const link = random.chance(0.3) && !this.#menu.isLatest ? "next" : "then";
      const withinMs = isEnd && random.chance(0.5) ? this.#boundMs() : null;
      items.push({ link, element: this.#no(withinMs) });
    }
  }

  #element(depth: number, isRepeated: boolean): Taker {
    const random = this.#random;
    const isBraces = this.#menu.isFull && !this.#menu.isLatest && depth < 2 && random.chance(0.4);
    if (!isBraces) return this.#step(isRepeated);
    // Loops in loops have too many readings to try them all.
    const quantity =
      random.chance(0.5) || isRepeated ? ONCE : { ...this.#quantity(), greedy: false };
    const repeated = isRepeated || quantity.max !== 1;
    const common = {
      quantity,
      until: quantity.max === null && random.chance(0.2) ? localCondition(random) : null,
    };
    switch (random.below(3)) {
      case 0: {
        const sequence = this.#inner(depth, repeated);
        return { kind: "group", ...common, sequence, withinMs: this.#elementWithinMs() };
      }
      case 1: {
        const alternatives = this.#branches(depth, repeated, 2);
        return { kind: "either", ...common, alternatives, withinMs: this.#elementWithinMs() };
      }
      default: {
        const parts = this.#branches(depth, repeated, random.chance(0.3) ? 3 : 2);
        const contiguity = random.pick(["relaxed", "relaxed", "consecutive", "any"] as const);
        return { kind: "all of", ...common, contiguity, parts, withinMs: this.#elementWithinMs() };
      }
    }
  }

  /** Sequences of which none may name the steps of another. */
  #branches(depth: number, isRepeated: boolean, count: number): Sequence[] {
    const outer = this.#known;
    const known: KnownStep[] = [];
    const sequences: Sequence[] = [];
    for (let i = 0; i < count; i++) {
      this.#known = [...outer];
      sequences.push(this.#inner(depth, isRepeated));
      known.push(...this.#known.slice(outer.length));
    }
    this.#known = [...outer, ...known];
    return sequences;
  }

  /** One or two elements, a `no` between them now and then; never one that may be empty. */
  #inner(depth: number, isRepeated: boolean): Sequence {
    const random = this.#random;
    const items: Item[] = [{ link: "then", element: this.#element(depth + 1, isRepeated) }];
    if (random.chance(0.5)) {
      const before = items.length;
      this.#addNos(items, 0.15, false);
      const element = this.#element(depth + 1, isRepeated);
      const hasNo = items.length > before;
      // A `no` at the end of braces would have to look out of them.
      items.push({ link: this.#link(), element: hasNo ? demanded(element) : element });
    }
    if (!mayBeEmpty(items)) return items;
    return items.map(({ link, element }, i) => ({
      link,
      element: i === 0 && element.kind !== "no" ? demanded(element) : element,
    }));
  }

  #step(isRepeated: boolean): Step {
    const random = this.#random;
    const { isLatest, isFull, keys } = this.#menu;
    const element = this.#count++;
    const label = LABELS[element] ?? `x${element}`;
    const quantity = isLatest
      ? this.#latestQuantity()
      : isRepeated && random.chance(0.7)
        ? ONCE
        : this.#quantity();
    const isLoop = quantity.max !== 1;
    const own: KnownStep = { label, repeated: isLoop || isRepeated };
    const known = this.#known;
    const step: Step = {
      kind: "step",
      element,
      label,
      quantity,
      sources: this.#sources(),
      by: random.chance(0.12) && keys.length > 0 ? random.pick(keys) : null,
      where: random.chance(0.3)
        ? whereCondition(random, known, isLoop && !isLatest ? label : null)
        : null,
      each: isLoop && !isLatest && random.chance(0.3) ? eachCondition(random) : null,
      // In braces that repeat, whose events a loop's `having` sees is open to readings.
      having:
        isLoop && !isLatest && !isRepeated && random.chance(0.15)
          ? havingCondition(random, [own])
          : null,
      until: isFull && quantity.max === null && random.chance(0.2) ? localCondition(random) : null,
      withinMs: isLatest ? null : this.#elementWithinMs(),
    };
    this.#known = [...known, own];
    return step;
  }

  #no(withinMs: number | null): No {
    const random = this.#random;
    const { keys } = this.#menu;
    return {
      kind: "no",
      sources: this.#sources(),
      by: random.chance(0.15) && keys.length > 0 ? random.pick(keys) : null,
      // What forbids too much leaves no matches to compare.
      where: random.chance(0.85) ? whereCondition(random, this.#known, null) : null,
      withinMs,
    };
  }

  #sources(): string[] {
    const { sources } = this.#menu;
    const first = this.#random.pick(sources);
    const second = this.#random.pick(sources);
    return this.#random.chance(0.15) && first !== second ? [first, second] : [first];
  }

  #link(): Link {
    const links = ["then", "then", "then any", "next"] as const;
    return this.#menu.isLatest ? "then" : this.#random.pick(links);
  }

  #latestQuantity(): Quantity {
    const count = this.#random.pick([1, 1, 1, 2, 3]);
    return { ...ONCE, min: count, max: count };
  }

  #quantity(): Quantity {
    const random = this.#random;
    const dice = random.unit();
    if (dice < 0.4) return ONCE;
    if (dice < 0.55) return { ...ONCE, optional: true, shortest: random.chance(0.3) };
    const [min, max] = random.pick(COUNTS);
    const isGreedy = random.chance(0.2);
    return {
      min,
      max,
      optional: min > 1 && random.chance(0.15),
      contiguity: random.pick(["relaxed", "relaxed", "consecutive", "any"] as const),
      greedy: isGreedy,
      shortest: !isGreedy && random.chance(0.2),
    };
  }

  #elementWithinMs(): number | null {
    return this.#random.chance(0.2) ? this.#boundMs() : null;
  }

  #boundMs(): number {
    return Math.min(this.#menu.withinMs, (1 + this.#random.below(5)) * 1000);
  }
}

/** The element as one that cannot be empty. */
function demanded<E extends Taker>(element: E): E {
  const { quantity } = element;
  if (!mayLeave(quantity, 0)) return element;
  const min = Math.max(1, quantity.min);
  const isSingle = min === 1 && quantity.max === 1;
  return {
    ...element,
    quantity: {
      ...quantity,
      min,
      optional: false,
      shortest: quantity.shortest && !isSingle,
    },
  };
}
