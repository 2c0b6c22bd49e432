/**
 * Puts the stored state back into a new engine: numbers and records first, then what slots refer to, then what waits.
 */

import { ByteReader, RecordError } from "../../base/bytes.ts";
import type { StreamPlan } from "../../dsl/plan.ts";
import type { StatePart } from "../../nfa/matcher.ts";
import type { EngineParts } from "../assembly.ts";
import type { OnceEntry } from "../once.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { SeenIds } from "../seen-ids.ts";
import type { DroppedRule } from "./dropped-rules.ts";
import { readEvent } from "./event-record.ts";
import type { Evidence, Shelf } from "./evidence.ts";
import { META_KINDS, type MetaKind, metaKey, ownerRange, SPACES } from "./keys.ts";
import { restoreFeed, restoreGroup, restoreTallies } from "./meta-records.ts";
import { SCHEMA } from "./schema.ts";
import type { StateReader } from "./state-reader.ts";

/** The store was written by another version of the engine. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  readonly code = "schema";
}

/** A rule's place in the store. */
export interface RuleSpace {
  readonly runner: RuleRunner;
  readonly group: OrderGroup;
  readonly number: number;
  readonly shelf: Shelf | null;
  /** Is the rule's own record stored? */
  recorded: boolean;
}

export interface Restored {
  /** Was there anything in the store? */
  readonly found: boolean;
  readonly rules: readonly RuleSpace[];
  readonly groupNumbers: ReadonlyMap<OrderGroup, number>;
  readonly streamNumbers: ReadonlyMap<number, number>;
  readonly dropped: readonly DroppedRule[];
}

/** Records of one kind in the meta space. */
interface MetaRecord {
  readonly number: number;
  readonly reader: ByteReader;
}

export class Restorer {
  readonly #parts: EngineParts;
  readonly #store: StateReader;
  readonly #evidence: Evidence;

  constructor(parts: EngineParts, store: StateReader, evidence: Evidence) {
    this.#parts = parts;
    this.#store = store;
    this.#evidence = evidence;
  }

  restore(): Restored {
    const found = this.#checkSchema();
    this.#restoreFeeds();
    const groupNumbers = this.#restoreGroups();
    const { rules, dropped } = this.#restoreRules(groupNumbers);
    for (const rule of rules) {
      this.#restoreSlots(rule);
      this.#restoreOnce(rule);
    }
    const streamNumbers = this.#restoreStreams();
    this.#restoreWaiting();
    this.#evidence.restoreDone();
    return { found, rules, groupNumbers, streamNumbers, dropped };
  }

  /** Is there a state? */
  #checkSchema(): boolean {
    const value = this.#store.get(SPACES.meta, metaKey("schema", 0));
    if (value === null) return false;
    const schema = new ByteReader(value).uint();
    if (schema === SCHEMA) return true;
    throw new CheckpointError(
      `the state is of schema ${schema}, and this engine reads schema ${SCHEMA} only`,
    );
  }

  *#records(kind: MetaKind): Iterable<MetaRecord> {
    const from = metaKey(kind, 0);
    const to = new Uint8Array([META_KINDS[kind] + 1]);
    for (const { key, value } of this.#store.scan(SPACES.meta, { from, to })) {
      yield { number: readUint32(key, 1), reader: new ByteReader(value) };
    }
  }

  #streamNamed(name: string): StreamPlan | undefined {
    const { plan, alertStreams } = this.#parts;
    return [...plan.streams, ...alertStreams].find((stream) => stream.name === name);
  }

  #restoreFeeds(): void {
    for (const { number, reader } of this.#records("feed")) {
      const stream = this.#streamNamed(reader.text());
      const name = reader.text();
      if (stream === undefined) this.#parts.feeds.reserve(number);
      else restoreFeed(reader, this.#parts.feeds.add(stream, name, number));
    }
  }

  #restoreGroups(): ReadonlyMap<OrderGroup, number> {
    const numbers = new Map<OrderGroup, number>();
    let next = 0;
    for (const { number, reader } of this.#records("group")) {
      const streams = reader.text();
      next = number + 1;
      const group = this.#parts.groups.find((g) => g.streams.join("\n") === streams);
      if (group === undefined) continue;
      numbers.set(group, number);
      restoreGroup(reader, group);
    }
    for (const group of this.#parts.groups) if (!numbers.has(group)) numbers.set(group, next++);
    return numbers;
  }

  #restoreRules(groupNumbers: ReadonlyMap<OrderGroup, number>): {
    readonly rules: readonly RuleSpace[];
    readonly dropped: readonly DroppedRule[];
  } {
    const known = new Map<RuleRunner, number>();
    const dropped: DroppedRule[] = [];
    let next = 0;
    for (const { number, reader } of this.#records("rule")) {
      const name = reader.text();
      const version = reader.text();
      next = number + 1;
      const runner = this.#runnerOf(name, version);
      if (runner === undefined) dropped.push({ number, name });
      else {
        known.set(runner, number);
        restoreTallies(reader, runner);
      }
    }
    const rules: RuleSpace[] = [];
    for (const group of this.#parts.groups) {
      for (const runner of group.runners) {
        const shelf = this.#evidence.shelfFor(runner.rule, group, groupNumbers.get(group) ?? 0);
        const number = known.get(runner);
        const recorded = number !== undefined;
        rules.push({ runner, group, number: number ?? next++, shelf, recorded });
      }
    }
    return { rules, dropped };
  }

  #runnerOf(name: string, version: string): RuleRunner | undefined {
    for (const group of this.#parts.groups) {
      for (const runner of group.runners) {
        if (runner.storeName === name && runner.rule.version === version) return runner;
      }
    }
    return undefined;
  }

  #restoreSlots({ runner, number, shelf }: RuleSpace): void {
    // The parts of a key stand side by side, for the key of part 0 begins those of the others.
    let parts: StatePart[] = [];
    let last = "";
    const finish = (): void => {
      if (parts.length > 0) runner.matcher.restore(last, parts);
      parts = [];
    };
    for (const { key, value } of this.#store.scan(SPACES.slots, ownerRange(number))) {
      const reader = new ByteReader(value);
      const { text, part } = readSlotKey(key, reader);
      const bytes = reader.raw(reader.uint());
      const events = this.#evidence.readAll(reader, shelf);
      if (part === 0 || text !== last) finish();
      last = text;
      parts.push({ part, bytes, events });
    }
    finish();
  }

  #restoreOnce({ runner, number }: RuleSpace): void {
    const { once } = runner;
    if (once === null) return;
    const entries: { readonly values: string; readonly entry: OnceEntry }[] = [];
    for (const { key, value } of this.#store.scan(SPACES.once, ownerRange(number))) {
      const reader = new ByteReader(value);
      const values = readText(key, reader);
      const passedMs = reader.double();
      entries.push({ values, entry: { passedMs, withheld: reader.uint() } });
    }
    entries.sort((a, b) => a.entry.passedMs - b.entry.passedMs);
    for (const { values, entry } of entries) once.restore(values, entry);
  }

  #restoreStreams(): ReadonlyMap<number, number> {
    const numbers = new Map<number, number>();
    let next = 0;
    for (const { number, reader } of this.#records("stream")) {
      next = number + 1;
      const place = this.#streamNamed(reader.text())?.place;
      const seen = place === undefined ? null : (this.#parts.lanes[place]?.seen ?? null);
      if (place === undefined || seen === null) continue;
      numbers.set(place, number);
      seen.restoreFloor(reader.double());
      this.#restoreIds(seen, number);
    }
    for (const lane of this.#parts.lanes) {
      if (lane === undefined || lane.seen === null || numbers.has(lane.plan.place)) continue;
      numbers.set(lane.plan.place, next++);
    }
    return numbers;
  }

  #restoreIds(seen: SeenIds, number: number): void {
    const entries: { readonly id: string; readonly timeMs: number }[] = [];
    for (const { key, value } of this.#store.scan(SPACES.ids, ownerRange(number))) {
      const reader = new ByteReader(value);
      const id = readText(key, reader);
      entries.push({ id, timeMs: reader.double() });
    }
    entries.sort((a, b) => a.timeMs - b.timeMs);
    for (const { id, timeMs } of entries) seen.restore(id, timeMs);
  }

  #restoreWaiting(): void {
    const { feeds, lanes, groups, holds } = this.#parts;
    for (const { value } of this.#store.scan(SPACES.waiting)) {
      const event = this.#evidence.share(readEvent(new ByteReader(value), feeds));
      if (event === null) continue;
      event.waitingStored = true;
      const lane = lanes[event.place];
      if (lane === undefined) for (const group of groups) group.restoreAlert(event);
      else for (const group of lane.groups) group.restoreHeld(event);
      holds.discard(event);
    }
  }
}

/** The text that a key of `slots`, `once` or `ids` stands for; a long one stands in the value. */
function readText(key: Uint8Array, value: ByteReader): string {
  return readSlotKey(key, value).text;
}

function readSlotKey(
  key: Uint8Array,
  value: ByteReader,
): { readonly text: string; readonly part: number } {
  const reader = new ByteReader(key);
  reader.uint32();
  const hashed = reader.byte() === 1;
  const inKey = reader.text();
  const text = hashed ? value.text() : inKey;
  return { text, part: reader.done ? 0 : reader.uint() };
}

function readUint32(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4) throw new RecordError("a key ends too early");
  const reader = new ByteReader(bytes);
  reader.raw(at);
  return reader.uint32();
}
