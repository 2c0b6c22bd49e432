/** From a line of an input file to the events that it holds, each with the stream that gets it. */

import { stringifyJson } from "../../base/json.ts";
import type { Value } from "../../base/value.ts";
import type { StreamPlan } from "../../dsl/plan.ts";
import { DEFAULT_ENGINE_LIMITS } from "../../engine/options.ts";
import type { FileLine } from "../../io/line-splitter.ts";
import { readEnvelope, streamHasSubject, unwrapFor } from "../../rules/envelope.ts";
import { eventsOf, readRecordLine } from "../../rules/record-line.ts";
import type { InputSpec } from "./input-spec.ts";
import type { ProblemLog } from "./problem-log.ts";

/** One event of a line. */
export interface DecodedEvent {
  readonly stream: StreamPlan;
  /** Its place among the events of the line for this stream. */
  readonly index: number;
  readonly stampMs: number | null;
  readonly data: Value;
  /** Size of its JSON text; 0 where it is certainly below the limit. */
  readonly bytes: number;
}

/** Longest line that is read; an event in it may be as long as the engine's limit says. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export class LineDecoder {
  readonly #spec: InputSpec;
  readonly #streams: readonly StreamPlan[];
  readonly #problems: ProblemLog;

  constructor(spec: InputSpec, streams: readonly StreamPlan[], problems: ProblemLog) {
    this.#spec = spec;
    this.#streams = streams;
    this.#problems = problems;
  }

  /** The line's events in their order. What holds none is counted and reported; a blank line is neither. */
  decode({ line, lineNumber }: FileLine): readonly DecodedEvent[] {
    if (line === null) {
      this.#report(lineNumber, "too large", `a line may have ${MAX_LINE_BYTES} bytes`);
      return [];
    }
    const record = readRecordLine(line, DEFAULT_ENGINE_LIMITS.eventDepth);
    if (record.kind === "unreadable") {
      const [reason = record.reason, detail = ""] = record.reason.split(/: (.*)/s);
      this.#report(lineNumber, reason, detail);
      return [];
    }
    const { values } = record;
    const { stream } = this.#spec;
    const events: DecodedEvent[] = [];
    const single = values.length === 1;
    for (const value of values) {
      if (stream === null) this.#addEnvelope(events, lineNumber, value, line, single);
      else {
        const { data, stampMs } = unwrapFor(stream, value);
        addEvents(events, stream, stampMs, data, line, single);
      }
    }
    return events;
  }

  #addEnvelope(
    events: DecodedEvent[],
    lineNumber: number,
    value: Value,
    line: string,
    single: boolean,
  ): void {
    const envelope = readEnvelope(value);
    if (envelope === null) {
      const names = this.#streams.map(({ name }) => name).join(", ");
      const detail = `name the stream (${names}), as in --input NAME=${this.#spec.path}`;
      this.#report(lineNumber, "not an envelope with a subject", detail);
      return;
    }
    const { subject, stampMs, data } = envelope;
    const streams = this.#streams.filter((stream) => streamHasSubject(stream, subject));
    if (streams.length === 0) this.#report(lineNumber, "no stream has this subject", subject);
    for (const stream of streams) addEvents(events, stream, stampMs, data, line, single);
  }

  #report(lineNumber: number, reason: string, detail: string): void {
    this.#problems.add(this.#spec.path, lineNumber + 1, 0, reason, detail);
  }
}

function addEvents(
  events: DecodedEvent[],
  stream: StreamPlan,
  stampMs: number | null,
  data: Value,
  line: string,
  single: boolean,
): void {
  let index = events.filter((event) => event.stream === stream).length;
  const items = eventsOf(data);
  const alone = single && items.length === 1;
  for (const item of items) {
    events.push({ stream, index: index++, stampMs, data: item, bytes: sizeOf(item, line, alone) });
  }
}

function sizeOf(data: Value, line: string, alone: boolean): number {
  const { eventBytes } = DEFAULT_ENGINE_LIMITS;
  // UTF-8 takes at most three bytes for a unit of the text.
  if (line.length * 3 <= eventBytes) return 0;
  return Buffer.byteLength(alone ? line : stringifyJson(data));
}
