/**
 * What a message holds: one JSON value, several in a JSON array, or several as lines (NDJSON). A line or message that
 * is no JSON is a fault of its own, which the others do not suffer from.
 *
 * An event's index is its place in the array, or among the lines that are not blank.
 */

import { parseJson, stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";

export type Decoded =
  /** `bytes`: size of the event's JSON text. */
  | { readonly kind: "event"; readonly data: Value; readonly bytes: number }
  | { readonly kind: "fault"; readonly tooDeep: boolean; readonly text: string };

/** Nesting of a single event. */
const MAX_DEPTH = 32;

const decoder = new TextDecoder();

/** The events of a message in the order of their indexes. `eventBytes`: the limit beyond which sizes matter. */
export function decodeMessage(payload: Uint8Array, eventBytes: number): readonly Decoded[] {
  const text = decoder.decode(payload);
  if (hasLines(text)) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const decoded = lines.map((line) =>
      decodeOne(line, line.length > eventBytes / 3 ? byteLength(line) : line.length),
    );
    // Where no line is JSON, the message is one broken value and not many.
    if (decoded.some(({ kind }) => kind === "event")) return decoded;
  }
  // A list of events is one level deeper than its events.
  const parsed = parseJson(text, MAX_DEPTH + 1);
  if ("error" in parsed) return [faultOf(text, parsed.error)];
  if (!Array.isArray(parsed.value))
    return [{ kind: "event", data: parsed.value, bytes: payload.length }];
  const small = payload.length <= eventBytes;
  return parsed.value.map((data: Value) => ({
    kind: "event",
    data,
    bytes: small ? 0 : byteLength(stringifyJson(data)),
  }));
}

/** Two values on two lines, or something that is none: a value that fills several lines has neither. */
function hasLines(text: string): boolean {
  const end = text.indexOf("\n");
  if (end < 0) return false;
  return /^\s*[{[].*[}\]]\s*$/.test(text.slice(0, end)) || /[}\]]\s*\n\s*[{[]/.test(text);
}

function decodeOne(line: string, bytes: number): Decoded {
  const parsed = parseJson(line, MAX_DEPTH);
  return "error" in parsed
    ? faultOf(line, parsed.error)
    : { kind: "event", data: parsed.value, bytes };
}

function faultOf(text: string, error: string): Decoded {
  return { kind: "fault", tooDeep: error.startsWith("nested"), text };
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
