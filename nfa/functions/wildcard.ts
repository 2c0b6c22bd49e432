/**
 * The wildcard patterns of `like`: `*` is any text, `?` one code point, a backslash before one of these makes it
 * literal and is itself elsewhere. The whole text must match. No regular expressions: a pattern without `?` is looked
 * for piece by piece, leftmost first; others by the two-pointer method, which goes back to the last `*` only. Both are
 * right because a piece found further left leaves the later ones more room.
 */

/** Matches exactly the texts that begin with the first piece, end with the last, and hold the others between, in order. */
interface Pieces {
  readonly kind: "exact" | "prefix" | "suffix" | "contains" | "pieces";
  /** One for "exact"; the literal for "prefix", "suffix" and "contains"; two or more, some empty, for "pieces". */
  readonly pieces: readonly string[];
}
/** Code points, and the two below. */
interface Points {
  readonly kind: "points";
  readonly points: readonly number[];
}
export type Wildcard = Pieces | Points;

const ANY_ONE = -1;
const ANY_TEXT = -2;

/** Reads a pattern; every text is one. */
export function parseWildcard(pattern: string): Wildcard {
  const points = tokens(pattern);
  const pieces = points.includes(ANY_ONE) ? null : piecesOf(points);
  // A lone surrogate would be found within a pair, where no code point of its own stands.
  if (pieces === null || pieces.some((piece) => /\p{Cs}/u.test(piece)))
    return { kind: "points", points };
  const [first, second, third] = pieces;
  if (second === undefined) return { kind: "exact", pieces };
  if (third === undefined && second === "") return { kind: "prefix", pieces: [first ?? ""] };
  if (third === undefined && first === "") return { kind: "suffix", pieces: [second] };
  if (pieces.length === 3 && first === "" && third === "")
    return { kind: "contains", pieces: [second] };
  return { kind: "pieces", pieces };
}

/** A text that all that matches has: at its start, at its end, or anywhere. */
export interface WildcardLiteral {
  readonly place: "start" | "end" | "within";
  readonly text: string;
}

/** The literals between the placeholders of a pattern that has some; none is empty. */
export function literalsOf(wildcard: Wildcard): readonly WildcardLiteral[] {
  const [first = ""] = wildcard.kind === "points" ? [] : wildcard.pieces;
  switch (wildcard.kind) {
    case "exact":
    case "prefix":
      return placed([first, ""]);
    case "suffix":
      return placed(["", first]);
    case "contains":
      return placed(["", first, ""]);
    case "pieces":
      return placed(wildcard.pieces);
    case "points":
      return placed(piecesOf(wildcard.points));
  }
}

function placed(pieces: readonly string[]): readonly WildcardLiteral[] {
  return pieces.flatMap((text, i): WildcardLiteral[] => {
    const place = i === 0 ? "start" : i === pieces.length - 1 ? "end" : "within";
    return text === "" ? [] : [{ place, text }];
  });
}

function tokens(pattern: string): readonly number[] {
  const points: number[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    const following = pattern[i + 1];
    if (char === "\\" && (following === "*" || following === "?")) {
      points.push(pattern.charCodeAt(++i));
    } else if (char === "*") {
      if (points.at(-1) !== ANY_TEXT) points.push(ANY_TEXT);
    } else if (char === "?") {
      points.push(ANY_ONE);
    } else {
      const point = pattern.codePointAt(i) ?? 0;
      points.push(point);
      if (point > 0xffff) i++;
    }
  }
  return points;
}

/** What stands between the placeholders; one piece where there is none. */
function piecesOf(points: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const point of points) {
    if (point === ANY_TEXT || point === ANY_ONE) {
      pieces.push(piece);
      piece = "";
    } else piece += String.fromCodePoint(point);
  }
  pieces.push(piece);
  return pieces;
}

/** Does the whole text match? O(text) for the simple kinds, O(text × longest piece) at worst. */
export function matchesWildcard(wildcard: Wildcard, text: string): boolean {
  if (wildcard.kind === "points") return matchesPoints(wildcard.points, text);
  const [first = ""] = wildcard.pieces;
  switch (wildcard.kind) {
    case "exact":
      return text === first;
    case "prefix":
      return text.startsWith(first);
    case "suffix":
      return text.endsWith(first);
    case "contains":
      return text.includes(first);
    case "pieces":
      return matchesPieces(wildcard.pieces, text);
  }
}

function matchesPieces(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? "";
  const last = pieces[pieces.length - 1] ?? "";
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (let i = 1; i < pieces.length - 1; i++) {
    const piece = pieces[i] ?? "";
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end;
}

function matchesPoints(pattern: readonly number[], text: string): boolean {
  let at = 0;
  let wanted = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0;
    const token = pattern[wanted];
    if (token === ANY_TEXT) {
      star = wanted++;
      starAt = at;
    } else if (token === ANY_ONE || token === point) {
      wanted++;
      at += width(point);
    } else if (star >= 0) {
      starAt += width(text.codePointAt(starAt) ?? 0);
      at = starAt;
      wanted = star + 1;
    } else return false;
  }
  if (pattern[wanted] === ANY_TEXT) wanted++;
  return wanted === pattern.length;
}

/** UTF-16 units of a code point. */
function width(point: number): number {
  return point > 0xffff ? 2 : 1;
}
