/**
 * What the service does before it reads the first event: it finds the JetStream streams behind the rules' streams, waits
 * for those that are missing, and compares what it finds with what it left. A difference means that events or alerts
 * were lost; the service then refuses to run, unless an operator has accepted the loss, which is recorded.
 */

import { crc32 } from "../base/crc32.ts";
import type { StreamPlan } from "../dsl/plan.ts";
import { type Clock, pause } from "../io/clock.ts";
import type { Broker, Outcome } from "../io/nats.ts";
import {
  covers,
  ensureStream,
  findStreams,
  messageAt,
  type StreamInfo,
  streamInfo,
} from "../io/nats-streams.ts";
import type { Store } from "../state/store.ts";
import { align } from "./alert-log.ts";
import { findEnd } from "./alert-sender.ts";
import { type CaptureSettings, capture } from "./capture.ts";
import type { ControlDecision } from "./committer.ts";
import { judgeFeed } from "./feed-check.ts";
import type { Log } from "./log.ts";
import { Outbox, type OutboxLimits } from "./outbox.ts";
import { ACCEPT_FLAG, RefusalError } from "./refusal.ts";
import { readStoredAlerts, readStoredFeeds, type StoredFeed } from "./stored-service.ts";

export interface StartupParts {
  readonly broker: Broker;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** An operator's word that losses found are to be accepted. */
  readonly acceptLoss: boolean;
  /** Captures subjects that no stream holds; they are waited for where it is left out. */
  readonly capture?: CaptureSettings;
  /** Was damaged state set aside, so that a new one has to be built? */
  readonly rebuilding: boolean;
  /** Is what is missing refused instead of waited for? */
  readonly hurried?: boolean;
  /** What is waited for, for the readiness report; null when nothing is. */
  readonly onWaiting: (reason: string | null) => void;
  /** OUTBOX_LIMITS where left out. */
  readonly outboxLimits?: OutboxLimits;
}

/** A JetStream stream to read, with the streams of the rules that it holds. */
export interface FoundSource {
  readonly stored: StoredFeed;
  readonly streams: readonly StreamPlan[];
  /** Subject patterns to ask for; none: all messages of the stream. */
  readonly filters: readonly string[];
  /** Losses accepted, to be recorded with the first commit. */
  readonly gaps: readonly ControlDecision[];
  /** Sequence of the oldest message. */
  readonly firstSeq: number;
}

const RETRY_MS = 500;

/** Asks until the answer is "ok"; says once per reason what it waits for. Rejects when the signal aborts. */
async function waitFor<T>(
  parts: StartupParts,
  what: string,
  ask: () => Promise<Outcome<T>>,
): Promise<T> {
  let told: string | null = null;
  for (;;) {
    parts.signal.throwIfAborted();
    const outcome = await ask();
    if (outcome.kind === "ok") {
      if (told !== null) parts.log.info(`${what}: found`);
      parts.onWaiting(null);
      return outcome.value;
    }
    if (parts.hurried === true) throw new RefusalError(3, `${what}: ${outcome.reason}`);
    if (outcome.kind === "refused") {
      throw new RefusalError(3, `${what}: NATS refuses (${outcome.reason})`);
    }
    const reason = `${what}: ${outcome.reason}; waiting`;
    if (reason !== told) parts.log.warn(reason);
    told = reason;
    parts.onWaiting(reason);
    await pause(parts.clock, RETRY_MS, parts.signal);
  }
}

/** The sources of these streams, in the order of their names, once all of them are there. */
export async function findSources(
  parts: StartupParts,
  streams: readonly StreamPlan[],
  alertStream: string,
): Promise<FoundSource[]> {
  await captureLoose(parts, streams);
  const holders = new Map<string, StreamPlan[]>();
  for (const stream of streams) {
    for (const name of await holdersOf(parts, stream, alertStream)) {
      const held = holders.get(name);
      if (held === undefined) holders.set(name, [stream]);
      else held.push(stream);
    }
  }
  const known = new Map(readStoredFeeds(parts.store).map((feed) => [feed.name, feed]));
  const found: FoundSource[] = [];
  for (const [name, held] of [...holders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const info = await waitFor(parts, `the JetStream stream ${name}`, () =>
      streamInfo(parts.broker, name),
    );
    if (info.config.retention !== "limits") {
      throw new RefusalError(
        3,
        `the JetStream stream ${name} has retention "${info.config.retention}": events that are removed when they are read cannot be read again after a crash`,
        ["use a stream with retention limits"],
      );
    }
    found.push(await checkSource(parts, info, held, known.get(name) ?? null));
  }
  return found;
}

/** Subjects of core NATS are captured where the configuration asks for it. */
async function captureLoose(parts: StartupParts, streams: readonly StreamPlan[]): Promise<void> {
  const { capture: settings } = parts;
  if (settings === undefined) return;
  const subjects = [...new Set(streams.flatMap((stream) => stream.subjects))];
  const captured = await waitFor(parts, `the capture stream ${settings.stream}`, () =>
    capture(parts.broker, settings, subjects),
  );
  if (captured.length === 0) return;
  const what = captured.join(", ");
  parts.log.warn(`no stream held ${what}: ${settings.stream} captures from now on`);
}

/** The JetStream streams that hold the stream's subjects: at least one. */
async function holdersOf(
  parts: StartupParts,
  stream: StreamPlan,
  alertStream: string,
): Promise<Set<string>> {
  const names = new Set<string>();
  for (const subject of stream.subjects) {
    const what = `a JetStream stream for the subject ${subject} (stream "${stream.name}" of the rules)`;
    const found = await waitFor(parts, what, async (): Promise<Outcome<readonly string[]>> => {
      const outcome = await findStreams(parts.broker, subject);
      if (outcome.kind !== "ok") return outcome;
      const others = outcome.value.filter((name) => name !== alertStream);
      if (others.length > 0) return { kind: "ok", value: others };
      const reason = outcome.value.length > 0 ? "only the alert stream holds it" : "there is none";
      return { kind: "missing", reason };
    });
    for (const name of found) names.add(name);
  }
  return names;
}

async function checkSource(
  parts: StartupParts,
  info: StreamInfo,
  streams: readonly StreamPlan[],
  known: StoredFeed | null,
): Promise<FoundSource> {
  const { name, created, firstSeq, lastSeq } = info;
  const filters = filtersFor(streams, info.subjects);
  if (known === null) {
    const stored = { name, created, position: 0, storedMs: 0, checksum: 0 };
    return { stored, streams, filters, gaps: [], firstSeq };
  }
  const message = known.position === 0 ? null : await storedMessage(parts, name, known.position);
  const verdict = judgeFeed(known, { created, firstSeq, lastSeq, message });
  if (verdict.kind === "same") return { stored: known, streams, filters, gaps: [], firstSeq };
  const { reason, position, from, to } = verdict;
  if (!parts.acceptLoss)
    throw refusal(reason, `${ACCEPT_FLAG} goes on behind message ${position} and records the gap`);
  parts.log.warn(`loss accepted: ${reason}`);
  const gap: ControlDecision = { kind: "gap", body: { feed: name, from, to, reason } };
  return {
    stored: { name, created, position, storedMs: 0, checksum: 0 },
    streams,
    filters,
    gaps: [gap],
    firstSeq,
  };
}

/** The server takes no filter beyond the stream's own subjects, and one that lets all pass is only in the way. */
export function filtersFor(
  streams: readonly Pick<StreamPlan, "subjects">[],
  held: readonly string[],
): readonly string[] {
  const patterns = [...new Set(streams.flatMap(({ subjects }) => subjects))];
  const within = (inner: string, outer: readonly string[]) =>
    outer.some((one) => covers(one, inner));
  if (held.every((subject) => within(subject, patterns))) return [];
  return patterns.every((pattern) => within(pattern, held)) ? patterns : [];
}

async function storedMessage(
  parts: StartupParts,
  stream: string,
  seq: number,
): Promise<{ readonly storedMs: number; readonly checksum: number } | null> {
  return waitFor(parts, `message ${seq} of the JetStream stream ${stream}`, async () => {
    const outcome = await messageAt(parts.broker, stream, seq);
    if (outcome.kind === "missing") return { kind: "ok", value: null };
    if (outcome.kind !== "ok") return outcome;
    const { timeMs, data } = outcome.value;
    return { kind: "ok", value: { storedMs: timeMs, checksum: crc32(data) } };
  });
}

/** The outbox as the alert stream makes it, and how the two belong together. */
export interface OpenedAlerts {
  readonly outbox: Outbox;
  readonly alerts: { readonly stream: string; readonly created: string; readonly base: number };
  readonly gaps: readonly ControlDecision[];
  /** Number of the last record that the alert stream has and the state does not know; 0: there is none. */
  readonly catchUpTo: number;
}

/** Makes the alert stream where it is missing, and finds out which record it has last. */
export async function openAlerts(
  parts: StartupParts,
  name: string,
  subjects: readonly string[],
  sources: readonly FoundSource[],
): Promise<OpenedAlerts> {
  const { broker, store, log, clock } = parts;
  await ensureAlerts(parts, name, subjects);
  const stored = readStoredAlerts(store);
  if (stored !== null && stored.stream !== "" && stored.stream !== name) {
    throw refusal(
      `the state folder belongs to the alert stream ${stored.stream}, and nats.alertStream is ${name}`,
      "give each service a state folder of its own",
    );
  }
  const outbox = new Outbox(store, stored?.next ?? 1, parts.outboxLimits);
  const end = await waitFor(parts, `the end of the alert stream ${name}`, () =>
    findEnd(broker, name),
  );
  const { firstStored, next } = outbox;
  const found = align(stored, { firstStored, next, stored: (n) => outbox.stored(n) }, end);
  const alerts = { stream: name, created: end.created };
  const unbuildable = stored === null ? whyUnbuildable(sources) : null;
  if (found.kind === "aligned") {
    if (parts.rebuilding && unbuildable !== null && !parts.acceptLoss) {
      throw refusal(unbuildable, `${ACCEPT_FLAG} goes on without it`);
    }
    outbox.reload(found.acked, clock.monotonicMs());
    return { outbox, alerts: { ...alerts, base: found.base }, gaps: [], catchUpTo: 0 };
  }
  let { reason } = found;
  if (found.kind === "behind" && !parts.acceptLoss) {
    const expired = end.firstSeq > found.base + next ? "it no longer holds all of them" : null;
    const obstacle = expired ?? unbuildable;
    if (obstacle === null) {
      log.warn(`the alert stream ${name}: ${reason}; the state is built anew up to there`);
      outbox.reload(next - 1, clock.monotonicMs());
      return { outbox, alerts: { ...alerts, base: found.base }, gaps: [], catchUpTo: found.to };
    }
    reason = `${reason}, and it cannot be built anew: ${obstacle}`;
  }
  const { accepted } = found;
  const hint =
    accepted === null
      ? "give each engine an alert stream of its own"
      : `${ACCEPT_FLAG} gives up ${accepted.loss} and goes on`;
  if (accepted === null || !parts.acceptLoss)
    throw refusal(`the alert stream ${name}: ${reason}`, hint);
  log.warn(`loss accepted: the alert stream ${name}: ${reason}`);
  const forward = new Outbox(store, accepted.next, parts.outboxLimits);
  forward.reload(accepted.acked, clock.monotonicMs());
  const gap: ControlDecision = { kind: "gap", body: { stream: name, lost: accepted.loss, reason } };
  return {
    outbox: forward,
    alerts: { ...alerts, base: accepted.base },
    gaps: [gap],
    catchUpTo: 0,
  };
}

async function ensureAlerts(
  parts: StartupParts,
  name: string,
  subjects: readonly string[],
): Promise<void> {
  const { broker, log } = parts;
  const ensured = await waitFor(parts, `the alert stream ${name}`, () =>
    ensureStream(broker, { name, subjects }),
  );
  if (ensured.created) log.info(`made the alert stream ${name} for ${subjects.join(", ")}`);
  for (const difference of ensured.differences) {
    if (difference.startsWith("does not hold"))
      throw refusal(`the alert stream ${name} ${difference}`, "add the subject to it");
    log.warn(`the alert stream ${name} ${difference}`);
  }
}

/** Why a state that is gone cannot be found again by reading everything once more; null where it can. */
function whyUnbuildable(sources: readonly FoundSource[]): string | null {
  const cut = sources.find(({ firstSeq }) => firstSeq > 1);
  if (cut === undefined) return null;
  const { name } = cut.stored;
  return `of the stream ${name} messages 1 to ${cut.firstSeq - 1} have expired, and the state rests on them`;
}

function refusal(reason: string, hint: string): RefusalError {
  return new RefusalError(3, reason, [
    "events or alerts would be lost or doubled, so nothing was done",
    hint,
  ]);
}
