/**
 * A fast reader of the usual shapes of RFC 3339 times, with fractions of any length:
 * `2023-07-10T12:24:49Z`, `2023-07-10 12:24:49.123456+02:00`. Everything else is left to the door of luxon.
 * The second 60, with which RFC 3339 writes a leap second, is the first of the next minute.
 * Days are counted as in Howard Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil).
 */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/time.ts";

/** A time read from a text: whole milliseconds, and the part of a millisecond below. */
export interface ReadTime {
  ms: number;
  frac: number;
  /** The text named no offset, and UTC was taken. */
  local: boolean;
}

const DIGIT_0 = 48;
const LENGTH_TO_SECONDS = 19;
/** More digits than a double can tell apart in a millisecond are passed over. */
const FRACTION_DIGITS = 18;

/** Reads `text` into `out`; false where it has another shape or names no day. */
export function readRfc3339(text: string, out: ReadTime): boolean {
  if (text.length < LENGTH_TO_SECONDS || !hasSeparators(text)) return false;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  // `digits` is negative where one is no digit, and a negative month or day is out of range.
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  const end = readFraction(text, out);
  if (end < 0) return false;
  const offsetMs = readOffset(text, end, out);
  if (offsetMs === null) return false;
  const time = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
  out.ms += daysFromCivil(year, month, day) * DAY_MS + time - offsetMs;
  return true;
}

function hasSeparators(text: string): boolean {
  const t = text.charCodeAt(10);
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    (t === 84 || t === 116 || t === 32) &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58
  );
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function isDigit(text: string, at: number): boolean {
  const digit = text.charCodeAt(at) - DIGIT_0;
  return digit >= 0 && digit <= 9;
}

/** Sets `ms` and `frac` to the fraction after the seconds; gives where it ends, or -1. */
function readFraction(text: string, out: ReadTime): number {
  out.ms = 0;
  out.frac = 0;
  const mark = text.charCodeAt(LENGTH_TO_SECONDS);
  if (mark !== 46 && mark !== 44) return LENGTH_TO_SECONDS;
  const start = LENGTH_TO_SECONDS + 1;
  let at = start;
  let below = 0;
  let scale = 1;
  for (; isDigit(text, at); at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (at < start + 3) out.ms += digit * (at === start ? 100 : at === start + 1 ? 10 : 1);
    else if (at < start + FRACTION_DIGITS) {
      below = below * 10 + digit;
      scale *= 10;
    }
  }
  out.frac = below / scale;
  return at === start ? -1 : at;
}

/** The offset from UTC in ms at `at`, up to the end of the text; null where it is malformed. */
function readOffset(text: string, at: number, out: ReadTime): number | null {
  out.local = at === text.length;
  if (out.local) return 0;
  const sign = text.charCodeAt(at);
  if (sign === 90 || sign === 122) return at + 1 === text.length ? 0 : null;
  if (sign !== 43 && sign !== 45) return null;
  const colon = text.charCodeAt(at + 3) === 58 ? 1 : 0;
  if (text.length !== at + 5 + colon) return null;
  const hours = digits(text, at + 1, 2);
  const minutes = digits(text, at + 3 + colon, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return null;
  const offset = hours * HOUR_MS + minutes * MINUTE_MS;
  return sign === 45 ? -offset : offset;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && leap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/** Days from 1970-01-01 to a day of the Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
