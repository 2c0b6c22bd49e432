/**
 * What a test gives to the engine: its events in the order in which they arrive, with their places in virtual time.
 *
 * A test starts at 2000-01-01T00:00:00Z. One that reads files starts at the time of the first event that they hold, so
 * that `expect alert at 5m` means five minutes into the recording. Written events carry their time in the stream's time
 * field: as RFC 3339 text, or as a number where the stream has a unit other than `ms` or a format (numbers are read by
 * the unit, whatever the format).
 */

import { assert } from "../base/assert.ts";
import { formatTime } from "../base/time.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan, RuleSetPlan, StreamPlan, TestPlan, TimePlan } from "../dsl/plan.ts";
import { DEFAULT_ENGINE_LIMITS } from "../engine/options.ts";
import { readEnvelope, streamHasSubject, unwrapFor } from "./envelope.ts";
import { eventsOf, readRecordLine } from "./record-line.ts";
import type { RuleFileReader } from "./rule-files.ts";
import { setPath } from "./set-path.ts";
import { type TimeReader, timeReader } from "./time-reader.ts";

/** Saturday, 1 January 2000, 00:00 UTC: a year's and a day's first moment, and no leap second near. */
export const TEST_START_MS = Date.UTC(2000, 0, 1);

/** One event on its way to the engine. */
export interface Arrival {
  readonly kind: "event";
  readonly stream: string;
  /** Position in the stream's feed, from 1; of a recorded file the line's number, counted from 1. */
  readonly seq: number;
  readonly index: number;
  readonly stampMs: number | null;
  readonly data: Value;
  /** Null where the event has no time that can be read. */
  readonly timeMs: number | null;
}

/** Input of the test in the order of arrival. An `advance` counts from the time reached until then. */
export type TestInput = Arrival | { readonly kind: "advance"; readonly byMs: number };

export interface TestInputs {
  readonly startMs: number;
  readonly inputs: readonly TestInput[];
  /** Lines of recorded files that hold no event of the test, each as a clause with its place. */
  readonly skipped: readonly string[];
}

/** The inputs of a test, or why a file of it cannot be read. */
export type BuiltInputs = TestInputs | { readonly error: string };

/** `rules`: those under test, whose streams a recorded file may belong to. */
export function buildTestInputs(
  plan: RuleSetPlan,
  rules: readonly RulePlan[],
  test: TestPlan,
  reader: RuleFileReader,
): BuiltInputs {
  const builder = new InputBuilder(plan, rules, test, reader);
  return builder.build();
}

class InputBuilder {
  readonly #plan: RuleSetPlan;
  readonly #rules: readonly RulePlan[];
  readonly #test: TestPlan;
  readonly #reader: RuleFileReader;
  readonly #clocks = new Map<string, TimeReader>();
  readonly #lastSeq = new Map<string, number>();
  readonly #skipped: string[] = [];
  readonly #recorded: Arrival[][] = [];

  constructor(
    plan: RuleSetPlan,
    rules: readonly RulePlan[],
    test: TestPlan,
    reader: RuleFileReader,
  ) {
    this.#plan = plan;
    this.#rules = rules;
    this.#test = test;
    this.#reader = reader;
  }

  build(): BuiltInputs {
    // Files first: the time of their first event is the test's start, on which written events depend.
    const files = this.#test.inputs.filter((input) => input.kind === "from");
    for (const { file } of files) {
      const error = this.#readFile(file);
      if (error !== null) return { error };
    }
    const startMs = firstTime(this.#recorded) ?? TEST_START_MS;
    const inputs: TestInput[] = [];
    for (const input of this.#test.inputs) {
      if (input.kind === "advance") inputs.push(input);
      else if (input.kind === "from") inputs.push(...(this.#recorded.shift() ?? []));
      else
        inputs.push(
          this.#written(input.event.stream, startMs + input.event.atMs, input.event.data),
        );
    }
    return { startMs, inputs, skipped: this.#skipped };
  }

  #written(streamName: string, timeMs: number, data: Value): Arrival {
    const stream = this.#plan.streams.find(({ name }) => name === streamName);
    assert(stream !== undefined, "a test's event belongs to a stream of the plan");
    const { time } = stream;
    return {
      kind: "event",
      stream: streamName,
      seq: this.#nextSeq(streamName, null),
      index: 0,
      stampMs: time === null ? timeMs : null,
      data: time === null ? data : setPath(data, time.path, writtenTime(time, timeMs)),
      timeMs,
    };
  }

  /** The number of a line where it is still free, else the next one. */
  #nextSeq(stream: string, line: number | null): number {
    const next = Math.max((this.#lastSeq.get(stream) ?? 0) + 1, line ?? 1);
    this.#lastSeq.set(stream, next);
    return next;
  }

  #readFile(file: string): string | null {
    const read = this.#reader.readLines(this.#test.file, file);
    if ("error" in read) return `${file}: ${read.error}`;
    const arrivals: Arrival[] = [];
    for (const [index, line] of read.lines.entries()) {
      const record = readRecordLine(line, DEFAULT_ENGINE_LIMITS.eventDepth);
      if (record.kind === "unreadable")
        this.#skipped.push(`${file}:${index + 1}: ${record.reason}`);
      else this.#addLine(arrivals, `${file}:${index + 1}`, index + 1, record.values);
    }
    this.#recorded.push(arrivals);
    return null;
  }

  #addLine(arrivals: Arrival[], place: string, line: number, values: readonly Value[]): void {
    const only = this.#onlyStream();
    const next = new Map<string, { seq: number; index: number }>();
    const add = (stream: StreamPlan, data: Value, stampMs: number | null): void => {
      const position = next.get(stream.name) ?? { seq: this.#nextSeq(stream.name, line), index: 0 };
      next.set(stream.name, { ...position, index: position.index + 1 });
      const timeMs = this.#clock(stream)(data, stampMs);
      arrivals.push({ kind: "event", stream: stream.name, ...position, stampMs, data, timeMs });
    };
    for (const value of values) {
      if (only !== null) {
        const { data, stampMs } = unwrapFor(only, value);
        for (const item of eventsOf(data)) add(only, item, stampMs);
        continue;
      }
      const envelope = readEnvelope(value);
      const streams = this.#plan.streams.filter(
        (stream) => envelope !== null && streamHasSubject(stream, envelope.subject),
      );
      if (envelope === null) this.#skipped.push(`${place}: not an envelope`);
      else if (streams.length === 0) {
        this.#skipped.push(`${place}: no stream has the subject ${envelope.subject}`);
      }
      for (const stream of streams) {
        for (const item of eventsOf(envelope?.data ?? null))
          add(stream, item, envelope?.stampMs ?? null);
      }
    }
  }

  /** The one stream that the rules under test read; null where there are several. */
  #onlyStream(): StreamPlan | null {
    const names = new Set(this.#rules.flatMap((rule) => rule.streams));
    const streams = this.#plan.streams.filter(({ name }) => names.has(name));
    return streams.length === 1 ? (streams[0] ?? null) : null;
  }

  #clock(stream: StreamPlan): TimeReader {
    const known = this.#clocks.get(stream.name);
    if (known !== undefined) return known;
    const made = timeReader(stream, false);
    this.#clocks.set(stream.name, made);
    return made;
  }
}

function firstTime(recorded: readonly (readonly Arrival[])[]): number | null {
  let first: number | null = null;
  for (const { timeMs } of recorded.flat()) {
    if (timeMs !== null && (first === null || timeMs < first)) first = timeMs;
  }
  return first;
}

/** A time as the stream reads it. */
function writtenTime(time: TimePlan, timeMs: number): Value {
  switch (time.unit) {
    case "ms":
      return time.format === null ? formatTime(timeMs) : timeMs;
    case "s":
      return timeMs / 1000;
    case "us":
      return timeMs * 1000;
    case "ns": {
      const exact = BigInt(timeMs) * 1_000_000n;
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
  }
}
