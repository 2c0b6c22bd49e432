/**
 * Finds which of many literals a text contains, begins or ends with, in one pass whatever their number: Aho and
 * Corasick, "Efficient string matching", 1975. Literals at the end of a text are found by a trie of the reversed ones.
 *
 * Invariants
 *  A1  The failure of a state is the longest other state that the text read so far ends with; it has a lower number.
 *  A2  `#ending[s]` is the nearest state on the way of failures from s, s itself included, in which a literal ends.
 */

import { nextStamp } from "./candidates.ts";
import { ASCII, LiteralTrie, NO_STATE, ROOT } from "./literal-trie.ts";

/** Receives the index of a literal that was found. */
export interface LiteralSink {
  addLiteral(index: number): void;
}

export class TextAutomaton {
  readonly #trie: LiteralTrie;
  readonly #failures: Int32Array;
  /** -1: none. */
  readonly #ending: Int32Array;
  /** The text in which a literal's state was last reported: what follows on its way was, too. */
  readonly #seen: Int32Array;
  #text = 0;

  /** `literals`: each once, none empty. O(units × log literals). */
  constructor(literals: readonly string[]) {
    const trie = new LiteralTrie(literals);
    this.#trie = trie;
    this.#failures = new Int32Array(trie.size);
    this.#ending = new Int32Array(trie.size).fill(NO_STATE);
    this.#seen = new Int32Array(trie.size);
    for (let state = ROOT; state < trie.size; state++) {
      const failure = this.#failures[state] as number;
      const isEnd = (trie.literals[state] as number) >= 0;
      if (state !== ROOT) this.#ending[state] = isEnd ? state : (this.#ending[failure] as number);
      for (let child = trie.firstChild(state); child < trie.firstChild(state + 1); child++)
        this.#failures[child] = state === ROOT ? ROOT : this.#next(failure, trie.unitOf(child));
    }
  }

  /** The state after one more unit. Amortised over a text O(log fan-out). */
  #next(from: number, unit: number): number {
    for (let state = from; ; state = this.#failures[state] as number) {
      const child = this.#trie.child(state, unit);
      if (child !== NO_STATE) return child;
      if (state === ROOT) return ROOT;
    }
  }

  /** Names each literal that the text contains once. O(text + literals found). */
  find(text: string, sink: LiteralSink): void {
    this.#text = nextStamp(this.#text, this.#seen);
    const trie = this.#trie;
    let state = ROOT;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      // Most units of most texts lead from the root to the root.
      if (state !== ROOT) state = this.#next(state, unit);
      else if (unit < ASCII) state = trie.fromRoot[unit] as number;
      else state = this.#next(ROOT, unit);
      if (state === ROOT) continue;
      const ending = this.#ending[state] as number;
      if (ending !== NO_STATE) this.#report(ending, sink);
    }
  }

  #report(ending: number, sink: LiteralSink): void {
    for (let state = ending; state !== NO_STATE; ) {
      if (this.#seen[state] === this.#text) return;
      this.#seen[state] = this.#text;
      sink.addLiteral(this.#trie.literals[state] as number);
      state = this.#ending[this.#failures[state] as number] as number;
    }
  }
}

/** The literals with which a text begins. */
export class Beginnings {
  readonly #trie: LiteralTrie;

  constructor(literals: readonly string[]) {
    this.#trie = new LiteralTrie(literals);
  }

  /** O(longest literal). */
  find(text: string, sink: LiteralSink): void {
    let state = ROOT;
    for (let i = 0; i < text.length; i++) {
      state = this.#trie.child(state, text.charCodeAt(i));
      if (state === NO_STATE) return;
      const literal = this.#trie.literals[state] as number;
      if (literal >= 0) sink.addLiteral(literal);
    }
  }
}

/** The literals with which a text ends. */
export class Endings {
  readonly #trie: LiteralTrie;

  constructor(literals: readonly string[]) {
    this.#trie = new LiteralTrie(literals.map(reversed));
  }

  /** O(longest literal). */
  find(text: string, sink: LiteralSink): void {
    let state = ROOT;
    for (let i = text.length - 1; i >= 0; i--) {
      state = this.#trie.child(state, text.charCodeAt(i));
      if (state === NO_STATE) return;
      const literal = this.#trie.literals[state] as number;
      if (literal >= 0) sink.addLiteral(literal);
    }
  }
}

/** By units, whatever they mean together. */
function reversed(text: string): string {
  return text.split("").reverse().join("");
}
