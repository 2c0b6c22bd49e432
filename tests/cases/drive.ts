/** Runs the inputs of a case through the engine in one of the ways. */

import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, type EngineStatus, type Feed } from "../../engine/engine.ts";
import type { Output } from "../../engine/outputs.ts";
import type { DataSource } from "../../nfa/history.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import type { CaseEvent, CaseInput } from "./format.ts";
import { START_MS } from "./program.ts";
import type { Way } from "./ways.ts";

/** A restart costs what waits in the engine: long cases have so many of them at most, spread over their inputs. */
const RESTARTS_MAX = 40;

export interface Drive {
  /** Of each take in the order of the outbox, takes one after the other. */
  readonly outputs: readonly Output[];
  readonly status: EngineStatus;
}

/** Positions of the events of `key` keys of `keys`: number n has the positions from n * keys on. */
export function driveCase(
  plan: RuleSetPlan,
  data: DataSource,
  inputs: readonly CaseInput[],
  way: Way,
): Drive {
  const driver = new Driver(plan, data, inputs, way);
  const repeated = inputs.flatMap((input): readonly CaseInput[] =>
    input.kind === "event" ? copiesOf(input, way.keys) : [input],
  );
  return driver.run(way.shuffle ? shuffled(repeated) : repeated);
}

/** The key of a copy: one before it in the order of keys, one after it. */
function copyOfKey(key: string, copy: number): string {
  return copy === 0 ? key : `${copy % 2 === 1 ? "a" : "z"}~${key}~${copy}`;
}

export const KEY_OF_COPY: RegExp = /[az]~([^~"]*)~(\d+)/g;

/** The inverse: the key as the case has it, and the copy. */
export function keyOfCopy(text: string): { readonly key: string; readonly copy: number } {
  const [found] = text.matchAll(KEY_OF_COPY);
  const [, key = text, copy = "0"] = found ?? [];
  return { key, copy: Number(copy) };
}

function copiesOf(event: CaseEvent, keys: number): readonly CaseEvent[] {
  return Array.from({ length: keys }, (_, copy) => ({
    ...event,
    number: event.number * keys + copy,
    data: { ...event.data, k: keyOf(event.data, copy) },
  }));
}

function keyOf(data: ValueObject, copy: number): Value {
  const key = data["k"] ?? null;
  return typeof key === "string" ? copyOfKey(key, copy) : key;
}

/** The number stays, and with it the order of equal times. */
function shuffled(inputs: readonly CaseInput[]): readonly CaseInput[] {
  const random = new Random(inputs.length);
  return inputs
    .map((input) => ({ input, place: random.unit() }))
    .sort((a, b) => a.place - b.place)
    .map(({ input }) => input);
}

class Driver {
  readonly #plan: RuleSetPlan;
  readonly #data: DataSource;
  readonly #way: Way;
  readonly #feeds: readonly (readonly [stream: string, feed: string])[];
  readonly #broker: boolean;
  readonly #store = openMemoryStore();
  readonly #outputs: Output[] = [];
  #engine: Engine;

  constructor(plan: RuleSetPlan, data: DataSource, inputs: readonly CaseInput[], way: Way) {
    this.#plan = plan;
    this.#data = data;
    this.#way = way;
    this.#broker = inputs.some((input) => input.kind === "event" && input.stampMs !== null);
    this.#feeds = feedsOf(plan, inputs);
    this.#engine = this.#open();
  }

  #open(): Engine {
    const { codegen, index, restart } = this.#way;
    const options = { codegen, index, data: this.#data };
    const engine = createEngine(this.#plan, options, restart ? this.#store : null);
    for (const [stream, feed] of this.#feeds) engine.feed(stream, feed, { broker: this.#broker });
    return engine;
  }

  run(inputs: readonly CaseInput[]): Drive {
    const restartEvery = Math.ceil(inputs.length / RESTARTS_MAX);
    for (const [index, input] of inputs.entries()) {
      this.#take(input);
      if (!this.#way.batch) this.#collect();
      if (!this.#way.restart || input.kind !== "event" || index % restartEvery > 0) continue;
      this.#store.commit(this.#engine.takeChanges());
      this.#engine = this.#open();
    }
    if (!inputs.some(({ kind }) => kind === "stop")) {
      for (const [stream, feed] of this.#feeds) this.#engine.endFeed(this.#feed(stream, feed));
      if (!this.#way.batch) this.#collect();
      this.#engine.flush();
    }
    this.#collect();
    return { outputs: this.#outputs, status: this.#engine.status() };
  }

  #take(input: CaseInput): void {
    switch (input.kind) {
      case "event":
        for (let times = this.#way.twice ? 2 : 1; times > 0; times--) this.#accept(input);
        break;
      case "advance":
        this.#engine.advance(START_MS + input.atMs);
        break;
      case "tick":
        this.#engine.tick(START_MS + input.atMs);
        break;
      case "idle":
        this.#engine.feedIdle(this.#feed(input.stream, input.feed), true);
        break;
      case "end":
        this.#engine.endFeed(this.#feed(input.stream, input.feed));
        break;
      case "stop":
        break;
    }
  }

  #accept({ stream, feed, number, atMs, stampMs, data }: CaseEvent): void {
    const timeMs = START_MS + atMs;
    const stamp = stampMs === null ? timeMs : START_MS + stampMs;
    const dated = "at" in data ? data : { at: timeMs, ...data };
    this.#engine.accept(this.#feed(stream, feed), number, 0, stamp, dated);
  }

  #feed(stream: string, feed: string): Feed {
    return this.#engine.feed(stream, feed, { broker: this.#broker });
  }

  #collect(): void {
    this.#outputs.push(...this.#engine.takeOutputs());
  }
}

/** The feeds that the inputs name, and one for every further stream that a rule reads. */
function feedsOf(
  plan: RuleSetPlan,
  inputs: readonly CaseInput[],
): readonly (readonly [stream: string, feed: string])[] {
  const feeds = new Map<string, readonly [string, string]>();
  for (const input of inputs) {
    if (!("stream" in input)) continue;
    feeds.set(`${input.stream}/${input.feed}`, [input.stream, input.feed]);
  }
  const named = new Set([...feeds.values()].map(([stream]) => stream));
  const read = new Set(plan.rules.flatMap(({ streams }) => streams));
  for (const { name } of plan.streams)
    if (read.has(name) && !named.has(name)) feeds.set(`${name}/1`, [name, "1"]);
  return [...feeds.values()];
}
