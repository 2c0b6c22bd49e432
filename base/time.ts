/** Event times: integer milliseconds since 1970-01-01T00:00:00Z. Durations are milliseconds too. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;

/** Greatest time that the calendar can show (ECMA-262, 21.4.1.1). */
export const TIME_MAX_MS = 8.64e15;

/** RFC 3339 in UTC, with milliseconds only where they are not zero: `2023-07-10T12:24:49Z`. */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(".000Z", "Z");
}

const UNITS: readonly (readonly [string, number])[] = [
  ["w", WEEK_MS],
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
];

/** A duration as the language writes it: `1h30m`, `250ms`, `0s`. Takes whole milliseconds, at least 0. */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
}
