/**
 * A line of input as the events that it holds: one object, several as a JSON array, or several objects one after the
 * other. The events of a line share its position and differ by their index.
 */

import { parseJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";

export type RecordLine =
  | { readonly kind: "values"; readonly values: readonly Value[] }
  /** `reason` is a clause: "not JSON: …", "nested deeper than 32". */
  | { readonly kind: "unreadable"; readonly reason: string };

/** An array and an envelope around the event add to the depth that an event may have itself. */
const EXTRA_DEPTH = 2;

/** Reads a line; one of white space only holds no events. O(length), for several objects in a row too. */
export function readRecordLine(line: string, eventDepth: number): RecordLine {
  const depth = eventDepth + EXTRA_DEPTH;
  const parsed = parseJson(line, depth);
  if ("value" in parsed) return { kind: "values", values: eventsOf(parsed.value) };
  if (line.trim() === "") return { kind: "values", values: [] };
  const pieces = splitObjects(line);
  if (pieces === null) return { kind: "unreadable", reason: parsed.error };
  const values: Value[] = [];
  for (const piece of pieces) {
    const part = parseJson(piece, depth);
    if ("error" in part) return { kind: "unreadable", reason: part.error };
    values.push(part.value);
  }
  return { kind: "values", values };
}

/** The items of a list, or the value as the only one. */
export function eventsOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [value];
}

/** The texts of two or more objects with nothing but white space between them, or null where it is not that. */
function splitObjects(line: string): readonly string[] | null {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  let inText = false;
  for (let i = 0; i < line.length; i++) {
    const unit = line[i];
    if (inText) {
      if (unit === "\\") i++;
      else if (unit === '"') inText = false;
    } else if (unit === '"') inText = depth > 0;
    else if (unit === "{" && depth++ === 0) {
      if (line.slice(start, i).trim() !== "") return null;
      start = i;
    } else if (unit === "}" && --depth === 0) {
      pieces.push(line.slice(start, i + 1));
      start = i + 1;
    }
    if (depth < 0) return null;
  }
  return pieces.length > 1 && line.slice(start).trim() === "" ? pieces : null;
}
