/**
 * Partial matches as they stand in the store, for people: which step each has reached, the events that it was given,
 * since when, and until when it waits. Compiles the rules from the texts that the service keeps beside its state.
 */

import { ByteReader } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import { formatTime } from "../../base/time.ts";
import { DEFAULT_LIMITS, type RulePlan } from "../../dsl/plan.ts";
import { META_KINDS, readTextKey, SPACES } from "../../engine/checkpoint/keys.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { buildProgram } from "../../nfa/build.ts";
import { decodeKey } from "../../nfa/explicit/codec.ts";
import type { Node, Run } from "../../nfa/explicit/run.ts";
import type { Program } from "../../nfa/program.ts";
import { dataOf, restoredSet } from "../../server/reload/running-set.ts";
import { readStoredSet } from "../../server/reload/stored-set.ts";
import { SERVICE_SPACE } from "../../server/stored-service.ts";
import type { EntryListener } from "../../state/lmdb-check.ts";

/** An event that a partial match has taken. */
export interface GivenEvent {
  /** Name of the step. */
  readonly step: string;
  readonly stream: string;
  readonly time: string;
  /** Where the event stands: its feed, and its sequence there. */
  readonly feed: string;
  readonly seq: number;
}

/** A partial match. */
export interface StoredRun {
  /** The step that took the last event. */
  readonly reached: string;
  /** The step that it waits for; null: it is complete, and waits for its time to pass. */
  readonly awaits: string | null;
  /** Time of its first event. */
  readonly since: string;
  /** The last time at which what it waits for may come; null: none. */
  readonly until: string | null;
  readonly events: readonly GivenEvent[];
}

/** What a part of a key's state holds. */
export interface StoredPart {
  /** Null where the rule has no steps (windows, `expect`), or its text is not there. */
  readonly runs: readonly StoredRun[] | null;
  /** Times of the events that are remembered. */
  readonly eventTimes: readonly number[];
}

interface FeedName {
  readonly stream: string;
  readonly feed: string;
}

const UNKNOWN: FeedName = { stream: "?", feed: "?" };

/** Listens to a snapshot, whose spaces come in the order of their names: feeds and texts before slots. */
export class StoredRuns {
  readonly #feeds = new Map<number, FeedName>();
  readonly #texts = new Map<string, Uint8Array>();
  readonly #programs = new Map<string, Program | null>();
  #compiled: Compiled | null = null;

  readonly listen: EntryListener = (space, key, value) => {
    if (space === SPACES.meta && key[0] === META_KINDS.feed) this.#feed(key, value);
    if (space === SERVICE_SPACE) this.#texts.set(textOf(key), value.slice());
  };

  #feed(key: Uint8Array, value: Uint8Array): void {
    const reader = new ByteReader(key);
    reader.byte();
    const names = new ByteReader(value);
    this.#feeds.set(reader.uint32(), { stream: names.text(), feed: names.text() });
  }

  /** What the slot says. */
  read(rule: string, version: string, key: Uint8Array, value: Uint8Array): StoredPart {
    const reader = new ByteReader(value);
    const { text, part } = readTextKey(key);
    const name = text ?? reader.text();
    const bytes = reader.raw(reader.uint());
    const events = this.#events(reader);
    const program = part === 0 ? this.#program(rule, version) : null;
    const eventTimes = events.map(({ timeMs }) => timeMs);
    if (program === null) return { runs: null, eventTimes };
    const { runs } = decodeKey(program, name, bytes, events);
    const listed = runs.flatMap((list) => list ?? []);
    return { runs: listed.map((run) => this.#run(program, run)), eventTimes };
  }

  /** The events that the slot refers to, by their places alone: what they said stands elsewhere. */
  #events(reader: ByteReader): readonly EventRecord[] {
    const events: EventRecord[] = [];
    for (let count = reader.uint(); count > 0; count--) {
      const isInline = reader.byte() === 1;
      const { stream, feed } = this.#feeds.get(reader.uint()) ?? UNKNOWN;
      const timeMs = reader.double();
      const timeFrac = isInline ? reader.double() : 0;
      const seq = reader.uint();
      const index = reader.uint();
      if (isInline) {
        if (reader.byte() === 1) reader.text();
        reader.text();
      }
      events.push({ stream, place: 0, feed, seq, index, timeMs, timeFrac, id: "", data: {} });
    }
    return events;
  }

  #run({ plan }: Program, { start, edge, node, deadlineMs }: Run): StoredRun {
    const label = (one: { readonly label: number } | null | undefined): string | null =>
      one === null || one === undefined ? null : (plan.labels[one.label] ?? "");
    const taken: Node[] = [];
    for (let at: Node | null = node; at !== null; at = at.before) taken.push(at);
    return {
      reached: label(node.leaf.step) ?? "",
      awaits: label(edge.to?.step),
      since: formatTime(start.event.timeMs),
      until: Number.isFinite(deadlineMs) ? formatTime(deadlineMs) : null,
      events: taken.reverse().map(({ leaf, event: { stream, timeMs, feed, seq } }) => ({
        step: label(leaf.step) ?? "",
        stream,
        time: formatTime(timeMs),
        feed,
        seq,
      })),
    };
  }

  #program(name: string, version: string): Program | null {
    const id = `${name}\n${version}`;
    let program = this.#programs.get(id);
    if (program !== undefined) return program;
    this.#compiled ??= this.#compile();
    const { rules, data } = this.#compiled;
    const rule = rules.find((one) => one.name === name && one.version === version);
    program = rule === undefined ? null : programOf(rule, data);
    this.#programs.set(id, program);
    return program;
  }

  /** The rules that run, and those of older sets that finish what they began. */
  #compile(): Compiled {
    const store = { get: (_: string, key: Uint8Array) => this.#texts.get(textOf(key)) ?? null };
    const stored = readStoredSet(store);
    const { openPerKey, open: openPerRule } = DEFAULT_LIMITS;
    const limits = { openPerKey, openPerRule };
    const running = stored === null ? null : restoredSet(store, stored, limits);
    if (running === null) return { rules: [], data: NO_DATA };
    const sets = [running.set, ...running.older.values()];
    const rules = sets.flatMap(({ plan }) => plan.rules);
    return { rules, data: dataOf(running.set, running.older.values()) };
  }
}

interface Compiled {
  readonly rules: readonly RulePlan[];
  readonly data: RuleData;
}

function programOf({ body, timeout }: RulePlan, data: RuleData): Program | null {
  if (body.kind !== "match") return null;
  const after = timeout === null ? undefined : timeout.after;
  return buildProgram(body, after, data, { codegen: false });
}

const NOTHING = { streams: [], lists: [], tables: [], rules: [], tests: [] };
const NO_DATA = new RuleData(NOTHING, new Map());

const decoder = new TextDecoder();

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
