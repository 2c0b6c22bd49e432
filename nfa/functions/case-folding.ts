/**
 * Text without case (`=~`, `~like`, `~in` …): both sides are folded, then compared as they are. Folding is Unicode's
 * full lower case mapping of no locale, with the final sigma as a plain one: lower case alone would make a sigma depend
 * on what stands after it, and `~starts with "ΟΔΟΣ"` miss `ΟΔΟΣΑ`. So `ß` is not `ss`, and `İ` is not `i`.
 */

/** Two texts are the same without case when their foldings are equal. Idempotent. O(length). */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes("ς") ? lower.replaceAll("ς", "σ") : lower;
}
