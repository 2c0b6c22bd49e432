/**
 * Subjects that no JetStream stream holds (core NATS): the service may keep what is published there in a stream of its
 * own, and reads it from there like any other. What was published before the stream was made is not in it.
 */

import type { Broker, Outcome } from "../io/nats.ts";
import { addSubjects, covers, ensureStream, findStreams } from "../io/nats-streams.ts";

export interface CaptureSettings {
  /** The JetStream stream that captures. */
  readonly stream: string;
  readonly maxAgeHours: number;
  readonly maxBytes: number;
}

const HOUR_MS = 3_600_000;

/** Makes the stream for those of the subjects that no stream holds, or adds them to it; gives them. */
export async function capture(
  broker: Broker,
  { stream: name, maxAgeHours, maxBytes }: CaptureSettings,
  subjects: readonly string[],
): Promise<Outcome<readonly string[]>> {
  const loose: string[] = [];
  for (const subject of subjects) {
    const holders = await findStreams(broker, subject);
    if (holders.kind !== "ok") return holders;
    if (holders.value.length === 0 && !loose.some((other) => covers(other, subject))) {
      loose.push(subject);
    }
  }
  const captured = loose.filter(
    (one) => !loose.some((other) => other !== one && covers(other, one)),
  );
  if (captured.length === 0) return { kind: "ok", value: [] };
  const limits = { maxAgeMs: maxAgeHours * HOUR_MS, maxBytes };
  const made = await ensureStream(broker, { name, subjects: captured, ...limits });
  if (made.kind !== "ok") return made;
  if (!made.value.created) {
    const added = await addSubjects(broker, made.value.info, captured);
    if (added.kind !== "ok") return added;
  }
  return { kind: "ok", value: captured };
}
