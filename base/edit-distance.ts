/**
 * "Did you mean": how far two short words are apart, and the nearest of a list.
 * Distance: optimal string alignment (insert, delete, replace, swap of neighbours, each 1).
 * Source: G. Navarro, "A guided tour to approximate string matching", 2001, section 3.
 */

/** Words longer than this are never compared: the cost is the product of the lengths. */
const MAX_LENGTH = 64;

/**
 * Number of single edits between `a` and `b`, or Infinity where it would exceed `limit` or a word is longer than 64.
 * O(length a · length b).
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (a === b) return 0;
  if (a.length > MAX_LENGTH || b.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  if (Math.abs(a.length - b.length) > limit) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let leastBefore = 0;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (before[column - 2] ?? 0) + 1);
      current.push(best);
      if (best < least) least = best;
    }
    // Neither this row nor, by a swap, the one before leads to less.
    if (least > limit && leastBefore > limit) return Number.POSITIVE_INFINITY;
    leastBefore = least;
    before = previous;
    previous = current;
  }
  const distance = previous[b.length] ?? Number.POSITIVE_INFINITY;
  return distance <= limit ? distance : Number.POSITIVE_INFINITY;
}

/** What was found of a list, by word: a text with one mistake a thousand times asks for the same a thousand times. */
const foundBefore = new WeakMap<Iterable<string>, Map<string, string | null>>();
/** So many words are remembered of a list. */
const MEMORY = 256;

/**
 * The candidate that a slip of the fingers most likely turned into `word`; null where none is near enough (a third of the
 * word's length, at least 1). A candidate that differs in case only is nearest; of equals the first wins.
 * A list of candidates must not change once it was asked.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let memory = foundBefore.get(candidates);
  if (memory === undefined) {
    memory = new Map();
    foundBefore.set(candidates, memory);
  }
  const known = memory.get(word);
  if (known !== undefined) return known;
  const found = findNearest(word, candidates);
  if (memory.size >= MEMORY) memory.clear();
  memory.set(word, found);
  return found;
}

function findNearest(word: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const lower = word.toLowerCase();
  let found: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const sameLetters = candidate.toLowerCase() === lower;
    const distance = sameLetters ? 0 : editDistance(word, candidate, limit);
    // A word of one or two letters is near to everything.
    if (!sameLetters && Math.min(word.length, candidate.length) < 3) continue;
    if (distance < least) {
      least = distance;
      found = candidate;
    }
  }
  return found;
}
