/** Functions of times and durations: milliseconds in, calendar out. Without a zone it is UTC. */

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TIME_MAX_MS } from "../../base/time.ts";
import type { Value } from "../../base/value.ts";
import { type Calendar, parseTime, zoned } from "../../dsl/zone.ts";
import { finite, floatOf } from "./arithmetic.ts";
import { ofNumber, type ValueFunction } from "./function.ts";

export const CALENDAR_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<
  string,
  ValueFunction
>([
  ["hour", inZone(utcHour, (calendar) => calendar.hour)],
  ["day_of_week", inZone(utcDayOfWeek, (calendar) => calendar.dayOfWeek)],
  ["date", inZone(utcDate, (calendar) => calendar.date)],
  ["hours", ofNumber((durationMs) => durationMs / HOUR_MS)],
  ["minutes", ofNumber((durationMs) => durationMs / MINUTE_MS)],
  ["seconds", ofNumber((durationMs) => durationMs / SECOND_MS)],
  ["parse_time", parse],
]);

/** UTC is plain arithmetic, a hundred times faster than the calendar of a zone. */
function inZone(
  utc: (timeMs: number) => Value,
  other: (calendar: Calendar) => Value,
): ValueFunction {
  return (time: Value, zone?: Value) => {
    const given = floatOf(time);
    if (given === null || Math.abs(given) > TIME_MAX_MS) return null;
    const timeMs = Math.floor(given);
    if (zone === undefined || zone === "UTC") return utc(timeMs);
    if (typeof zone !== "string") return null;
    const calendar = zoned(timeMs, zone);
    return calendar === null ? null : other(calendar);
  };
}

function utcHour(timeMs: number): Value {
  return Math.floor((timeMs - Math.floor(timeMs / DAY_MS) * DAY_MS) / HOUR_MS);
}

/** 1970-01-01 was a Thursday. */
function utcDayOfWeek(timeMs: number): Value {
  const days = Math.floor(timeMs / DAY_MS) + 3;
  return days - Math.floor(days / 7) * 7 + 1;
}

function utcDate(timeMs: number): Value {
  const text = new Date(timeMs).toISOString();
  return text.slice(0, text.indexOf("T"));
}

function parse(text: Value, format?: Value, zone?: Value): Value {
  if (typeof text !== "string") return null;
  if (format !== undefined && typeof format !== "string") return null;
  if (zone !== undefined && typeof zone !== "string") return null;
  const timeMs = parseTime(text, format ?? null, zone ?? null);
  return timeMs === null ? null : finite(timeMs);
}
