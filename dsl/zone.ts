/**
 * Door of luxon: calendar time in a zone, and times written in other forms than RFC 3339. The machine's own zone and
 * locale have no part in it: without a zone it is UTC, and names of months and days are English.
 */

import { DateTime, IANAZone } from "luxon";

/** Is it the name of a time zone (IANA, as `Europe/Berlin`, or `UTC`)? */
export function isZone(zone: string): boolean {
  return IANAZone.isValidZone(zone);
}

export interface Calendar {
  /** 0 to 23. */
  readonly hour: number;
  /** 1 is Monday, 7 is Sunday. */
  readonly dayOfWeek: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The calendar in a zone at a time; null where the zone is unknown or the time beyond the calendar. */
export function zoned(timeMs: number, zone: string): Calendar | null {
  const moment = DateTime.fromMillis(timeMs, { zone, locale: "en" });
  if (!moment.isValid) return null;
  return { hour: moment.hour, dayOfWeek: moment.weekday, date: moment.toISODate() };
}

/** RFC 3339, and the two liberties that ISO 8601 producers take: a space for `T`, and no offset. No hour is 24. */
const RFC_3339 =
  /^\d{4}-\d{2}-\d{2}(?:[Tt ](?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$/;

/**
 * The time in ms that a text says: RFC 3339 without a format, else by the format (luxon's tokens,
 * https://moment.github.io/luxon/#/parsing). Where the text names no offset, it is read in the zone (null: UTC).
 * Null where the text does not fit, the zone is unknown, or the format has a problem (`formatProblem`).
 */
export function parseTime(text: string, format: string | null, zone: string | null): number | null {
  const options = { zone: zone ?? "UTC", locale: "en" };
  if (format === null) {
    if (!RFC_3339.test(text)) return null;
    return fromIso(text.replace(" ", "T"), options);
  }
  if (formatProblem(format) !== null) return null;
  return valid(DateTime.fromFormat(text, format, options));
}

/** Where the second of an RFC 3339 time stands. */
const SECOND_AT = 17;

/** The second 60, with which RFC 3339 writes a leap second, is the first of the next minute: a day has 86,400 here. */
function fromIso(text: string, options: { readonly zone: string; readonly locale: string }) {
  if (text.slice(SECOND_AT - 1, SECOND_AT + 2) !== ":60")
    return valid(DateTime.fromISO(text, options));
  const before = `${text.slice(0, SECOND_AT)}59${text.slice(SECOND_AT + 2)}`;
  const timeMs = valid(DateTime.fromISO(before, options));
  return timeMs === null ? null : timeMs + 1000;
}

function valid(moment: DateTime): number | null {
  return moment.isValid ? moment.toMillis() : null;
}

const formatProblems = new Map<string, string | null>();

/**
 * Why a format cannot be used, or null. Without a year luxon would take the wall clock's, and the same events would
 * mean different things next year.
 */
export function formatProblem(format: string): string | null {
  const known = formatProblems.get(format);
  if (known !== undefined) return known;
  const { tokens } = DateTime.fromFormatExplain("", format, { locale: "en" }) as Explained;
  const hasYear = (tokens ?? []).some((token) => !token.literal && /^[yk]/.test(token.val));
  const problem = hasYear ? null : "it has no year (`yyyy`)";
  // Formats stand in rules and are few; one from an event's field must not grow the memory without bound.
  if (formatProblems.size >= 1000) formatProblems.clear();
  formatProblems.set(format, problem);
  return problem;
}

/** What luxon's explanation holds, beyond its published types. */
interface Explained {
  readonly tokens?: readonly { readonly literal: boolean; readonly val: string }[];
}
