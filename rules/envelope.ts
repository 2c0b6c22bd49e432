/**
 * Envelopes: `{"subject":"events.auth.login","data":{…},"time":…}`, the form in which events of several streams share a
 * file. The subject says which streams get the event, the time stands for the broker's.
 */

import { subjectMatches } from "../base/subject.ts";
import { isObject, property, type Value } from "../base/value.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import { parseTime } from "../dsl/zone.ts";

export interface Envelope {
  readonly subject: string;
  readonly data: Value;
  /** Milliseconds since 1970; null where the envelope tells no time. */
  readonly stampMs: number | null;
}

const NAMES = new Set(["subject", "data", "time"]);

/** The value as an envelope, or null: it has `subject` and `data`, perhaps `time`, and nothing else. */
export function readEnvelope(value: Value): Envelope | null {
  if (!isObject(value)) return null;
  const subject = property(value, "subject");
  if (typeof subject !== "string" || !Object.hasOwn(value, "data")) return null;
  if (!Object.keys(value).every((name) => NAMES.has(name))) return null;
  return { subject, data: property(value, "data"), stampMs: readStamp(property(value, "time")) };
}

/** RFC 3339 or epoch milliseconds. */
function readStamp(time: Value): number | null {
  if (typeof time === "number") return time;
  return typeof time === "string" ? parseTime(time, null, null) : null;
}

/** Does a subject belong to the stream? */
export function streamHasSubject(stream: StreamPlan, subject: string): boolean {
  return stream.subjects.some((pattern) => subjectMatches(pattern, subject));
}

/**
 * What a value read for one stream holds: the data of an envelope whose subject is one of the stream's, else the value
 * itself. (An event with the fields `subject` and `data`, such as a mail, is no envelope unless its subject fits.)
 */
export function unwrapFor(stream: StreamPlan, value: Value): Pick<Envelope, "data" | "stampMs"> {
  const envelope = readEnvelope(value);
  if (envelope !== null && streamHasSubject(stream, envelope.subject)) return envelope;
  return { data: value, stampMs: null };
}
