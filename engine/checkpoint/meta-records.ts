/** What is stored of feeds, order groups, rules and streams: small records, each rewritten when it changed. */

import { type ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { Feed } from "../feed.ts";
import type { OrderGroup } from "../order-group.ts";
import type { Position } from "../place-order.ts";
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

/** Told from what `encodeGone` writes. */
const HERE = "g";

export function encodeGroup(group: OrderGroup): Uint8Array {
  writer.text(group.name);
  writer.text(HERE);
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

/** Reads what follows the name of `encodeGroup`. */
export function restoreGroup(reader: ByteReader, group: OrderGroup): void {
  if (reader.text() !== HERE) return;
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

const HIDDEN = 1;
const DRAINING = 2;

/** What a rule's record says of which version it is. */
export interface RuleRecord {
  /** "": its state is being deleted. */
  readonly name: string;
  readonly version: string;
  /** Name of its order group. */
  readonly group: string;
  readonly hidden: boolean;
  /** Of a version that drains: the rule's name today, and the rule's time when it began to. */
  readonly draining: { readonly line: string; readonly sinceMs: number } | null;
  /** Stands for the memory of its `once`. */
  readonly onceNumber: number;
}

/** A rule by name and version, whether it drains, and what its limits have still to tell. */
export function encodeRule(runner: RuleRunner, group: string, onceNumber: number): Uint8Array {
  const { rule, hidden, drainedMs, line } = runner;
  writer.text(rule.name);
  writer.text(rule.version);
  writer.text(group);
  writer.byte((hidden ? HIDDEN : 0) | (drainedMs === null ? 0 : DRAINING));
  if (drainedMs !== null) {
    writer.text(line);
    writer.double(drainedMs);
  }
  writer.uint(onceNumber);
  for (const { untold, minute } of runner.tallies()) {
    writer.uint(untold);
    writer.double(minute);
  }
  return writer.take();
}

/** Reads what comes before the tallies. */
export function readRule(reader: ByteReader): RuleRecord | null {
  const name = reader.text();
  if (name === "") return null;
  const version = reader.text();
  const group = reader.text();
  const flags = reader.byte();
  const draining =
    (flags & DRAINING) === 0 ? null : { line: reader.text(), sinceMs: reader.double() };
  return {
    name,
    version,
    group,
    hidden: (flags & HIDDEN) !== 0,
    draining,
    onceNumber: reader.uint(),
  };
}

/** Reads what follows `readRule`. */
export function restoreTallies(reader: ByteReader, runner: RuleRunner): void {
  for (let i = 0; i < LIMIT_NAMES.length; i++) {
    const untold = reader.uint();
    runner.restoreTally(i, untold, reader.double());
  }
  runner.recordChanged = false;
}

/** A group that has no rules any more, or a feed whose stream is gone: the number stays its own. */
export function encodeGone(name: string): Uint8Array {
  writer.text(name);
  writer.text("");
  return writer.take();
}

export function encodeStream(name: string, idFloorMs: number): Uint8Array {
  writer.text(name);
  writer.double(idFloorMs);
  return writer.take();
}

/** How many starts are open, by the number of the rule: limits count them before they are read. */
export function encodeOpenStarts(open: ReadonlyMap<number, number>): Uint8Array {
  writer.uint(open.size);
  for (const [rule, starts] of open) {
    writer.uint(rule);
    writer.uint(starts);
  }
  return writer.take();
}

/** The inverse of `encodeOpenStarts`. */
export function decodeOpenStarts(reader: ByteReader): Map<number, number> {
  const open = new Map<number, number>();
  for (let count = reader.uint(); count > 0; count--) {
    const rule = reader.uint();
    open.set(rule, reader.uint());
  }
  return open;
}
