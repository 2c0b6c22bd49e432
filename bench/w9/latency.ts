/**
 * Latency of alerts in the open loop: receipt by a plain subscriber less the intended send time of the event that
 * completes the match, so that a publisher which falls behind counts as well. What a deadline decides has no such
 * event: it is reported apart, against the first event whose time is behind the deadline.
 */

import { percentile } from "../percentile.ts";
import { type Latency, rounded } from "../result.ts";
import type { Received } from "./alerts.ts";

export interface LatencyReport {
  readonly byEvent: Latency;
  readonly byDeadline: Latency | null;
  readonly alerts: number;
  readonly deadlines: number;
}

/** `timesMs`: event times; event i was meant to be sent at `startMs` + i / rate. */
export function latencyOf(
  received: readonly Received[],
  timesMs: Float64Array,
  load: number,
  perSecond: number,
  startMs: number,
): LatencyReport {
  const byEvent: number[] = [];
  const byDeadline: number[] = [];
  for (const { alert, atMs } of received) {
    const decidedMs = Date.parse(alert.time);
    const late = alert.kind === "missing" || alert.time !== alert.end;
    const event = firstAtOrAfter(timesMs, late ? decidedMs + 1 : decidedMs);
    const intendedMs = startMs + (event / perSecond) * 1000;
    (late ? byDeadline : byEvent).push(atMs - intendedMs);
  }
  return {
    byEvent: summary(byEvent, load),
    byDeadline: byDeadline.length === 0 ? null : summary(byDeadline, load),
    alerts: byEvent.length,
    deadlines: byDeadline.length,
  };
}

function firstAtOrAfter(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timesMs[middle] as number) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function summary(values: readonly number[], load: number): Latency {
  const times = Float64Array.from(values);
  const at = (p: number): number => rounded(percentile(times, p), 2);
  return { load, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
