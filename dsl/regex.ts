/**
 * Door of re2js: regular expressions of `matches`, with RE2's syntax and its promise of linear time (X-1).
 * A pattern with look-around or back-references is an error, not a surprise at run time.
 */

import { RE2JS } from "re2js";

/** Longest pattern in UTF-16 units. */
export const REGEX_PATTERN_LIMIT = 512;

/**
 * Longest text in UTF-16 units that the run time looks at: no text of an event of the usual greatest size (64 KiB) is longer.
 * What lies behind is not searched, so where nothing was found before it nothing is known.
 */
export const REGEX_INPUT_LIMIT = 65_536;

export interface Regex {
  readonly error: null;
  /** Does the expression match anywhere in the text? O(text × pattern). The caller cuts long texts. */
  test(text: string): boolean;
}

/** Compiles a pattern. `caseless` is as the flag `(?i)`. A bad pattern gives its error, without a full stop. */
export function compileRegex(
  pattern: string,
  caseless: boolean,
): Regex | { readonly error: string } {
  if (pattern.length > REGEX_PATTERN_LIMIT) {
    return { error: `it is longer than ${REGEX_PATTERN_LIMIT} characters` };
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, caseless ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (cause) {
    return { error: reason(cause) };
  }
  return { error: null, test: (text) => compiled.test(text) };
}

/** re2js says "error parsing regexp: missing closing ): `(`"; what stands after the first colon is the reason. */
function reason(cause: unknown): string {
  const message = String((cause as { message?: unknown }).message ?? cause);
  return message.replace(/^error parsing regexp: /, "");
}
