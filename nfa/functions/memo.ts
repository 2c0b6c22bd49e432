/** Remembers what was computed from texts that rules or events name again and again: expressions, wildcards, ranges. */

/** A pure function's results by text, at most `limit` of them: at the limit all are forgotten. */
export class Memo<Result> {
  readonly #results = new Map<string, Result>();
  readonly #compute: (text: string) => Result;
  readonly #limit: number;

  constructor(compute: (text: string) => Result, limit: number) {
    this.#compute = compute;
    this.#limit = limit;
  }

  get(text: string): Result {
    const known = this.#results.get(text);
    if (known !== undefined) return known;
    const result = this.#compute(text);
    if (this.#results.size >= this.#limit) this.#results.clear();
    this.#results.set(text, result);
    return result;
  }
}
