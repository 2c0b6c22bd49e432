/** A key that an `expect` awaits, in memory and as bytes. */

import { ByteReader, ByteWriter, RecordError } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import { MAX_JSON_DEPTH, parseJson, stringifyJson } from "../../base/json.ts";
import type { Value } from "../../base/value.ts";
import type { StatePart } from "../matcher.ts";

export interface Awaited {
  readonly key: string;
  readonly values: readonly Value[];
  /** When it began to be awaited: counts until its first event. */
  readonly sinceMs: number;
  /** Is it a key of the table? */
  listed: boolean;
  last: EventRecord | null;
  missing: boolean;
  /** The deadline for which a timer was asked for; Infinity: none. */
  armedMs: number;
}

const LISTED = 1;
const MISSING = 2;

const writer = new ByteWriter();

export function encodeAwaited(state: Awaited): Omit<StatePart, "part"> {
  writer.text(stringifyJson(state.values));
  writer.double(state.sinceMs);
  writer.byte((state.listed ? LISTED : 0) | (state.missing ? MISSING : 0));
  return { bytes: writer.take(), events: state.last === null ? [] : [state.last] };
}

export function decodeAwaited(key: string, { bytes, events }: StatePart): Awaited {
  const reader = new ByteReader(bytes);
  const values = parseJson(reader.text(), MAX_JSON_DEPTH * 32);
  if ("error" in values || !Array.isArray(values.value))
    throw new RecordError("a key's values are not a list");
  const sinceMs = reader.double();
  const flags = reader.byte();
  return {
    key,
    values: values.value as readonly Value[],
    sinceMs,
    listed: (flags & LISTED) !== 0,
    last: events[0] ?? null,
    missing: (flags & MISSING) !== 0,
    armedMs: Number.POSITIVE_INFINITY,
  };
}
