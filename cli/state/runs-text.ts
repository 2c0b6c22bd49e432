/** What a rule holds for one key, as people read it and as JSON. */

import { stringifyJson } from "../../base/json.ts";
import { formatTime } from "../../base/time.ts";
import { scalar } from "../replay/alert-text.ts";
import type { StateContents, StoredKey } from "./state-contents.ts";
import type { StoredRun } from "./stored-runs.ts";

type ShownKey = StateContents["keys"][number];

/** One line; with the partial matches, their steps and events. */
export function keyJson({ rule, key, parts, bytes, runs, ...held }: ShownKey): string {
  const time = (ms: number | null): string | null => (ms === null ? null : formatTime(ms));
  return stringifyJson({
    rule,
    key: [...key],
    parts,
    bytes,
    events: held.events,
    first: time(held.firstMs),
    last: time(held.lastMs),
    runs:
      runs === null
        ? null
        : runs.map(({ events, ...run }) => ({ ...run, events: events.map((one) => ({ ...one })) })),
  });
}

/** The key in a line, and below it each partial match with its events. */
export function keyLines(shown: ShownKey): readonly string[] {
  const { rule, key, bytes, runs } = shown;
  const name = key.length === 0 ? "(all)" : key.map(scalar).join(", ");
  const head = `${rule}  ${name}  ${bytes} bytes`;
  if (runs === null) return [head, ...eventLines(shown)];
  return [head, ...runs.flatMap(runLines)];
}

function eventLines({ events, firstMs, lastMs }: StoredKey): readonly string[] {
  if (firstMs === null || lastMs === null) return [];
  const many = events === 1 ? "1 event" : `${events} events`;
  return [`  ${many}, from ${formatTime(firstMs)} to ${formatTime(lastMs)}`];
}

function runLines({ reached, awaits, since, until, events }: StoredRun): readonly string[] {
  const bound = until === null ? "" : ` until ${until}`;
  const waits = awaits === null ? `complete, waits${bound}` : `awaits ${awaits}${bound}`;
  const width = Math.max(...events.map(({ step }) => step.length));
  return [
    `  reached ${reached}, ${waits}; since ${since}`,
    ...events.map(
      ({ step, time, stream, feed, seq }) =>
        `    ${step.padEnd(width)}  ${time}  ${stream}  ${feed} ${seq}`,
    ),
  ];
}
