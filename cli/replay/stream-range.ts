/**
 * A range of a JetStream stream, as `--from` and `--to` name it: by sequence, or by the time at which the broker stored
 * the messages, both ends included. What of it the stream no longer holds is told, never passed over in silence.
 */

import { formatTime } from "../../base/time.ts";
import { parseTime } from "../../dsl/zone.ts";
import type { Broker, Outcome } from "../../io/nats.ts";
import { nextMessage, type StreamInfo, streamInfo } from "../../io/nats-streams.ts";
import { UsageError } from "../exit-code.ts";

/** A sequence, or a moment in milliseconds since 1970. */
export type RangeEnd =
  | { readonly kind: "seq"; readonly seq: number }
  | { readonly kind: "time"; readonly timeMs: number };

export interface StreamRange {
  readonly stream: string;
  /** When the stream was made: with its name its identity. */
  readonly created: string;
  /** The subjects that it holds. */
  readonly subjects: readonly string[];
  /** First and last sequence; the range is empty where `fromSeq` is above `toSeq`. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** What was asked for and is not there, one clause each. */
  readonly shortfalls: readonly string[];
}

/** The value of `--from` or `--to`. Throws UsageError. */
export function rangeEnd(flag: string, text: string | null): RangeEnd | null {
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return { kind: "seq", seq: Number(text) };
  const timeMs = parseTime(text, null, null);
  if (timeMs !== null) return { kind: "time", timeMs };
  throw new UsageError(
    `${flag}: ${text} is neither a sequence nor a time, such as 2026-01-31T08:00:00Z`,
  );
}

/** Finds the range in the stream as it is now. Throws UsageError where there is no such stream, or no such range. */
export async function findRange(
  broker: Broker,
  stream: string,
  from: RangeEnd | null,
  to: RangeEnd | null,
): Promise<StreamRange> {
  const info = found(stream, await streamInfo(broker, stream));
  const fromSeq = await firstOf(broker, info, from);
  const toSeq = await lastOf(broker, info, to);
  if (from !== null && to !== null && from.kind === to.kind && isAbove(from, to)) {
    throw new UsageError("--from lies behind --to");
  }
  const shortfalls = [
    ...(await expiredBefore(broker, info, from)),
    ...(to?.kind === "seq" && to.seq > info.lastSeq
      ? [`it ends at ${info.lastSeq}, before ${to.seq}`]
      : []),
  ];
  const { created, subjects } = info;
  return {
    stream,
    created,
    subjects,
    fromSeq: Math.max(fromSeq, info.firstSeq),
    toSeq,
    shortfalls,
  };
}

function isAbove(a: RangeEnd, b: RangeEnd): boolean {
  return valueIn(a) > valueIn(b);
}

function valueIn(end: RangeEnd): number {
  return end.kind === "seq" ? end.seq : end.timeMs;
}

async function firstOf(broker: Broker, info: StreamInfo, from: RangeEnd | null): Promise<number> {
  if (from === null) return info.firstSeq;
  return from.kind === "seq" ? from.seq : seqAt(broker, info, from.timeMs);
}

async function lastOf(broker: Broker, info: StreamInfo, to: RangeEnd | null): Promise<number> {
  if (to === null) return info.lastSeq;
  if (to.kind === "seq") return Math.min(to.seq, info.lastSeq);
  return (await seqAt(broker, info, to.timeMs + 1)) - 1;
}

/** What lay at the beginning of the range, or may have, and is gone. */
async function expiredBefore(
  broker: Broker,
  info: StreamInfo,
  from: RangeEnd | null,
): Promise<readonly string[]> {
  const { name, firstSeq } = info;
  if (firstSeq <= 1) return [];
  if (from === null) return [`its messages 1 to ${firstSeq - 1} are no longer there`];
  if (from.kind === "seq") {
    const first = Math.max(1, from.seq);
    if (first >= firstSeq) return [];
    return [`its messages ${first} to ${firstSeq - 1} are no longer there`];
  }
  const oldest = await nextMessage(broker, name, firstSeq, ">");
  if (oldest.kind === "ok" && oldest.value.timeMs <= from.timeMs) return [];
  const since = oldest.kind === "ok" ? ` (${formatTime(oldest.value.timeMs)})` : "";
  return [`it begins at ${firstSeq}${since}: what was stored before is no longer there`];
}

/** The first sequence that was stored at this time or later, by halving: O(log n) requests; behind the end if none was. */
async function seqAt(broker: Broker, info: StreamInfo, timeMs: number): Promise<number> {
  let low = info.firstSeq;
  let high = info.lastSeq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const next = await nextMessage(broker, info.name, middle, ">");
    if (next.kind === "missing") high = middle;
    else {
      const message = found(info.name, next);
      if (message.timeMs >= timeMs) high = middle;
      else low = message.seq + 1;
    }
  }
  return low;
}

function found<T>(stream: string, outcome: Outcome<T>): T {
  if (outcome.kind === "ok") return outcome.value;
  throw new UsageError(`the stream ${stream}: ${outcome.reason}`);
}
