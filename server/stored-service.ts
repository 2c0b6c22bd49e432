/**
 * What the service itself keeps in the store, beside the engine's state and the outbox: where each feed stands and what
 * it was, and how the alert stream belongs to the outbox. Written in the same transaction as the state.
 *
 * Space "service": key "alerts" (one record), key "feed/<JetStream stream>" (one each), key "tick" (at times). All begin
 * with u8 version.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Store, StoreChange } from "../state/store.ts";

export const SERVICE_SPACE = "service";
const SPACE = SERVICE_SPACE;
const FORMAT = 1;

/** Where a feed stands. */
export interface StoredFeed {
  /** The JetStream stream. */
  readonly name: string;
  /** When the stream was created, as the server tells it: its identity. */
  readonly created: string;
  /** Sequence of the last message whose effects are committed; 0: none. */
  readonly position: number;
  /** When the broker stored that message, in whole milliseconds, and the checksum of its payload; both 0: none. */
  readonly storedMs: number;
  readonly checksum: number;
}

/** How the alert stream belongs to the outbox: record n has the sequence base + n. */
export interface StoredAlerts {
  /** Its name; "" where an early version wrote the record. */
  readonly stream: string;
  /** When the alert stream was created: its identity. */
  readonly created: string;
  readonly base: number;
  /** Number of the next record. */
  readonly next: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const writer = new ByteWriter();
const ALERTS_KEY = encoder.encode("alerts");
const FEED_PREFIX = "feed/";
const TICK_KEY = encoder.encode("tick");

export function readStoredAlerts(store: Pick<Store, "get">): StoredAlerts | null {
  const bytes = store.get(SPACE, ALERTS_KEY);
  if (bytes === null) return null;
  const reader = readerOf(bytes);
  // The base may be negative: an alert stream that was made anew begins again at 1.
  const created = reader.text();
  const base = reader.double();
  const next = reader.uint();
  return { stream: reader.done ? "" : reader.text(), created, base, next };
}

/** The feeds in the order of their names. */
export function readStoredFeeds(store: Pick<Store, "scan">): StoredFeed[] {
  const feeds: StoredFeed[] = [];
  const range = { from: encoder.encode(FEED_PREFIX), to: encoder.encode("feed0") };
  for (const { key, value } of store.scan(SPACE, range)) {
    const reader = readerOf(value);
    feeds.push({
      name: decoder.decode(key).slice(FEED_PREFIX.length),
      created: reader.text(),
      position: reader.uint(),
      storedMs: reader.double(),
      checksum: reader.uint32(),
    });
  }
  return feeds;
}

export function feedChange(feed: StoredFeed): StoreChange {
  writer.byte(FORMAT);
  writer.text(feed.created);
  writer.uint(feed.position);
  writer.double(feed.storedMs);
  writer.uint32(feed.checksum);
  return { space: SPACE, key: encoder.encode(FEED_PREFIX + feed.name), value: writer.take() };
}

/** The feed is read no more. */
export function feedRemoval(name: string): StoreChange {
  return { space: SPACE, key: encoder.encode(FEED_PREFIX + name), value: null };
}

export function alertsChange(alerts: StoredAlerts): StoreChange {
  writer.byte(FORMAT);
  writer.text(alerts.created);
  writer.double(alerts.base);
  writer.uint(alerts.next);
  writer.text(alerts.stream);
  return { space: SPACE, key: ALERTS_KEY, value: writer.take() };
}

/** The wall clock that the state has reached in silence and that no record tells yet (T-4); null: there is none. */
export function readSilentTick(store: Pick<Store, "get">): number | null {
  const bytes = store.get(SPACE, TICK_KEY);
  return bytes === null ? null : readerOf(bytes).double();
}

export function silentTickChange(timeMs: number | null): StoreChange {
  if (timeMs === null) return { space: SPACE, key: TICK_KEY, value: null };
  writer.byte(FORMAT);
  writer.double(timeMs);
  return { space: SPACE, key: TICK_KEY, value: writer.take() };
}

function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const format = reader.byte();
  if (format === FORMAT) return reader;
  throw new Error(`the service's records have format ${format}, this version reads ${FORMAT}`);
}
