/** What `--input` names: a file, and perhaps the stream that it feeds. */

import { existsSync } from "node:fs";
import { nearest } from "../../base/edit-distance.ts";
import type { StreamPlan } from "../../dsl/plan.ts";
import { UsageError } from "../exit-code.ts";

export interface InputSpec {
  readonly path: string;
  /** The stream of all lines; null where each line is an envelope that names its subject. */
  readonly stream: StreamPlan | null;
}

const NAMED = /^([\p{L}_][\p{L}\p{N}_]*)=(.+)$/su;

/** Reads the values of `--input`, in their order. Throws UsageError for what cannot be meant. */
export function inputSpecs(
  values: readonly string[],
  streams: readonly StreamPlan[],
): readonly InputSpec[] {
  const specs = values.map((value) => inputSpec(value, streams));
  const seen = new Set<string>();
  for (const { path } of specs) {
    if (seen.has(path)) throw new UsageError(`--input: ${path} is given twice`);
    seen.add(path);
    if (path !== "-" && !existsSync(path)) throw new UsageError(`--input: ${path} does not exist`);
  }
  return specs;
}

function inputSpec(value: string, streams: readonly StreamPlan[]): InputSpec {
  const [, name, file] = NAMED.exec(value) ?? [];
  const only = streams.length === 1 ? (streams[0] ?? null) : null;
  if (name === undefined || file === undefined) return { path: value, stream: only };
  const stream = streams.find((candidate) => candidate.name === name);
  if (stream !== undefined) return { path: file, stream };
  if (existsSync(value)) return { path: value, stream: only };
  const names = streams.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const hint = meant === null ? `there are ${names.join(", ")}` : `did you mean ${meant}?`;
  throw new UsageError(`--input: no stream is called ${name}; ${hint}`);
}
