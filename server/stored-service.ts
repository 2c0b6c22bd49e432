/**
 * What the service itself keeps in the store, beside the engine's state and the outbox: where each feed stands and what
 * it was, and how the alert stream belongs to the outbox. Written in the same transaction as the state.
 *
 * Space "service": key "alerts" (one record), key "feed/<JetStream stream>" (one each). Both begin with u8 version.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Store, StoreChange } from "../state/store.ts";

const SPACE = "service";
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

export function readStoredAlerts(store: Pick<Store, "get">): StoredAlerts | null {
  const bytes = store.get(SPACE, ALERTS_KEY);
  if (bytes === null) return null;
  const reader = readerOf(bytes);
  // The base may be negative: an alert stream that was made anew begins again at 1.
  return { created: reader.text(), base: reader.double(), next: reader.uint() };
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

export function alertsChange(alerts: StoredAlerts): StoreChange {
  writer.byte(FORMAT);
  writer.text(alerts.created);
  writer.double(alerts.base);
  writer.uint(alerts.next);
  return { space: SPACE, key: ALERTS_KEY, value: writer.take() };
}

function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader(bytes);
  const format = reader.byte();
  if (format === FORMAT) return reader;
  throw new Error(`the service's records have format ${format}, this version reads ${FORMAT}`);
}
