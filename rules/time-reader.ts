/** The event time of a record as its stream reads it, for those who must know it before the engine does. */

import { isObject, type Value } from "../base/value.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import { EventClock } from "../engine/event-time.ts";

/** Milliseconds since 1970, or null where the record has no time that can be read. */
export type TimeReader = (data: Value, stampMs: number | null) => number | null;

/** `codegen`: whether the host lets code be made at run time. */
export function timeReader(stream: StreamPlan, codegen: boolean): TimeReader {
  const clock = new EventClock(stream, { codegen });
  return (data, stampMs) =>
    isObject(data) && clock.read(data, stampMs) === null ? clock.ms : null;
}
