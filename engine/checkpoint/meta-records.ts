/** What is stored of feeds, order groups, rules and streams: small records, each rewritten when it changed. */

import { type ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { Feed } from "../feed.ts";
import type { OrderGroup, Position } from "../order-group.ts";
import { LIMIT_NAMES, type RuleRunner } from "../rule-runner.ts";

const writer = new ByteWriter();

export function encodeFeed(feed: Feed): Uint8Array {
  writer.text(feed.stream.name);
  writer.text(feed.name);
  writer.double(feed.highestMs);
  writer.double(feed.highestFrac);
  writer.double(feed.brokerMs);
  writer.double(feed.lastSeq);
  writer.uint(feed.lastIndex);
  writer.byte((feed.idle ? 1 : 0) | (feed.ended ? 2 : 0));
  return writer.take();
}

/** Reads what follows the names of `encodeFeed`. */
export function restoreFeed(reader: ByteReader, feed: Feed): void {
  feed.highestMs = reader.double();
  feed.highestFrac = reader.double();
  feed.brokerMs = reader.double();
  feed.lastSeq = reader.double();
  feed.lastIndex = reader.uint();
  const flags = reader.byte();
  feed.idle = (flags & 1) !== 0;
  feed.ended = (flags & 2) !== 0;
  feed.changed = false;
}

export function encodeGroup(group: OrderGroup): Uint8Array {
  writer.text(group.streams.join("\n"));
  const { timeMs, timeFrac, place, feed } = group.frontier;
  writer.double(timeMs);
  writer.double(timeFrac);
  writer.double(place);
  writer.text(feed);
  writer.double(group.nowMs);
  writer.byte(group.last === null ? 0 : 1);
  if (group.last !== null) writePosition(group.last);
  return writer.take();
}

function writePosition(position: Position): void {
  writer.double(position.timeMs);
  writer.double(position.timeFrac);
  writer.double(position.place);
  writer.text(position.feed);
  writer.uint(position.seq);
  writer.uint(position.index);
}

/** Reads what follows the streams of `encodeGroup`. */
export function restoreGroup(reader: ByteReader, group: OrderGroup): void {
  const { frontier } = group;
  frontier.timeMs = reader.double();
  frontier.timeFrac = reader.double();
  frontier.place = reader.double();
  frontier.feed = reader.text();
  group.nowMs = reader.double();
  group.last = reader.byte() === 0 ? null : readPosition(reader);
  group.changed = false;
}

function readPosition(reader: ByteReader): Position {
  return {
    timeMs: reader.double(),
    timeFrac: reader.double(),
    place: reader.double(),
    feed: reader.text(),
    seq: reader.uint(),
    index: reader.uint(),
  };
}

/** A rule by name and version, with what its limits have still to tell. */
export function encodeRule(runner: RuleRunner): Uint8Array {
  writer.text(runner.storeName);
  writer.text(runner.rule.version);
  for (const { untold, minute } of runner.tallies()) {
    writer.uint(untold);
    writer.double(minute);
  }
  return writer.take();
}

/** Reads what follows the name and version of `encodeRule`. */
export function restoreTallies(reader: ByteReader, runner: RuleRunner): void {
  for (let i = 0; i < LIMIT_NAMES.length; i++) {
    const untold = reader.uint();
    runner.restoreTally(i, untold, reader.double());
  }
  runner.talliesChanged = false;
}

export function encodeStream(name: string, idFloorMs: number): Uint8Array {
  writer.text(name);
  writer.double(idFloorMs);
  return writer.take();
}
