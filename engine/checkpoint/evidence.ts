/**
 * Evidence on shelves: the events that slots refer to, each stored once for all slots of a group's rules with windows
 * of about the same length, written once and deleted by time. No counts of references are kept.
 *
 * Invariants
 *  V1  A slot refers to an event on the shelf only if the event was no older than the rule's window when the slot was
 *      written; older ones are written into the slot itself. A slot lives no longer than a window after it was
 *      written. So what is two windows old, by the group's time, is referred to by none, and may go.
 *  V2  An event is put on a shelf once; read back, it is one object for all slots that are restored at about the same
 *      time.
 *  V3  Nothing leaves a shelf while slots that refer to it are in the store only: time may be far ahead of those.
 *  V4  A shelf that no rule uses is cleared as a whole, in slices, unless a rule comes to use it.
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
import { evidenceKey, readShelf, SPACES, shelfKey } from "./keys.ts";
import type { StateReader } from "./state-reader.ts";

const ON_SHELF = 0;
const INLINE = 1;

/** Most events remembered to be shared between slots. */
const SHARED = 65_536;

/** Most entries deleted of one shelf in one commit; but twice as many as are put on shelves. */
const SLICE = 512;

/** A shelf as the store knows it. */
export interface StoredShelf {
  readonly groupNumber: number;
  /** ceil(log2(window)). */
  readonly windowClass: number;
}

export interface Shelf extends StoredShelf {
  /** Never given twice. */
  readonly id: number;
  readonly group: OrderGroup;
  /** The longest window of the rules that use it. */
  windowMs: number;
  /** What is older was deleted. */
  clearedMs: number;
  /** Rules that use it and whose slots are not all restored. */
  pending: number;
}

export class Evidence {
  readonly #reader: StateReader;
  readonly #feeds: FeedRegistry;
  #shelves: Shelf[] = [];
  #shelfCount = 0;
  /** Shelves that no rule uses. */
  #orphans: readonly StoredShelf[] = [];
  readonly #puts: StoreChange[] = [];
  /** Of events that were put on a shelf since the last call of `takeChanges`. */
  readonly #bytes = new Map<FeedEvent, Uint8Array>();
  /** Events read back of late, by feed, position and time; only while there are slots to restore. */
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
      const id = this.#shelfCount++;
      const clearedMs = Number.NEGATIVE_INFINITY;
      shelf = { id, group, groupNumber, windowClass, windowMs, clearedMs, pending: 0 };
      this.#shelves.push(shelf);
      this.#orphans = this.#orphans.filter((one) => !isStoredAs(one, groupNumber, windowClass));
    }
    shelf.windowMs = Math.max(shelf.windowMs, windowMs);
    return shelf;
  }

  /** Which shelves rules use, once all have asked for theirs. Others that were made or stored are cleared. */
  useOnly(used: ReadonlySet<Shelf | null>): void {
    const left = this.#shelves.filter((shelf) => !used.has(shelf));
    this.#shelves = this.#shelves.filter((shelf) => used.has(shelf));
    this.#orphans = [...this.#orphans, ...left].filter(({ groupNumber, windowClass }) =>
      this.#shelves.every((shelf) => !isStoredAs(shelf, groupNumber, windowClass)),
    );
  }

  /** Finds stored shelves that no rule uses, each with one look-up. */
  findOrphans(): void {
    const found: StoredShelf[] = [];
    let from = shelfKey(0, 0, FIRST_TIME_MS);
    for (;;) {
      const [first] = this.#reader.scan(SPACES.events, { from, limit: 1 });
      if (first === undefined) break;
      const shelf = readShelf(first.key);
      const { groupNumber, windowClass } = shelf;
      if (this.#shelves.every((one) => !isStoredAs(one, groupNumber, windowClass)))
        found.push(shelf);
      from = shelfKey(groupNumber, windowClass + 1, FIRST_TIME_MS);
    }
    this.#orphans = found;
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
    this.#puts.push({
      space: SPACES.events,
      key: keyOf(event, shelf),
      value: this.#encoded(event),
    });
  }

  /** An event that goes on several shelves is encoded once. */
  #encoded(event: FeedEvent): Uint8Array {
    const known = this.#bytes.get(event);
    if (known !== undefined) return known;
    const bytes = encodeEvent(event);
    this.#bytes.set(event, bytes);
    return bytes;
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
    if (this.#restored.size >= SHARED) this.#restored.clear();
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
    this.#bytes.clear();
    const slice = Math.max(SLICE, 2 * changes.length);
    for (const shelf of this.#shelves) this.#clear(shelf, slice, changes);
    this.#clearOrphan(changes);
    return changes;
  }

  #clearOrphan(changes: StoreChange[]): void {
    const [shelf] = this.#orphans;
    if (shelf === undefined) return;
    const { groupNumber, windowClass } = shelf;
    const range = {
      from: shelfKey(groupNumber, windowClass, FIRST_TIME_MS),
      to: shelfKey(groupNumber, windowClass + 1, FIRST_TIME_MS),
      limit: SLICE,
    };
    let count = 0;
    for (const { key } of this.#reader.scan(SPACES.events, range)) {
      changes.push({ space: SPACES.events, key, value: null });
      count++;
    }
    if (count < SLICE) this.#orphans = this.#orphans.slice(1);
  }

  #clear(shelf: Shelf, slice: number, changes: StoreChange[]): void {
    if (shelf.pending > 0) return;
    const { group, groupNumber, windowClass, windowMs } = shelf;
    const untilMs = group.frontier.timeMs - 2 * windowMs;
    if (!(untilMs - shelf.clearedMs > windowMs / 8)) return;
    const fromMs = Number.isFinite(shelf.clearedMs) ? shelf.clearedMs : FIRST_TIME_MS;
    const range = {
      from: shelfKey(groupNumber, windowClass, fromMs),
      to: shelfKey(groupNumber, windowClass, untilMs),
      limit: slice,
    };
    let count = 0;
    for (const { key } of this.#reader.scan(SPACES.events, range)) {
      changes.push({ space: SPACES.events, key, value: null });
      count++;
    }
    if (count < slice) shelf.clearedMs = untilMs;
  }
}

function isStoredAs(shelf: StoredShelf, groupNumber: number, windowClass: number): boolean {
  return shelf.groupNumber === groupNumber && shelf.windowClass === windowClass;
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
