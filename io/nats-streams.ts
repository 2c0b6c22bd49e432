/**
 * JetStream streams: their state, single messages, finding and making them. All answers come from the stream's
 * leader, never from a replica, so that what was acknowledged before is seen.
 */

import type { Broker, Outcome } from "./nats.ts";

/** A stream as its leader describes it. */
export interface StreamInfo {
  readonly name: string;
  /** When it was made, as the server writes it: together with the name its identity. */
  readonly created: string;
  readonly subjects: readonly string[];
  readonly messages: number;
  /** Sequence of the oldest message; one above `lastSeq` where there is none. */
  readonly firstSeq: number;
  /** Sequence last given; 0 in a new stream. */
  readonly lastSeq: number;
  readonly config: StreamConfig;
}

/** The settings that matter here, in the server's words. */
export interface StreamConfig {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention: "limits" | "interest" | "workqueue";
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
  readonly allow_rollup_hdrs: boolean;
  /** Nanoseconds; 0 for ever. */
  readonly max_age: number;
  /** -1 without limit. */
  readonly max_bytes: number;
}

/** A stored message. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  /** When the broker stored it, whole milliseconds. */
  readonly timeMs: number;
  readonly data: Uint8Array;
  /** In the order of the message; names may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

interface InfoAnswer {
  readonly config: StreamConfig;
  readonly created: string;
  readonly state: {
    readonly messages: number;
    readonly first_seq: number;
    readonly last_seq: number;
  };
}

interface MessageAnswer {
  readonly message: {
    readonly subject: string;
    readonly seq: number;
    readonly time: string;
    readonly data?: string;
    readonly hdrs?: string;
  };
}

export async function streamInfo(broker: Broker, name: string): Promise<Outcome<StreamInfo>> {
  return mapOutcome(await broker.api(`STREAM.INFO.${name}`), (answer) =>
    infoOf(answer as InfoAnswer),
  );
}

function infoOf({ config, created, state }: InfoAnswer): StreamInfo {
  return {
    name: config.name,
    created,
    subjects: config.subjects ?? [],
    messages: state.messages,
    firstSeq: state.messages === 0 ? state.last_seq + 1 : state.first_seq,
    lastSeq: state.last_seq,
    config,
  };
}

/** Names of the streams that hold the subject or, for a pattern, a part of it. */
export async function findStreams(
  broker: Broker,
  subject: string,
): Promise<Outcome<readonly string[]>> {
  return mapOutcome(
    await broker.api("STREAM.NAMES", { subject }),
    (answer) => (answer as { streams?: string[] | null }).streams ?? [],
  );
}

/** The message at a sequence; "missing" where it was never there, or no longer is. */
export async function messageAt(
  broker: Broker,
  stream: string,
  seq: number,
): Promise<Outcome<StoredMessage>> {
  const outcome = await broker.api(`STREAM.MSG.GET.${stream}`, { seq });
  return mapOutcome(outcome, (answer) => messageOf(answer as MessageAnswer));
}

/** The last message of a subject. */
export async function lastOfSubject(
  broker: Broker,
  stream: string,
  subject: string,
): Promise<Outcome<StoredMessage>> {
  const outcome = await broker.api(`STREAM.MSG.GET.${stream}`, { last_by_subj: subject });
  return mapOutcome(outcome, (answer) => messageOf(answer as MessageAnswer));
}

/** The first message at or behind a sequence that a subject filter lets through. */
export async function nextMessage(
  broker: Broker,
  stream: string,
  seq: number,
  filter: string,
): Promise<Outcome<StoredMessage>> {
  const outcome = await broker.api(`STREAM.MSG.GET.${stream}`, { seq, next_by_subj: filter });
  return mapOutcome(outcome, (answer) => messageOf(answer as MessageAnswer));
}

/** Where a stream ends: the sequence last given and the message there, null where that one has expired. */
export interface StreamEnd {
  readonly lastSeq: number;
  readonly message: StoredMessage | null;
}

/** Reads where the stream ends. A message stored meanwhile may be missed, or be the one that is given. */
export async function streamEnd(broker: Broker, stream: string): Promise<Outcome<StreamEnd>> {
  const info = await streamInfo(broker, stream);
  if (info.kind !== "ok") return info;
  const { lastSeq } = info.value;
  if (lastSeq === 0) return { kind: "ok", value: { lastSeq, message: null } };
  const found = await messageAt(broker, stream, lastSeq);
  if (found.kind === "missing") return { kind: "ok", value: { lastSeq, message: null } };
  return mapOutcome(found, (message) => ({ lastSeq, message }));
}

/** How `ensureStream` left a stream: ready, or with settings that somebody has to correct, one clause each. */
export interface EnsuredStream {
  readonly created: boolean;
  readonly info: StreamInfo;
  readonly differences: readonly string[];
}

/**
 * Makes the stream that takes the engine's output where it is missing: file storage, nothing deleted or purged by
 * hand. An existing one is compared, never changed.
 */
export async function ensureStream(
  broker: Broker,
  wanted: {
    readonly name: string;
    readonly subjects: readonly string[];
    readonly replicas?: number;
    /** Age and size beyond which the oldest messages go; without limit where they are left out. */
    readonly maxAgeMs?: number;
    readonly maxBytes?: number;
  },
): Promise<Outcome<EnsuredStream>> {
  const found = await streamInfo(broker, wanted.name);
  if (found.kind !== "missing") {
    return mapOutcome(found, (info) => ({
      created: false,
      info,
      differences: differences(info.config, wanted.subjects),
    }));
  }
  const config = {
    name: wanted.name,
    subjects: wanted.subjects,
    retention: "limits",
    storage: "file",
    discard: "old",
    num_replicas: wanted.replicas ?? 1,
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    max_consumers: -1,
    max_msgs: -1,
    max_bytes: wanted.maxBytes ?? -1,
    max_age: (wanted.maxAgeMs ?? 0) * 1e6,
    max_msg_size: -1,
    // The publisher's message ids are for its chain only; the server need not remember them.
    duplicate_window: 1_000_000_000,
  };
  const made = await broker.api(`STREAM.CREATE.${wanted.name}`, config);
  return mapOutcome(made, (answer) => ({
    created: true,
    info: infoOf(answer as InfoAnswer),
    differences: [],
  }));
}

/** Adds subjects to a stream; its other settings stay. */
export async function addSubjects(
  broker: Broker,
  { config }: StreamInfo,
  subjects: readonly string[],
): Promise<Outcome<StreamInfo>> {
  const wanted = { ...config, subjects: [...(config.subjects ?? []), ...subjects] };
  const updated = await broker.api(`STREAM.UPDATE.${config.name}`, wanted);
  return mapOutcome(updated, (answer) => infoOf(answer as InfoAnswer));
}

function differences(config: StreamConfig, subjects: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const subject of subjects) {
    if (!(config.subjects ?? []).some((pattern) => covers(pattern, subject))) {
      found.push(`does not hold the subject ${subject}`);
    }
  }
  if (config.retention !== "limits") found.push(`has retention ${config.retention}, not limits`);
  if (config.storage !== "file") found.push(`has storage ${config.storage}, not file`);
  if (!config.deny_delete) found.push("lets messages be deleted (deny_delete is off)");
  if (!config.deny_purge) found.push("lets messages be purged (deny_purge is off)");
  if (config.allow_rollup_hdrs) found.push("lets a header purge it (allow_rollup_hdrs is on)");
  return found;
}

/** Does the pattern match every subject that the other one, itself a subject or a pattern, matches? */
export function covers(pattern: string, subject: string): boolean {
  const wide = pattern.split(".");
  const narrow = subject.split(".");
  for (let i = 0; i < wide.length; i++) {
    const token = wide[i];
    const other = narrow[i];
    if (token === ">") return other !== undefined;
    if (other === undefined || other === ">") return false;
    if (token !== "*" && token !== other) return false;
  }
  return wide.length === narrow.length;
}

function messageOf({ message }: MessageAnswer): StoredMessage {
  return {
    subject: message.subject,
    seq: message.seq,
    timeMs: Date.parse(message.time),
    data: bytesOf(message.data),
    headers: headersOf(Buffer.from(message.hdrs ?? "", "base64").toString()),
  };
}

function bytesOf(base64: string | undefined): Uint8Array {
  const buffer = Buffer.from(base64 ?? "", "base64");
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** The lines between `NATS/1.0` and the empty line at the end. */
function headersOf(block: string): readonly (readonly [string, string])[] {
  const lines = block.split("\r\n").slice(1);
  return lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
  });
}

function mapOutcome<A, B>(outcome: Outcome<A>, map: (value: A) => B): Outcome<B> {
  return outcome.kind === "ok" ? { kind: "ok", value: map(outcome.value) } : outcome;
}
