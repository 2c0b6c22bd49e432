/**
 * The engine's state in a store: what changed since the last commit, and how a new engine goes on from it. Each space
 * is written by change, so a commit costs what the batch touched (see keys.ts for the spaces).
 *
 * Invariants
 *  C1  An engine made from the store after a commit decides the same as the one that wrote it, whatever comes, and
 *      however much of the state is still in the store (stored-entries.ts).
 *  C2  State of a rule is kept under its name and version: of another version it is dropped, and counted, unless a
 *      reload has made that one of it.
 *  C3  Numbers of feeds, groups, rules and streams are never given twice.
 */

import { ByteWriter } from "../../base/bytes.ts";
import type { PartChange } from "../../nfa/matcher.ts";
import type { StoreChange } from "../../state/store.ts";
import type { EngineParts } from "../assembly.ts";
import type { OrderGroup } from "../order-group.ts";
import type { RuleRunner } from "../rule-runner.ts";
import type { SeenIds } from "../seen-ids.ts";
import { DroppedOwners } from "./dropped-owners.ts";
import { encodeEvent } from "./event-record.ts";
import { Evidence } from "./evidence.ts";
import { compareBytes, isLong, metaKey, SPACES, slotKey, textKey, waitingKey } from "./keys.ts";
import {
  encodeFeed,
  encodeGone,
  encodeGroup,
  encodeOpenStarts,
  encodeRule,
  encodeStream,
} from "./meta-records.ts";
import { Restorer } from "./restorer.ts";
import { type NextNumbers, newRuleSpace, type RuleSpace } from "./rule-space.ts";
import { SCHEMA } from "./schema.ts";
import type { StateReader } from "./state-reader.ts";
import type { StoredState } from "./stored-state.ts";

const writer = new ByteWriter();

export class Checkpoint {
  readonly #parts: EngineParts;
  readonly #evidence: Evidence;
  #rules: readonly RuleSpace[];
  /** By the group's name; also of those that are gone, for they may come back. */
  readonly #groupNumbers: Map<string, number>;
  /** The groups that have rules. */
  #groups: readonly OrderGroup[];
  /** Groups that are gone, and are to be recorded so. */
  #goneGroups: readonly string[] = [];
  /** Numbers of streams with identities to remember, by the memory of those. */
  #idNumbers: ReadonlyMap<SeenIds, number>;
  readonly #storedFloors = new Map<SeenIds, number>();
  readonly #next: NextNumbers;
  readonly #dropped: DroppedOwners;
  readonly #droppedRules: readonly string[];
  /** Open starts as stored, by the number of the rule. */
  readonly #openStarts: Map<number, number>;
  #openStartsChanged = false;
  readonly #stored: StoredState;
  #schemaStored: boolean;

  /** `draining`: runners of versions that drain, by their numbers (draining.ts). */
  constructor(parts: EngineParts, reader: StateReader, draining: ReadonlyMap<number, RuleRunner>) {
    this.#parts = parts;
    this.#evidence = new Evidence(reader, parts.feeds);
    const restored = new Restorer(parts, reader, this.#evidence, draining).restore();
    this.#rules = restored.rules;
    this.#groups = parts.groups;
    this.#groupNumbers = new Map(restored.groupNumbers);
    this.#idNumbers = restored.idNumbers;
    this.#next = restored.next;
    this.#schemaStored = restored.found;
    this.#dropped = new DroppedOwners(reader, restored.dropped);
    this.#droppedRules = restored.droppedRules;
    this.#openStarts = new Map(restored.openStarts);
    this.#stored = restored.stored;
  }

  /** Names of rules whose stored state was dropped at the start. */
  get droppedRules(): readonly string[] {
    return this.#droppedRules;
  }

  /** What of the state is in the store only. */
  get stored(): StoredState {
    return this.#stored;
  }

  /**
   * The engine has other parts: a reload took place, or a version has drained. Runners that are still there keep their
   * numbers, whatever version they are of; what nobody uses any more will be deleted.
   */
  follow(): void {
    const { groups } = this.#parts;
    const names = new Set(groups.map(({ name }) => name));
    const gone = this.#groups.filter(({ name }) => !names.has(name)).map(({ name }) => name);
    this.#goneGroups = [...this.#goneGroups.filter((name) => !names.has(name)), ...gone];
    for (const { name } of groups)
      if (!this.#groupNumbers.has(name)) this.#groupNumbers.set(name, this.#next.group++);
    this.#groups = groups;
    this.#followRules();
    this.#followIds();
  }

  #followRules(): void {
    const left = new Map(this.#rules.map((space) => [space.runner, space]));
    const rules: RuleSpace[] = [];
    for (const group of this.#groups) {
      for (const runner of group.runners) {
        const groupNumber = this.#groupNumbers.get(group.name) ?? 0;
        const shelf = this.#evidence.shelfFor(runner.rule, group, groupNumber);
        const known = left.get(runner);
        left.delete(runner);
        if (known === undefined) {
          const number = this.#next.rule++;
          rules.push(newRuleSpace(runner, group, number, this.#next.once++, shelf));
        } else {
          known.shelf = shelf;
          this.#followOnce(known);
          rules.push(known);
        }
      }
    }
    for (const space of left.values()) this.#dropRule(space);
    this.#rules = rules;
    this.#evidence.useOnly(new Set(rules.map(({ shelf }) => shelf)));
  }

  #dropRule({ number, onceNumber, slots, onceEntries }: RuleSpace): void {
    slots?.abandon();
    onceEntries?.abandon();
    this.#dropped.add({ kind: "rule", number });
    this.#dropped.add({ kind: "once", number: onceNumber });
    if (this.#openStarts.delete(number)) this.#openStartsChanged = true;
  }

  /** The rule may remember other values of `once` than it did. */
  #followOnce(space: RuleSpace): void {
    const { once } = space.runner;
    if (once === space.once) return;
    space.onceEntries?.abandon();
    this.#dropped.add({ kind: "once", number: space.onceNumber });
    space.once = once;
    space.onceNumber = this.#next.once++;
    space.runner.recordChanged = true;
  }

  #followIds(): void {
    const left = new Map(this.#idNumbers);
    const numbers = new Map<SeenIds, number>();
    for (const lane of this.#parts.lanes) {
      const seen = lane?.seen ?? null;
      if (seen === null) continue;
      numbers.set(seen, left.get(seen) ?? this.#next.stream++);
      left.delete(seen);
    }
    for (const number of left.values()) this.#dropped.add({ kind: "stream", number });
    this.#idNumbers = numbers;
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
    this.#takeOpenStarts(changes);
    this.#takeMeta(changes);
    this.#takeWaiting(changes);
    this.#takeIds(changes);
    changes.push(...this.#evidence.takeChanges(), ...this.#dropped.takeChanges());
    return changes.sort(compareChanges);
  }

  #takeRule(rule: RuleSpace, changes: StoreChange[]): void {
    const { runner, number, group, onceNumber } = rule;
    for (const key of runner.matcher.takeChanged()) {
      for (const change of runner.matcher.encode(key)) {
        const value = this.#encodePart(rule, key, change, changes);
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
      changes.push({ space: SPACES.once, key: textKey(onceNumber, values), value });
    }
    if (rule.recorded && !runner.recordChanged) return;
    rule.recorded = true;
    runner.recordChanged = false;
    const value = encodeRule(runner, group.name, onceNumber);
    changes.push({ space: SPACES.meta, key: metaKey("rule", number), value });
  }

  #encodePart(
    { runner, group, shelf, due }: RuleSpace,
    key: string,
    { part, ...content }: PartChange,
    changes: StoreChange[],
  ): Uint8Array | null {
    const { bytes } = content;
    let dueMs = Number.POSITIVE_INFINITY;
    if (part === 0 && due !== null) {
      const armedMs = bytes === null ? Number.POSITIVE_INFINITY : runner.armedMs(key);
      dueMs = due.update(key, armedMs, group.nowMs, changes);
    }
    if (bytes === null) return null;
    writeText(key);
    writer.uint(bytes.length);
    writer.raw(bytes);
    this.#evidence.writeAll(writer, content.events, shelf);
    if (part === 0 && due !== null) writer.double(dueMs);
    return writer.take();
  }

  #takeOpenStarts(changes: StoreChange[]): void {
    const open = this.#openStarts;
    let changed = this.#openStartsChanged;
    this.#openStartsChanged = false;
    for (const { runner, number } of this.#rules) {
      if (runner.matcher.awaitStored === undefined) continue;
      const starts = runner.matcher.openStarts();
      if ((open.get(number) ?? 0) === starts) continue;
      changed = true;
      if (starts === 0) open.delete(number);
      else open.set(number, starts);
    }
    if (!changed) return;
    changes.push({ space: SPACES.meta, key: metaKey("open", 0), value: encodeOpenStarts(open) });
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
    for (const number of this.#parts.feeds.takeGone())
      changes.push({ space: SPACES.meta, key: metaKey("feed", number), value: encodeGone("") });
    for (const group of this.#groups) {
      if (!group.changed) continue;
      group.changed = false;
      const key = metaKey("group", this.#groupNumbers.get(group.name) ?? 0);
      changes.push({ space: SPACES.meta, key, value: encodeGroup(group) });
    }
    for (const name of this.#goneGroups) {
      const key = metaKey("group", this.#groupNumbers.get(name) ?? 0);
      changes.push({ space: SPACES.meta, key, value: encodeGone(name) });
    }
    this.#goneGroups = [];
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
    for (const lane of this.#parts.lanes) {
      const seen = lane?.seen ?? null;
      const number = seen === null ? undefined : this.#idNumbers.get(seen);
      if (lane === undefined || seen === null || number === undefined) continue;
      for (const { id, times } of seen.takeChanged()) {
        let value: Uint8Array | null = null;
        if (times !== null) {
          writeText(id);
          for (const timeMs of times) writer.double(timeMs);
          value = writer.take();
        }
        changes.push({ space: SPACES.ids, key: textKey(number, id), value });
      }
      const { floorMs } = seen;
      if (this.#storedFloors.get(seen) === floorMs) continue;
      this.#storedFloors.set(seen, floorMs);
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
