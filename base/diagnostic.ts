/** What the compiler tells an author: bad rules are data, never exceptions. */

/** A piece of a source text. Offsets count UTF-16 units from 0; `end` is exclusive. */
export interface Span {
  /** Name of the file as the user gave it; `-` for standard input. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** An edit that an editor can apply. */
export interface Fix {
  /** What it does, as an imperative: "replace with `outcome`". */
  readonly title: string;
  readonly span: Span;
  /** The text that replaces the span; "" deletes it. */
  readonly text: string;
}

export interface Diagnostic {
  /** Stable: `E0204` or `W0412`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** One sentence in the author's words, without a full stop. */
  readonly message: string;
  readonly span: Span;
  /** What stands under the carets; may be "". */
  readonly label: string;
  /** Why: facts that the compiler knows, one a line. */
  readonly notes: readonly string[];
  readonly fix: Fix | null;
}
