/**
 * A signal that ends with another one, or by itself. `AbortSignal.any` would do, but what it makes of a signal that
 * lives as long as the service stays known to that signal in Node 20: requests would pile up behind it.
 */
export class LinkedAbort {
  readonly #own = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onAbort = (): void => this.#own.abort();

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    parent.addEventListener("abort", this.#onAbort, { once: true });
    if (parent.aborted) this.#own.abort();
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Ends it, and lets go of the other signal. */
  abort(): void {
    this.release();
    this.#own.abort();
  }

  /** Lets go of the other signal: it ends no more. */
  release(): void {
    this.#parent.removeEventListener("abort", this.#onAbort);
  }
}
