/** Positions in texts count code points; a lone surrogate is one. Most texts have no pairs: units are points then. */

/** Has the text a unit that may belong to a pair? */
function mayHavePairs(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

/** Code points of the text. O(length). */
export function countPoints(text: string): number {
  if (!mayHavePairs(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The code points from `start` up to `end`, both from 0 and within the text. O(length). */
export function slicePoints(text: string, start: number, end: number): string {
  if (!mayHavePairs(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join("");
}

/** Where the code point at `position` starts, in units; the length where it is behind the end. */
export function unitAt(text: string, position: number): number {
  if (!mayHavePairs(text)) return Math.min(position, text.length);
  let unit = 0;
  for (let i = 0; i < position && unit < text.length; i++) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}
