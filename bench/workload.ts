/** What a workload of records is: rules, a generator of its stream, and how a record becomes an event. */

import type { Value } from "../base/value.ts";
import type { EngineOptions } from "../engine/engine.ts";
import type { RecordBatch, RecordSource } from "./records.ts";

/** Size and seed of a run. */
export interface Size {
  readonly events: number;
  readonly seed: number;
  /** Different keys; 0 where the rules have none. */
  readonly keys: number;
}

/** One way to run a workload. */
export interface Variant {
  readonly name: string;
  /** The tier (see the result's schema) that could serve the rules: what is asked, not what this engine used. */
  readonly tier: "T0" | "T1" | "T2" | "T3" | "T4";
  /** Texts of the rule files. */
  readonly rules: readonly string[];
  /** How the engine is made; as usual where it is not given. */
  readonly engine?: EngineOptions;
  /** Seeds and sizes being equal, variants differ in their stream only where this differs. */
  open(size: Size): RecordSource;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Name of the stream of the language that the records are events of. */
  readonly stream: string;
  readonly seed: number;
  readonly events: number;
  /** In which it can run; the first is the default. */
  readonly modes: readonly ("engine" | "json")[];
  /** A run is given up after so many seconds. */
  readonly limitS: number;
  /** Events after which clocks and memory are looked at. */
  readonly batch: number;
  /** Default number of keys for so many events. */
  keysOf(events: number): number;
  variants(options: VariantOptions): readonly Variant[];
  /** In mode `engine` the events' data is made before the time: making it costs more than finding matches in it. */
  readonly madeBefore?: boolean;
  /** The event's data. */
  dataOf(batch: RecordBatch, at: number): Value;
}

/** What narrows or widens the variants; null: the workload's default. */
export interface VariantOptions {
  /** Only these variants. */
  readonly names: readonly string[] | null;
  /** W2: steps of the pattern. */
  readonly steps: readonly number[] | null;
  /** W2: the window in seconds. */
  readonly windows: readonly number[] | null;
  /** W2: candidates per step and window. W3: events B per key and window. */
  readonly candidates: readonly number[] | null;
  /** W7: how many rules. */
  readonly rules: readonly number[] | null;
}

/** The first event's time is a gap after this: 2026-01-01T00:00:00Z. */
export const START_MS = 1_767_225_600_000;

/** The data of records whose events are called by the names of the columns. */
export function plainData(batch: RecordBatch, at: number): Value {
  return {
    type: batch.type[at] as number,
    k: batch.key[at] as number,
    a: batch.a[at] as number,
    b: batch.b[at] as number,
    ts: batch.ts[at] as number,
    x: batch.x[at] as number,
  };
}
