/** An event as bytes, and back. Its stream goes by the number of its feed. */

import { type ByteReader, ByteWriter, RecordError } from "../../base/bytes.ts";
import { MAX_JSON_DEPTH, parseJson, stringifyJson } from "../../base/json.ts";
import { isObject } from "../../base/value.ts";
import { FeedEvent } from "../feed-event.ts";
import type { FeedRegistry } from "../feed-registry.ts";

export function writeEvent(writer: ByteWriter, event: FeedEvent): void {
  writer.uint(event.source.number);
  writer.double(event.timeMs);
  writer.double(event.timeFrac);
  writer.uint(event.seq);
  writer.uint(event.index);
  writer.byte(event.givenId === null ? 0 : 1);
  if (event.givenId !== null) writer.text(event.givenId);
  writer.text(stringifyJson(event.data));
}

const eventWriter = new ByteWriter();

export function encodeEvent(event: FeedEvent): Uint8Array {
  writeEvent(eventWriter, event);
  return eventWriter.take();
}

/** The inverse of `writeEvent`; null where the event's stream is no longer in the plan. */
export function readEvent(reader: ByteReader, feeds: FeedRegistry): FeedEvent | null {
  const feed = feeds.byNumber(reader.uint());
  const timeMs = reader.double();
  const timeFrac = reader.double();
  const seq = reader.uint();
  const index = reader.uint();
  const givenId = reader.byte() === 0 ? null : reader.text();
  // The depth was within the limit of some configuration once; a greater one than today's is still readable.
  const data = parseJson(reader.text(), MAX_JSON_DEPTH * 32);
  if ("error" in data || !isObject(data.value))
    throw new RecordError("an event's data is no object");
  return feed === undefined
    ? null
    : new FeedEvent(feed, seq, index, timeMs, timeFrac, givenId, data.value);
}
