/** The events of W9 as they travel: subject, JSON text, and when they are said to have happened. All in memory. */

import type { Kind } from "./event-fields.ts";
import { type W9Size, w9Events } from "./generator.ts";

export interface W9Lines {
  readonly subjects: readonly string[];
  readonly payloads: readonly Uint8Array[];
  /** Milliseconds since 1970, strictly rising. */
  readonly timesMs: Float64Array;
}

/** Name of the stream of the rules that takes events of a kind. */
export const STREAM_OF: Readonly<Record<Kind, string>> = {
  auth: "auth",
  process: "proc",
  flow: "flows",
  dns: "dns",
  file: "files",
  beat: "beats",
};

export function w9Lines(size: W9Size): W9Lines {
  const subjects: string[] = [];
  const payloads: Uint8Array[] = [];
  const timesMs = new Float64Array(size.events);
  for (const { subject, timeMs, data } of w9Events(size)) {
    timesMs[payloads.length] = timeMs;
    subjects.push(subject);
    payloads.push(Buffer.from(JSON.stringify(data)));
  }
  return { subjects, payloads, timesMs };
}
