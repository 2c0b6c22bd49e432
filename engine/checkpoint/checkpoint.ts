/**
 * The engine's state in a store: what changed since the last commit, and how a new engine goes on from it. Each space
 * is written by change, so a commit costs what the batch touched (see keys.ts for the spaces).
 *
 * Invariants
 *  C1  An engine made from the store after a commit decides the same as the one that wrote it, whatever comes.
 *  C2  State of a rule is kept under its name and version: of another version it is dropped, and counted.
 *  C3  Numbers of feeds, groups, rules and streams are never given twice.
 */

import { ByteWriter } from "../../base/bytes.ts";
import type { StoreChange } from "../../state/store.ts";
import type { EngineParts } from "../assembly.ts";
import type { OrderGroup } from "../order-group.ts";
import { DroppedRules } from "./dropped-rules.ts";
import { encodeEvent } from "./event-record.ts";
import { Evidence } from "./evidence.ts";
import { isLong, metaKey, SPACES, slotKey, textKey, waitingKey } from "./keys.ts";
import { encodeFeed, encodeGroup, encodeRule, encodeStream } from "./meta-records.ts";
import { Restorer, type RuleSpace } from "./restorer.ts";
import { SCHEMA } from "./schema.ts";
import type { StateReader } from "./state-reader.ts";

const writer = new ByteWriter();

export class Checkpoint {
  readonly #parts: EngineParts;
  readonly #evidence: Evidence;
  readonly #rules: readonly RuleSpace[];
  readonly #groupNumbers: ReadonlyMap<OrderGroup, number>;
  /** Numbers of streams, by place; those with identities to remember. */
  readonly #streamNumbers: ReadonlyMap<number, number>;
  readonly #storedFloors = new Map<number, number>();
  readonly #dropped: DroppedRules;
  #schemaStored: boolean;

  constructor(parts: EngineParts, reader: StateReader) {
    this.#parts = parts;
    this.#evidence = new Evidence(reader, parts.feeds);
    const restored = new Restorer(parts, reader, this.#evidence).restore();
    this.#rules = restored.rules;
    this.#groupNumbers = restored.groupNumbers;
    this.#streamNumbers = restored.streamNumbers;
    this.#schemaStored = restored.found;
    this.#dropped = new DroppedRules(reader, restored.dropped);
  }

  /** Names of rules whose stored state was dropped at the start. */
  get droppedRules(): readonly string[] {
    return this.#dropped.names;
  }

  /** Changes since the last call, sorted by space and key. */
  takeChanges(): readonly StoreChange[] {
    const changes: StoreChange[] = [];
    if (!this.#schemaStored) {
      this.#schemaStored = true;
      writer.uint(SCHEMA);
      changes.push({ space: SPACES.meta, key: metaKey("schema", 0), value: writer.take() });
    }
    for (const rule of this.#rules) this.#takeRule(rule, changes);
    this.#takeMeta(changes);
    this.#takeWaiting(changes);
    this.#takeIds(changes);
    changes.push(...this.#evidence.takeChanges(), ...this.#dropped.takeChanges());
    return changes.sort(compareChanges);
  }

  #takeRule(rule: RuleSpace, changes: StoreChange[]): void {
    const { runner, number, shelf, group } = rule;
    for (const key of runner.matcher.takeChanged()) {
      for (const change of runner.matcher.encode(key)) {
        let value: Uint8Array | null = null;
        if (change.bytes !== null) {
          writeText(key);
          writer.uint(change.bytes.length);
          writer.raw(change.bytes);
          this.#evidence.writeAll(writer, change.events, shelf);
          value = writer.take();
        }
        changes.push({ space: SPACES.slots, key: slotKey(number, key, change.part), value });
      }
    }
    runner.once?.expire(group.nowMs);
    for (const { values, entry } of runner.once?.takeChanged() ?? []) {
      let value: Uint8Array | null = null;
      if (entry !== null) {
        writeText(values);
        writer.double(entry.passedMs);
        writer.uint(entry.withheld);
        value = writer.take();
      }
      changes.push({ space: SPACES.once, key: textKey(number, values), value });
    }
    if (rule.recorded && !runner.talliesChanged) return;
    rule.recorded = true;
    runner.talliesChanged = false;
    changes.push({ space: SPACES.meta, key: metaKey("rule", number), value: encodeRule(runner) });
  }

  #takeMeta(changes: StoreChange[]): void {
    for (const feed of this.#parts.feeds.feeds()) {
      if (!feed.changed) continue;
      feed.changed = false;
      changes.push({
        space: SPACES.meta,
        key: metaKey("feed", feed.number),
        value: encodeFeed(feed),
      });
    }
    for (const [group, number] of this.#groupNumbers) {
      if (!group.changed) continue;
      group.changed = false;
      changes.push({
        space: SPACES.meta,
        key: metaKey("group", number),
        value: encodeGroup(group),
      });
    }
  }

  #takeWaiting(changes: StoreChange[]): void {
    const { added, removed } = this.#parts.holds.takeChanges();
    for (const event of added) {
      const key = waitingKey(event.source.number, event.seq, event.index);
      changes.push({ space: SPACES.waiting, key, value: encodeEvent(event) });
    }
    for (const event of removed) {
      const key = waitingKey(event.source.number, event.seq, event.index);
      changes.push({ space: SPACES.waiting, key, value: null });
    }
  }

  #takeIds(changes: StoreChange[]): void {
    for (const [place, number] of this.#streamNumbers) {
      const lane = this.#parts.lanes[place];
      if (lane === undefined || lane.seen === null) continue;
      for (const { id, timeMs } of lane.seen.takeChanged()) {
        let value: Uint8Array | null = null;
        if (timeMs !== null) {
          writeText(id);
          writer.double(timeMs);
          value = writer.take();
        }
        changes.push({ space: SPACES.ids, key: textKey(number, id), value });
      }
      const { floorMs } = lane.seen;
      if (this.#storedFloors.get(place) === floorMs) continue;
      this.#storedFloors.set(place, floorMs);
      const value = encodeStream(lane.plan.name, floorMs);
      changes.push({ space: SPACES.meta, key: metaKey("stream", number), value });
    }
  }
}

/** The text of a key stands in its value only where the key could not hold it. */
function writeText(text: string): void {
  if (isLong(text)) writer.text(text);
}

export function compareChanges(a: StoreChange, b: StoreChange): number {
  if (a.space !== b.space) return a.space < b.space ? -1 : 1;
  return compareBytes(a.key, b.key);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
