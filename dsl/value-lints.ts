/** What the linter says of single comparisons: values that can never be, equality of fractions, lists with doubles. */

import type { Span } from "../base/diagnostic.ts";
import type { Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { constantComparison, holds } from "./domain.ts";
import type { Comparison, Expr } from "./expr.ts";
import { replacement } from "./report.ts";
import type { Checking } from "./scope.ts";

type Binary = Extract<ast.Expr, { kind: "binary" }>;
export type Comparing = Extract<Expr, { kind: "compare" }>;

/** The values that a function can give: a range of numbers, or a few values. */
interface Range {
  readonly least: number;
  readonly greatest: number;
  readonly only: readonly Value[] | null;
  readonly shown: string;
}

function numbers(least: number, greatest: number, shown: string): Range {
  return { least, greatest, only: null, shown };
}
function values(only: readonly Value[]): Range {
  const shown = only.map((value) => JSON.stringify(value)).join(", ");
  return { least: Number.NaN, greatest: Number.NaN, only, shown };
}

const NOT_NEGATIVE = numbers(0, Number.POSITIVE_INFINITY, "0 or more");
const RANGES: ReadonlyMap<string, Range> = new Map([
  ["hour", numbers(0, 23, "0 to 23")],
  ["day_of_week", numbers(1, 7, "1 (Monday) to 7 (Sunday)")],
  ["ip_version", values([4, 6])],
  ["type_of", values(["null", "boolean", "number", "text", "list", "object"])],
  ["length", NOT_NEGATIVE],
  ["index_of", NOT_NEGATIVE],
  ["levenshtein", NOT_NEGATIVE],
  ["entropy", NOT_NEGATIVE],
  ["abs", NOT_NEGATIVE],
  ["sqrt", NOT_NEGATIVE],
  ["distance_km", NOT_NEGATIVE],
  ["count", NOT_NEGATIVE],
  ["distinct", NOT_NEGATIVE],
  ["approx_distinct", NOT_NEGATIVE],
  ["stddev", NOT_NEGATIVE],
  ["rate", NOT_NEGATIVE],
]);

function rangeOf(expr: Expr): { readonly name: string; readonly range: Range } | null {
  if (expr.kind !== "call" && expr.kind !== "aggregate") return null;
  const range = RANGES.get(expr.name);
  return range === undefined ? null : { name: expr.name, range };
}

function isPossible(range: Range, operator: Comparison, value: Value): boolean {
  if (range.only !== null) return range.only.some((one) => holds(operator, one, value));
  const { least, greatest } = range;
  switch (operator) {
    case "==":
      return holds(">=", value, least) && holds("<=", value, greatest);
    case "!=":
      return true;
    case "<":
    case "<=":
      return holds(operator, least, value);
    case ">":
    case ">=":
      return holds(operator, greatest, value);
  }
}

export function lintComparison(written: Binary, checked: Comparing, checking: Checking): void {
  const found = constantComparison(checked);
  if (found !== null) {
    warnImpossible(written.span, found.subject, found.operator, found.value, checking);
  }
  warnSame(written, checked, checking);
  warnFraction(written, checked, checking);
}

function warnImpossible(
  span: Span,
  subject: Expr,
  operator: Comparison,
  value: Value,
  checking: Checking,
): void {
  const known = rangeOf(subject);
  // Of another type it is unknown, which is an error of its own.
  if (known === null || isPossible(known.range, operator, value)) return;
  const { name, range } = known;
  checking.report.warning("W0406", span, `\`${name}\` never gives such a value`, {
    label: "it can never be true",
    notes: [`\`${name}\` gives ${range.shown}`],
  });
}

function warnSame(written: Binary, { left, right }: Comparing, checking: Checking): void {
  if (left.kind === "const" || canonicalText(left) !== canonicalText(right)) return;
  checking.report.warning("W0410", written.span, "a value is compared with itself", {
    label: "both sides are the same",
    notes: ["`exists(x)` asks whether there is a value"],
  });
}

/** Functions and aggregates whose results are seldom whole. */
const FRACTIONAL: ReadonlySet<string> = new Set([
  "sqrt",
  "log",
  "pow",
  "distance_km",
  "entropy",
  "avg",
  "stddev",
  "percentile",
  "rate",
]);

function isFractional(expr: Expr): boolean {
  switch (expr.kind) {
    case "const":
      return typeof expr.value === "number" && !Number.isInteger(expr.value);
    case "arithmetic":
      return expr.operator === "/" || isFractional(expr.left) || isFractional(expr.right);
    case "negate":
      return isFractional(expr.operand);
    case "call":
    case "aggregate":
      return FRACTIONAL.has(expr.name);
    default:
      return false;
  }
}

function warnFraction(written: Binary, checked: Comparing, checking: Checking): void {
  const { operator, left, right } = checked;
  if (operator !== "==" && operator !== "!=") return;
  if (!isFractional(left) && !isFractional(right)) return;
  checking.report.warning("W0407", written.span, "fractions are seldom exactly equal", {
    label: `\`${operator}\` on a fraction`,
    notes: [
      "numbers are 64-bit floats: `0.1 + 0.2 == 0.3` is false",
      "`abs(a - b) < 0.001` asks whether two are close; a range or a whole number of the smallest unit is safer",
    ],
  });
}

/** `x in [ … ]`: items that x can never be, and items that stand there twice. */
export function lintList(written: Binary, item: Expr, list: Expr, checking: Checking): void {
  const { right } = written;
  if (right.kind !== "list" || list.kind !== "const" || !Array.isArray(list.value)) return;
  const seen = new Set<string>();
  for (const [i, value] of (list.value as readonly Value[]).entries()) {
    const place = right.items[i];
    if (place === undefined) return;
    warnImpossible(place.span, item, "==", value, checking);
    const text = canonicalText(value);
    if (seen.has(text)) {
      checking.report.warning("W0409", place.span, "the list has this value twice", {
        label: "again",
      });
    }
    seen.add(text);
  }
}

/** A text with neither `*` nor `?` is compared as a whole. */
export function lintLike(written: Binary, pattern: Expr, checking: Checking): void {
  if (pattern.kind !== "const" || typeof pattern.value !== "string") return;
  if (/[*?]/.test(pattern.value)) {
    lintLiteralStar(pattern.value, written.right.span, checking);
    return;
  }
  const { operatorSpan, negated, caseless, right } = written;
  // There is no `!=` without case.
  if (caseless && negated) return;
  const span = { ...operatorSpan, end: right.span.end };
  const operator = caseless ? "=~" : negated ? "!=" : "==";
  const fixed = `${operator} ${checking.report.text(right.span)}`;
  checking.report.warning("W0408", span, "`like` without a wildcard compares the whole text", {
    label: "no `*` or `?`",
    notes: ["`*` stands for any text, `?` for one character; `contains` looks for a part"],
    fix: replacement(span, fixed),
  });
}

/** A path of Windows that ends a folder with a wildcard: the backslash there makes the star a star. */
function lintLiteralStar(pattern: string, span: Span, checking: Checking): void {
  if (!/\\[*?]/.test(pattern) || !/\\[^*?]/.test(pattern)) return;
  checking.report.warning("W0408", span, "a backslash makes the wildcard behind it literal", {
    label: "this `*` or `?` stands for itself",
    notes: [
      'for all below a folder: `starts with r"C:\\Windows\\"`, or with `?` for the backslash: `like r"C:\\Windows?*"`',
    ],
  });
}
