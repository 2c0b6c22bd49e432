/**
 * M-1, M-2: the input of a pattern for each key, and which of its events a step or `no` admits there.
 * A source is a stream or a declared event with its filter; the step's own `where` does not count.
 */

import { assert } from "../../base/assert.ts";
import { compareEvents, type EventRecord } from "../../base/event.ts";
import { property, type Value } from "../../base/value.ts";
import { isTrue } from "./condition.ts";
import { type Condition, type Key, nosOf, type Pattern, stepsOf } from "./pattern.ts";

/** What names sources: a step, a `no`, the `until` of the match. */
export interface Admitter {
  readonly sources: readonly string[];
  readonly by: Key | null;
  readonly where: Condition | null;
}

/** The events of one key in the order of M-1. */
export interface KeyInput {
  readonly pattern: Pattern;
  /** One part, or none for `by all`. */
  readonly key: readonly Value[];
  readonly events: readonly EventRecord[];
}

/** The inputs of all keys, by the text of the key. */
export function inputsOf(pattern: Pattern, events: readonly EventRecord[]): KeyInput[] {
  const admitters: Admitter[] = [
    ...stepsOf(pattern.sequence),
    ...nosOf(pattern.sequence),
    ...(pattern.until ? [pattern.until] : []),
  ];
  const byKey = new Map<string, { key: readonly Value[]; events: EventRecord[] }>();
  for (const event of [...events].sort(compareEvents)) {
    const seen = new Set<string>();
    for (const admitter of admitters) {
      for (const key of keysOf(pattern, admitter, event)) {
        const text = keyText(key);
        // M-1: every event once, though several steps may admit it.
        if (seen.has(text)) continue;
        seen.add(text);
        const entry = byKey.get(text) ?? { key, events: [] };
        byKey.set(text, entry);
        entry.events.push(event);
      }
    }
  }
  return [...byKey.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => ({ pattern, key: entry.key, events: entry.events }));
}

/** A key's identity. */
export function keyText(key: readonly Value[]): string {
  return JSON.stringify(key);
}

/** Does the event come from one of the sources, with this key there? `where` is not judged. */
export function admits(input: KeyInput, admitter: Admitter, event: EventRecord): boolean {
  const wanted = keyText(input.key);
  return keysOf(input.pattern, admitter, event).some((key) => keyText(key) === wanted);
}

/** The keys that the event has at this step; none where no source of it admits the event. */
function keysOf(pattern: Pattern, admitter: Admitter, event: EventRecord): (readonly Value[])[] {
  if (!admitter.sources.some((source) => sourceAdmits(pattern, source, event))) return [];
  if (pattern.key === null) return [[]];
  const { field, nullable } = admitter.by ?? pattern.key;
  const value = property(event.data, field);
  // M-2: null takes no part unless marked; a list stands for each of its distinct values that are not null.
  if (value === null) return nullable ? [[null]] : [];
  if (!Array.isArray(value)) return [[value]];
  const distinct = new Map(
    value.filter((part) => part !== null).map((part) => [keyText([part]), [part]]),
  );
  return [...distinct.values()];
}

function sourceAdmits(pattern: Pattern, source: string, event: EventRecord): boolean {
  if (pattern.streams.includes(source)) return event.stream === source;
  const declared = pattern.events.find(({ name }) => name === source);
  assert(declared, "a source is a stream or a declared event");
  return (
    event.stream === declared.stream && isTrue(declared.filter, { event, prev: null, given: [] })
  );
}
