/**
 * Puts the stored state back into a new engine: numbers, records and what waits at once. Slots of rules, entries of
 * `once` and identities may be many: they come back when they are needed, and in slices (stored-entries.ts).
 */

import { ByteReader, RecordError } from "../../base/bytes.ts";
import type { StreamPlan } from "../../dsl/plan.ts";
import type { StatePart } from "../../nfa/matcher.ts";
import type { EngineParts } from "../assembly.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { SeenIds } from "../seen-ids.ts";
import type { DroppedOwner } from "./dropped-owners.ts";
import { DueKeys } from "./due-index.ts";
import { readEvent } from "./event-record.ts";
import type { Evidence } from "./evidence.ts";
import { META_KINDS, type MetaKind, metaKey, SPACES } from "./keys.ts";
import {
  decodeOpenStarts,
  type RuleRecord,
  readRule,
  restoreFeed,
  restoreGroup,
  restoreTallies,
} from "./meta-records.ts";
import { type NextNumbers, newRuleSpace, type RuleSpace } from "./rule-space.ts";
import { SCHEMA } from "./schema.ts";
import type { StateReader } from "./state-reader.ts";
import { StoredEntries, type StoredValue } from "./stored-entries.ts";
import { StoredState } from "./stored-state.ts";

/** The store was written by another version of the engine. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  readonly code = "schema";
}

export interface Restored {
  /** Was there anything in the store? */
  readonly found: boolean;
  readonly rules: readonly RuleSpace[];
  /** By the group's name, those without rules among them. */
  readonly groupNumbers: ReadonlyMap<string, number>;
  /** Of streams with identities to remember, by the memory of those. */
  readonly idNumbers: ReadonlyMap<SeenIds, number>;
  readonly next: NextNumbers;
  readonly dropped: readonly DroppedOwner[];
  /** Names of rules whose state nobody can use. */
  readonly droppedRules: readonly string[];
  readonly openStarts: ReadonlyMap<number, number>;
  /** What is left in the store. */
  readonly stored: StoredState;
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
  /** What is left in the store. */
  readonly #stored: StoredEntries[] = [];
  readonly #dueKeys = new Map<OrderGroup, DueKeys>();
  readonly #draining: ReadonlyMap<number, RuleRunner>;
  readonly #next: NextNumbers = { rule: 0, once: 0, group: 0, stream: 0 };
  readonly #dropped: DroppedOwner[] = [];
  readonly #droppedRules: string[] = [];

  /** `draining`: runners of versions that drain, by their numbers (draining.ts). */
  constructor(
    parts: EngineParts,
    store: StateReader,
    evidence: Evidence,
    draining: ReadonlyMap<number, RuleRunner>,
  ) {
    this.#parts = parts;
    this.#store = store;
    this.#evidence = evidence;
    this.#draining = draining;
  }

  restore(): Restored {
    const found = this.#checkSchema();
    this.#restoreFeeds();
    const groupNumbers = this.#restoreGroups();
    this.#restoreDroppedMemories();
    const rules = this.#restoreRules(groupNumbers);
    this.#evidence.findOrphans();
    const openStarts = this.#openStarts();
    for (const rule of rules.filter(({ recorded }) => recorded)) {
      this.#openSlots(rule, openStarts.get(rule.number) ?? 0);
      this.#openOnce(rule);
    }
    for (const [group, keys] of this.#dueKeys) {
      group.setStored(keys, keys.restoreUpTo(Number.NEGATIVE_INFINITY));
    }
    const idNumbers = this.#restoreStreams();
    this.#restoreWaiting();
    const stored = new StoredState(this.#stored, () => this.#evidence.restoreDone());
    return {
      found,
      rules,
      groupNumbers,
      idNumbers,
      next: this.#next,
      dropped: this.#dropped,
      droppedRules: this.#droppedRules,
      openStarts,
      stored,
    };
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

  #restoreGroups(): ReadonlyMap<string, number> {
    const numbers = new Map<string, number>();
    for (const { number, reader } of this.#records("group")) {
      const name = reader.text();
      this.#next.group = number + 1;
      numbers.set(name, number);
      const group = this.#parts.groups.find((one) => one.name === name);
      if (group !== undefined) restoreGroup(reader, group);
    }
    for (const { name } of this.#parts.groups)
      if (!numbers.has(name)) numbers.set(name, this.#next.group++);
    return numbers;
  }

  /** Memories of `once` that were being deleted. */
  #restoreDroppedMemories(): void {
    for (const { number } of this.#records("once")) {
      this.#next.once = number + 1;
      this.#dropped.push({ kind: "once", number });
    }
  }

  #restoreRules(groupNumbers: ReadonlyMap<string, number>): readonly RuleSpace[] {
    const known = new Map<RuleRunner, { readonly number: number; readonly onceNumber: number }>();
    for (const { number, reader } of this.#records("rule")) {
      this.#next.rule = number + 1;
      const record = readRule(reader);
      const runner = record === null ? undefined : this.#runnerOf(record, number);
      if (record !== null) this.#next.once = Math.max(this.#next.once, record.onceNumber + 1);
      if (runner !== undefined && record !== null) {
        known.set(runner, { number, onceNumber: record.onceNumber });
        restoreTallies(reader, runner);
      } else this.#dropRule(record, number);
    }
    const rules: RuleSpace[] = [];
    for (const group of this.#parts.groups) {
      for (const runner of group.runners) {
        const shelf = this.#evidence.shelfFor(
          runner.rule,
          group,
          groupNumbers.get(group.name) ?? 0,
        );
        const number = known.get(runner)?.number ?? this.#next.rule++;
        const onceNumber = known.get(runner)?.onceNumber ?? this.#next.once++;
        const space = newRuleSpace(runner, group, number, onceNumber, shelf);
        space.recorded = known.has(runner);
        rules.push(space);
      }
    }
    return rules;
  }

  #dropRule(record: RuleRecord | null, number: number): void {
    this.#dropped.push({ kind: "rule", number });
    if (record === null) return;
    this.#dropped.push({ kind: "once", number: record.onceNumber });
    // Of a hidden copy nobody knows; the rule itself is told by its own name.
    if (!record.hidden) this.#droppedRules.push(record.name);
  }

  #runnerOf(record: RuleRecord, number: number): RuleRunner | undefined {
    if (record.draining !== null) return this.#draining.get(number);
    const { name, version, group, hidden } = record;
    for (const one of this.#parts.groups) {
      for (const runner of one.runners) {
        if (runner.drainedMs !== null || runner.hidden !== hidden) continue;
        if (runner.rule.name !== name || runner.rule.version !== version) continue;
        if (!hidden || one.name === group) return runner;
      }
    }
    return undefined;
  }

  #openStarts(): ReadonlyMap<number, number> {
    const value = this.#store.get(SPACES.meta, metaKey("open", 0));
    return value === null ? new Map() : decodeOpenStarts(new ByteReader(value));
  }

  #openSlots(space: RuleSpace, openStarts: number): void {
    const { runner, group, number, shelf, due } = space;
    const { matcher } = runner;
    const partsOf = (text: string, values: readonly StoredValue[]): readonly StatePart[] =>
      values.map(({ part, reader }) => {
        const bytes = reader.raw(reader.uint());
        const events = this.#evidence.readAll(reader, shelf);
        if (part === 0 && due !== null) due.restored(text, reader.double());
        return { part, bytes, events };
      });
    const { stored } = matcher;
    if (stored === undefined) {
      const entries = new StoredEntries(this.#store, {
        space: SPACES.slots,
        number,
        parts: "many",
        restore: (text, values) => matcher.restore(text, partsOf(text, values)),
        done: () => undefined,
      });
      entries.loadAll();
      return;
    }
    matcher.awaitStored?.(openStarts);
    if (shelf !== null) shelf.pending++;
    const entries = new StoredEntries(this.#store, {
      space: SPACES.slots,
      number,
      parts: stored.parts,
      restore: (text, values) => runner.restoreKey(text, partsOf(text, values)),
      done: () => {
        if (shelf !== null) shelf.pending--;
        runner.storedKeys = null;
        space.slots = null;
      },
    });
    space.slots = entries;
    runner.storedKeys = {
      recall: (key) => entries.recall(key),
      recallAll: () => entries.loadAll(),
    };
    this.#stored.push(entries);
    if (due === null) return;
    const keys = this.#dueKeys.get(group) ?? new DueKeys(this.#store);
    this.#dueKeys.set(group, keys);
    keys.add(number, entries);
  }

  #openOnce(space: RuleSpace): void {
    const { once, onceNumber } = space;
    if (once === null) return;
    const entries = new StoredEntries(this.#store, {
      space: SPACES.once,
      number: onceNumber,
      parts: "one",
      restore: (values, [value]) => {
        if (value === undefined) return;
        const passedMs = value.reader.double();
        once.restore(values, { passedMs, withheld: value.reader.uint() });
      },
      done: () => {
        once.recall = null;
        once.recallAll = null;
        space.onceEntries = null;
      },
    });
    once.recall = (values) => void entries.recall(values);
    once.recallAll = () => entries.loadAll();
    space.onceEntries = entries;
    this.#stored.push(entries);
  }

  #restoreStreams(): ReadonlyMap<SeenIds, number> {
    const numbers = new Map<SeenIds, number>();
    for (const { number, reader } of this.#records("stream")) {
      this.#next.stream = number + 1;
      const name = reader.text();
      const lane = this.#parts.lanes.find((one) => one?.plan.name === name);
      const seen = lane?.seen ?? null;
      if (seen === null) {
        this.#dropped.push({ kind: "stream", number });
        continue;
      }
      numbers.set(seen, number);
      seen.restoreFloor(reader.double());
      this.#openIds(seen, number);
    }
    for (const lane of this.#parts.lanes) {
      const seen = lane?.seen ?? null;
      if (seen !== null && !numbers.has(seen)) numbers.set(seen, this.#next.stream++);
    }
    return numbers;
  }

  #openIds(seen: SeenIds, number: number): void {
    const entries = new StoredEntries(this.#store, {
      space: SPACES.ids,
      number,
      parts: "one",
      restore: (id, [value]) => {
        if (value === undefined) return;
        const times: number[] = [];
        while (!value.reader.done) times.push(value.reader.double());
        seen.restore(id, times);
      },
      done: () => {
        seen.recall = null;
      },
    });
    seen.recall = (id) => void entries.recall(id);
    this.#stored.push(entries);
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

function readUint32(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 4) throw new RecordError("a key ends too early");
  const reader = new ByteReader(bytes);
  reader.raw(at);
  return reader.uint32();
}
