/**
 * The work of the service once everything it needs is open: start-up checks, sources, alert stream, loop, drain. It
 * reaches the world through its arguments alone, so that the simulator runs the same lines on models.
 */

import type { Random } from "../base/random.ts";
import { createEngine, type EngineOptions } from "../engine/engine.ts";
import { type Clock, pause } from "../io/clock.ts";
import type { Broker } from "../io/nats.ts";
import { streamInfo } from "../io/nats-streams.ts";
import type { Store } from "../state/store.ts";
import { checkSubjects } from "./alert-subjects.ts";
import { catchUp } from "./catch-up.ts";
import { alertRoot, type Config } from "./config.ts";
import { crashPoint } from "./crash-point.ts";
import type { Log } from "./log.ts";
import type { MemoryGuard } from "./memory-guard.ts";
import type { Metrics } from "./metrics.ts";
import type { OutboxLimits } from "./outbox.ts";
import { judgeEnd, MAX_SKIPPED, readStrikes, storedPositions, strikesChange } from "./poison.ts";
import { readStreams } from "./read-streams.ts";
import { POISON_FLAG, RefusalError } from "./refusal.ts";
import type { ServiceRules } from "./rule-folder.ts";
import { type Assembly, assemble } from "./service-assembly.ts";
import type { ServiceStatus } from "./service-status.ts";
import { momentOf, type Source } from "./source.ts";
import { findSources, openAlerts, type StartupParts } from "./startup.ts";
import type { SteppingFile } from "./stepping-file.ts";

const DRAIN_MS = 5000;
/** How often the server is asked where the streams end, and while time follows the wall clock. */
const ASK_EVERY_MS = 1000;
const ASK_IDLE_EVERY_MS = 250;

/** What is open, and what the loop runs on. */
export interface WorkParts {
  readonly config: Config;
  readonly log: Log;
  /** Asks for an orderly end. */
  readonly signal: AbortSignal;
  readonly acceptLoss: boolean;
  readonly rules: ServiceRules;
  readonly status: ServiceStatus;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly broker: Broker;
  readonly clock: Clock;
  /** Spreads attempts. */
  readonly random: Random;
  /** OUTBOX_LIMITS where left out. */
  readonly outboxLimits?: OutboxLimits;
  /** Was damaged state set aside? */
  readonly rebuilding?: boolean;
  /** Told once the first commit is durable. */
  readonly onStarted?: () => void;
  /** Runs beside the loop until the signal; what it throws ends the service. */
  readonly beside?: (signal: AbortSignal) => Promise<void>;
  /** Where the message under way is written down; without it no message is put aside. */
  readonly stepping?: SteppingFile;
  /** Memory is not watched where it is left out. */
  readonly memory?: MemoryGuard;
  /** Refuse to start where a message would be put aside. */
  readonly failOnPoison?: boolean;
  /** More for the engine. */
  readonly engine?: Pick<EngineOptions, "draining" | "meter">;
  /** Makes what changes the rules while the service runs; they stay as they are where it is left out. */
  readonly reloading?: (assembly: Assembly, startup: StartupParts) => Reloading;
  /** Makes what reads the alert stream beside the loop; nothing does where it is left out. */
  readonly subscribers?: (assembly: Assembly) => Subscribers;
}

/** What the alert stream is read by beside the loop: it may fail, be slow and wait as it likes. */
export interface Subscribers {
  /** Runs until `close`. */
  run(): Promise<void>;
  close(): Promise<void>;
}

/** What changes the rules. */
export interface Reloading extends Subscribers {
  /** Called between two batches, when nothing is left to commit. */
  atRest(signal: AbortSignal): Promise<void>;
}

/**
 * Runs from the start-up checks until the signal, and drains. Throws RefusalError, StoreError or CheckpointError where
 * it must not run, or must not go on.
 */
export async function work(parts: WorkParts): Promise<void> {
  const { config, log, signal, status, clock } = parts;
  crashPoint("after-open");
  const { assembly, startup } = await open(parts);
  const reloading = parts.reloading?.(assembly, startup) ?? NO_RELOADING;
  const { service, sender, sources, committer, gaps, catchUpTo } = assembly;
  for (const gap of gaps) committer.decide(gap);
  judgeLastEnd(parts, assembly);
  crashPoint("before-first-commit");
  await committer.commit(signal);
  crashPoint("after-first-commit");
  parts.stepping?.begin();
  parts.onStarted?.();
  const ending = new AbortController();
  let subscribers = NO_SUBSCRIBERS;
  const failures: Promise<never>[] = [status.closed];
  // A task that fails ends the process; one that merely ends was closed below.
  const start = (task: Promise<unknown>): void => {
    failures.push(task.then(() => new Promise<never>(() => undefined)));
  };
  try {
    for (const source of sources) start(source.run());
    if (catchUpTo > 0) {
      const onProgress = (text: string): void => status.waiting(text);
      const { broker, rules } = parts;
      const catching = { assembly, broker, clock, rules: rules.revision, signal, onProgress };
      await Promise.race([catchUp(catching, catchUpTo), ...failures]);
      await committer.save(signal);
      status.waiting(null);
      crashPoint("after-replay");
      log.info({ record: catchUpTo }, "the state was built anew");
    }
    if (parts.stepping?.left.clean === false) service.beCareful(2 * config.state.commit.events);
    // Not before: what they decide must not come between records that are compared.
    subscribers = parts.subscribers?.(assembly) ?? NO_SUBSCRIBERS;
    status.begin(assembly);
    log.info(
      {
        sources: sources.map(({ name, position }) => `${name}=${position}`),
        next: assembly.outbox.next,
      },
      "running",
    );
    start(sender.run());
    start(watchEnds(sources, parts.broker, clock, ending.signal));
    start(subscribers.run());
    start(reloading.run());
    service.useRest((stop) => reloading.atRest(stop));
    if (parts.beside !== undefined) start(parts.beside(ending.signal));
    await Promise.race([service.run(signal), ...failures]);
    await committer.save(signal);
    crashPoint("before-drain");
    for (const source of sources) source.close();
    await Promise.race([sender.drain(DRAIN_MS), ...failures]);
    crashPoint("after-drain");
  } finally {
    ending.abort();
    for (const source of sources) source.close();
    sender.close();
    await reloading.close();
    await subscribers.close();
  }
  const left = assembly.outbox.entries;
  const where = config.state.path;
  if (left > 0) log.warn(`${left} alerts wait in ${where} and leave when the service runs again`);
  parts.stepping?.close();
  log.info("drained");
}

/** A message that the processes before died of is put aside, or ends the start. */
function judgeLastEnd(parts: WorkParts, { service, committer, gaps }: Assembly): void {
  const { store, stepping, log } = parts;
  if (stepping === undefined) return;
  const { left } = stepping;
  // A stream whose loss was accepted may have other messages in their places.
  const before = gaps.length > 0 ? null : readStrikes(store);
  const { strikes, poison } = judgeEnd(before, left, storedPositions(store));
  if (!left.clean || before !== null || gaps.length > 0) committer.add([strikesChange(strikes)]);
  // Until what the alert stream is ahead by is caught up with.
  if (!left.clean) service.beCareful(Number.POSITIVE_INFINITY);
  for (const mark of strikes.skipped) service.skip(mark);
  if (strikes.skipped.length > MAX_SKIPPED) {
    throw new RefusalError(
      3,
      `${MAX_SKIPPED} messages were put aside, and the process ends again`,
      ["the fault is hardly with the messages: look at the last lines of the log before each end"],
    );
  }
  if (poison === null) return;
  const reason = `the process ended ${strikes.count} times at the same place, again while this message was stepped`;
  if (parts.failOnPoison === true) {
    throw new RefusalError(3, `message ${poison.seq} of the stream ${poison.stream}: ${reason}`, [
      `without ${POISON_FLAG} it is put aside and the rest goes on`,
    ]);
  }
  log.error(
    { stream: poison.stream, seq: poison.seq },
    "a message is put aside: the process dies of it",
  );
  committer.decide({ kind: "skip", body: { feed: poison.stream, seq: poison.seq, reason } });
}

const NO_SUBSCRIBERS: Subscribers = {
  run: async () => undefined,
  close: async () => undefined,
};

const NO_RELOADING: Reloading = { ...NO_SUBSCRIBERS, atRest: async () => undefined };

/** Asks where the streams end: for the figures of what waits, and to know that silence is silence. */
async function watchEnds(
  sources: readonly Source[],
  broker: Broker,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const source of sources) {
      const asked = momentOf(clock);
      const info = await streamInfo(broker, source.name);
      if (info.kind === "ok") source.sawEnd(info.value.lastSeq, asked);
    }
    const silent = sources.some(({ routes }) => routes.some(({ feed }) => feed.idle));
    const pauseMs = silent ? ASK_IDLE_EVERY_MS : ASK_EVERY_MS;
    await pause(clock, pauseMs, signal).catch(() => undefined);
  }
}

async function open(
  parts: WorkParts,
): Promise<{ readonly assembly: Assembly; readonly startup: StartupParts }> {
  const { config, log, signal, acceptLoss, rules, status, store, broker, clock } = parts;
  const startup: StartupParts = {
    broker,
    store,
    log,
    acceptLoss,
    rebuilding: parts.rebuilding ?? false,
    ...(config.nats.capture === null ? {} : { capture: config.nats.capture }),
    clock,
    signal,
    onWaiting: (reason) => status.waiting(reason),
    ...(parts.outboxLimits === undefined ? {} : { outboxLimits: parts.outboxLimits }),
  };
  const { alertStream } = config.nats;
  const root = alertRoot(config);
  checkSubjects(rules.plan, root);
  const found = await findSources(startup, readStreams(rules.plan), alertStream);
  const opened = await openAlerts(startup, alertStream, [`${root}.>`], found);
  const { eventBytes, alertBytes } = config.limits;
  const options = { ...parts.engine, limits: { eventBytes, alertBytes }, data: rules.data };
  const engine = createEngine(rules.plan, options, store);
  for (const rule of engine.status().droppedRules) {
    log.warn({ rule }, "the rule has changed or is gone: its stored partial matches are dropped");
  }
  const assembly = assemble({ ...parts, engine, found, opened, root, rules: rules.revision });
  return { assembly, startup };
}
