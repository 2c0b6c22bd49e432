/**
 * Evidence on shelves: the events that slots refer to, each stored once for all slots of a group's rules with windows
 * of about the same length, written once and deleted by time. No counts of references are kept.
 *
 * Invariants
 *  V1  A slot refers to an event on the shelf only if the event was no older than the rule's window when the slot was
 *      written; older ones are written into the slot itself. A slot lives no longer than a window after it was
 *      written. So what is two windows old, by the group's time, is referred to by none, and may go.
 *  V2  An event is put on a shelf once; on a restart it is read once, whatever refers to it.
 */

import { assert } from "../../base/assert.ts";
import { ByteReader, type ByteWriter } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import type { RulePlan, SequencePlan } from "../../dsl/plan.ts";
import type { StoreChange } from "../../state/store.ts";
import { FeedEvent } from "../feed-event.ts";
import type { FeedRegistry } from "../feed-registry.ts";
import type { OrderGroup } from "../order-group.ts";
import { encodeEvent, readEvent, writeEvent } from "./event-record.ts";
import { evidenceKey, SPACES, shelfKey } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";

const ON_SHELF = 0;
const INLINE = 1;

/** Most entries deleted of one shelf in one commit. */
const SLICE = 512;

export interface Shelf {
  /** Position in the list of shelves. */
  readonly id: number;
  readonly group: OrderGroup;
  readonly groupNumber: number;
  /** ceil(log2(window)). */
  readonly windowClass: number;
  /** The longest window of the rules that use it. */
  windowMs: number;
  /** What is older was deleted. */
  clearedMs: number;
}

export class Evidence {
  readonly #reader: StateReader;
  readonly #feeds: FeedRegistry;
  readonly #shelves: Shelf[] = [];
  readonly #puts: StoreChange[] = [];
  /** Events read back, by group, feed, position and time; only while restoring. */
  readonly #restored = new Map<string, FeedEvent>();

  constructor(reader: StateReader, feeds: FeedRegistry) {
    this.#reader = reader;
    this.#feeds = feeds;
  }

  /** The shelf for a rule of the group; null where the rule has no bound on the age of what it holds. */
  shelfFor(rule: RulePlan, group: OrderGroup, groupNumber: number): Shelf | null {
    const windowMs = retentionMs(rule);
    if (windowMs === null) return null;
    const windowClass = Math.ceil(Math.log2(Math.max(1, windowMs)));
    let shelf = this.#shelves.find((s) => s.group === group && s.windowClass === windowClass);
    if (shelf === undefined) {
      const id = this.#shelves.length;
      const clearedMs = Number.NEGATIVE_INFINITY;
      shelf = { id, group, groupNumber, windowClass, windowMs, clearedMs };
      this.#shelves.push(shelf);
    }
    shelf.windowMs = Math.max(shelf.windowMs, windowMs);
    return shelf;
  }

  /** Writes a slot's events: each as a place on the shelf, where it is put if it is not there, or in full. */
  writeAll(writer: ByteWriter, events: readonly EventRecord[], shelf: Shelf | null): void {
    const oldestMs = shelf === null ? 0 : shelf.group.frontier.timeMs - shelf.windowMs;
    writer.uint(events.length);
    for (const event of events) {
      assert(event instanceof FeedEvent, "matchers hold the engine's events");
      if (shelf === null || event.timeMs < oldestMs) {
        writer.byte(INLINE);
        writeEvent(writer, event);
        continue;
      }
      this.#put(event, shelf);
      writer.byte(ON_SHELF);
      writer.uint(event.source.number);
      writer.double(event.timeMs);
      writer.uint(event.seq);
      writer.uint(event.index);
    }
  }

  #put(event: FeedEvent, shelf: Shelf): void {
    if (event.shelves === null) event.shelves = [shelf.id];
    else if (event.shelves.includes(shelf.id)) return;
    else event.shelves.push(shelf.id);
    this.#puts.push({ space: SPACES.events, key: keyOf(event, shelf), value: encodeEvent(event) });
  }

  /** The inverse of `writeAll`. */
  readAll(reader: ByteReader, shelf: Shelf | null): readonly FeedEvent[] {
    const events: FeedEvent[] = [];
    for (let count = reader.uint(); count > 0; count--) {
      const event = this.#read(reader, shelf);
      assert(event !== null, "a rule of the plan holds events of streams of the plan");
      events.push(event);
    }
    return events;
  }

  #read(reader: ByteReader, shelf: Shelf | null): FeedEvent | null {
    if (reader.byte() === INLINE) return this.share(readEvent(reader, this.#feeds));
    const feed = reader.uint();
    const timeMs = reader.double();
    const seq = reader.uint();
    const index = reader.uint();
    assert(shelf !== null, "evidence on a shelf is of a rule with a window");
    const known = this.#restored.get(nameOf(feed, timeMs, seq, index));
    const event = known ?? this.#fetch(feed, timeMs, seq, index, shelf);
    if (event === null) return null;
    if (event.shelves === null) event.shelves = [shelf.id];
    else if (!event.shelves.includes(shelf.id)) event.shelves.push(shelf.id);
    return event;
  }

  #fetch(feed: number, timeMs: number, seq: number, index: number, shelf: Shelf): FeedEvent | null {
    const { groupNumber, windowClass } = shelf;
    const key = evidenceKey(groupNumber, windowClass, timeMs, feed, seq, index);
    const value = this.#reader.get(SPACES.events, key);
    assert(value !== null, "evidence is on its shelf for as long as a slot refers to it");
    return this.share(readEvent(new ByteReader(value), this.#feeds));
  }

  /** The one object for this event among all that are read back. */
  share(event: FeedEvent | null): FeedEvent | null {
    if (event === null) return null;
    const name = nameOf(event.source.number, event.timeMs, event.seq, event.index);
    const known = this.#restored.get(name);
    if (known !== undefined) return known;
    this.#restored.set(name, event);
    return event;
  }

  /** All slots are read: forgets what served to share their events. */
  restoreDone(): void {
    this.#restored.clear();
  }

  /** Events put on shelves since the last call, and a slice of those that are out of time. */
  takeChanges(): readonly StoreChange[] {
    const changes = this.#puts.splice(0);
    for (const shelf of this.#shelves) this.#clear(shelf, changes);
    return changes;
  }

  #clear(shelf: Shelf, changes: StoreChange[]): void {
    const { group, groupNumber, windowClass, windowMs } = shelf;
    const untilMs = group.frontier.timeMs - 2 * windowMs;
    if (!(untilMs - shelf.clearedMs > windowMs / 8)) return;
    const fromMs = Number.isFinite(shelf.clearedMs) ? shelf.clearedMs : FIRST_TIME_MS;
    const range = {
      from: shelfKey(groupNumber, windowClass, fromMs),
      to: shelfKey(groupNumber, windowClass, untilMs),
      limit: SLICE,
    };
    let count = 0;
    for (const { key } of this.#reader.scan(SPACES.events, range)) {
      changes.push({ space: SPACES.events, key, value: null });
      count++;
    }
    if (count < SLICE) shelf.clearedMs = untilMs;
  }
}

/** Before all times that the calendar has. */
const FIRST_TIME_MS = -8.64e15;

function keyOf(event: FeedEvent, shelf: Shelf): Uint8Array {
  const { timeMs, source, seq, index } = event;
  return evidenceKey(shelf.groupNumber, shelf.windowClass, timeMs, source.number, seq, index);
}

function nameOf(feed: number, timeMs: number, seq: number, index: number): string {
  return `${feed} ${timeMs} ${seq} ${index}`;
}

/**
 * How old the events can be that a rule holds, in ms of event time, or null where there is no bound: a match holds
 * them for `within`, and what waits at its end for an absence as long as that element allows.
 */
export function retentionMs(rule: RulePlan): number | null {
  const { body } = rule;
  if (body.kind === "match") return body.withinMs + longestWithin(body.sequence);
  if (body.kind === "window") {
    const { shape } = body;
    return shape.kind === "sliding" || shape.kind === "tumbling" ? shape.sizeMs : null;
  }
  return null;
}

function longestWithin(sequence: SequencePlan): number {
  let longest = 0;
  for (const { element } of sequence.items) {
    longest = Math.max(longest, element.withinMs ?? 0);
    if (element.kind === "group") longest = Math.max(longest, longestWithin(element.sequence));
    if (element.kind === "either") {
      for (const part of element.alternatives) longest = Math.max(longest, longestWithin(part));
    }
    if (element.kind === "all of") {
      for (const part of element.parts) longest = Math.max(longest, longestWithin(part));
    }
  }
  return longest;
}
