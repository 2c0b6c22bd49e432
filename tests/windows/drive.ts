/** Runs rules over made-up events through the real pipeline (text, checker, engine), with restarts and shuffled arrivals. */

import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, type EngineOptions } from "../../engine/engine.ts";
import type { Alert, Output } from "../../engine/outputs.ts";
import { openMemoryStore } from "../../state/memory-store.ts";

/** An event before it is taken; its time stands in the data too, under `at`. */
export interface Input {
  readonly stream: string;
  /** Place of the stream in the rule file. */
  readonly place: number;
  readonly seq: number;
  readonly timeMs: number;
  readonly data: ValueObject;
}

export interface Way {
  readonly codegen: boolean;
  readonly index: boolean;
  /** A checkpoint, and a new engine restored from it, after every n-th event; 0: never. */
  readonly restartEvery: number;
  /** Arrivals in any order that the delay allows. */
  readonly shuffle: boolean;
}

export const WAYS: readonly Way[] = [
  { codegen: true, index: true, restartEvery: 0, shuffle: false },
  { codegen: false, index: false, restartEvery: 1, shuffle: false },
  { codegen: true, index: true, restartEvery: 7, shuffle: true },
];

export function compiled(text: string): RuleSetPlan {
  const { plan, diagnostics } = compileRules([{ file: "case.seq", text }]);
  if (plan === null)
    throw new Error(`${JSON.stringify(diagnostics.map((d) => d.message))}\n${text}`);
  return plan;
}

/** The total order of M-1. */
export function ordered<T extends Input>(inputs: readonly T[]): readonly T[] {
  return [...inputs].sort((a, b) => a.timeMs - b.timeMs || a.place - b.place || a.seq - b.seq);
}

export interface Run {
  readonly alerts: readonly Alert[];
  /** Identities of late events. */
  readonly late: ReadonlySet<string>;
  /** Keys of which the matcher of the last engine holds events. */
  readonly open: number;
}

export interface DriveOptions extends Way {
  /** Until when time runs on at the end; null: until nothing waits. */
  readonly untilMs: number | null;
  readonly data?: EngineOptions["data"];
  /** Moves time before the first event. */
  readonly fromMs?: number;
}

export function drive(
  plan: RuleSetPlan,
  inputs: readonly Input[],
  seed: number,
  options: DriveOptions,
): Run {
  const store = openMemoryStore();
  const outputs: Output[] = [];
  const open = (): Engine => {
    const { codegen, index, data } = options;
    const engine = createEngine(
      plan,
      { codegen, index, ...(data === undefined ? {} : { data }) },
      options.restartEvery > 0 ? store : null,
    );
    for (const { name } of plan.streams) engine.feed(name, name, { broker: false });
    return engine;
  };
  let engine = open();
  if (options.fromMs !== undefined) engine.advance(options.fromMs);
  let taken = 0;
  for (const input of options.shuffle ? shuffled(inputs, seed) : inputs) {
    const feed = engine.feed(input.stream, input.stream, { broker: false });
    engine.accept(feed, input.seq, 0, null, input.data);
    outputs.push(...engine.takeOutputs());
    if (options.restartEvery === 0 || ++taken % options.restartEvery > 0) continue;
    store.commit(engine.takeChanges());
    engine = open();
  }
  if (options.untilMs !== null) engine.advance(options.untilMs);
  else {
    for (const { name } of plan.streams) engine.endFeed(engine.feed(name, name, { broker: false }));
    engine.flush();
  }
  outputs.push(...engine.takeOutputs());
  return {
    alerts: outputs.flatMap((output) => (output.kind === "alert" ? [output.alert] : [])),
    late: new Set(
      outputs.flatMap((output) => (output.kind === "late" ? [lateName(output.text)] : [])),
    ),
    open: engine.status().rules.reduce((sum, rule) => sum + rule.openRuns, 0),
  };
}

function lateName(text: string): string {
  const { stream, seq } = JSON.parse(text) as { stream: string; seq: number };
  return `${stream}.${seq}`;
}

function shuffled(inputs: readonly Input[], seed: number): readonly Input[] {
  const random = new Random(seed);
  return inputs
    .map((input) => ({ input, place: random.unit() }))
    .sort((a, b) => a.place - b.place)
    .map(({ input }) => input);
}

/** What is compared of an alert: all that the rule and its events say. */
export function shown(alert: Alert): Value {
  const { kind, title, key, time, start, end, data, events, truncated } = alert;
  const evidence = Object.entries(events).map(
    ([label, list]) => `${label}: ${list.map((e) => `${e.stream}.${e.seq}`).join(" ")}`,
  );
  return { kind, title, key, time, start, end, data, evidence, truncated };
}

/** Alerts by key, each key's in their order: alerts of one instant of several keys are told in the order of keys. */
export function byKey(alerts: readonly Alert[]): Value {
  const found = new Map<string, Value[]>();
  for (const alert of alerts) {
    const key = JSON.stringify(alert.key);
    found.set(key, [...(found.get(key) ?? []), shown(alert)]);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
