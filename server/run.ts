/**
 * Runs the service from its configuration to its end: `sequitur run`. Everything is opened here, in this order, and
 * closed in the opposite one: configuration, rules, HTTP, state, NATS, sources, alert stream, loop.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../base/random.ts";
import { CheckpointError } from "../engine/checkpoint/restorer.ts";
import { createEngine } from "../engine/engine.ts";
import { systemClock } from "../io/clock.ts";
import { type Broker, BrokerError, connectBroker } from "../io/nats.ts";
import { streamInfo } from "../io/nats-streams.ts";
import { openLmdbStore } from "../state/lmdb-store.ts";
import { type Store, StoreError } from "../state/store.ts";
import { brokerOptions } from "./broker-options.ts";
import { type Config, loadConfig } from "./config.ts";
import { crashPoint } from "./crash-point.ts";
import { type HttpServer, startHttp } from "./http.ts";
import { createLog, type Log, redactUrl } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { RefusalError } from "./refusal.ts";
import { loadServiceRules, type ServiceRules } from "./rule-folder.ts";
import { type Assembly, assemble } from "./service-assembly.ts";
import { ServiceStatus } from "./service-status.ts";
import { momentOf, type Source } from "./source.ts";
import { findSources, openAlerts, type StartupParts } from "./startup.ts";
import { StopSignal } from "./stop-signal.ts";

export interface RunRequest {
  /** The configuration file; null: the nearest `sequitur.yaml`, if any. */
  readonly configPath: string | null;
  /** Values of flags by the path of the setting: `nats.url`. */
  readonly overrides: ReadonlyMap<string, unknown>;
  /** An operator's word that losses found at the start are to be accepted. */
  readonly acceptDataLoss?: boolean;
}

const DRAIN_MS = 5000;
/** After a signal the process ends in this time, whatever hangs: crash-only makes it safe. */
const LAST_EXIT_MS = 9500;
const CLOSE_MS = 1000;
const LEFT_OPEN_MS = 1000;
/** How often the server is asked where the streams end, and while time follows the wall clock. */
const ASK_EVERY_MS = 1000;
const ASK_IDLE_EVERY_MS = 250;

/**
 * Runs until SIGTERM or SIGINT. Gives the exit code: 0 after a signal, 1 after a failure, 2 for invalid rules, 3 where
 * configuration, state or streams do not fit. What is wrong is told on stderr.
 */
export async function runService(request: RunRequest): Promise<number> {
  const { configPath, overrides, acceptDataLoss = false } = request;
  const loaded = loadConfig({
    configPath,
    overrides,
    environment: process.env,
    folder: process.cwd(),
  });
  if ("problems" in loaded) {
    for (const line of loaded.problems) process.stderr.write(`sequitur: ${line}\n`);
    return 3;
  }
  const log = createLog();
  const stop = new StopSignal(log, LAST_EXIT_MS);
  const closers: Closers = [];
  let code = 0;
  try {
    await serve(loaded.config, log, stop, acceptDataLoss, closers);
  } catch (error) {
    if (!(stop.signal.aborted && isAbort(error))) code = report(error, log);
  }
  crashPoint("before-close");
  for (const close of closers.reverse()) await close();
  stop.close();
  // Nothing that was left open may keep an ended service alive.
  setTimeout(() => process.exit(code), LEFT_OPEN_MS).unref();
  return code;
}

function isAbort(error: unknown): boolean {
  return (
    (error as { name?: string }).name === "AbortError" ||
    (error instanceof BrokerError && error.code === "aborted")
  );
}

function report(error: unknown, log: Log): number {
  if (error instanceof RefusalError) {
    process.stderr.write(`sequitur: ${[error.message, ...error.notes].join("\n")}\n`);
    log.fatal(error.message);
    return error.exitCode;
  }
  if (
    error instanceof BrokerError ||
    error instanceof StoreError ||
    error instanceof CheckpointError
  ) {
    process.stderr.write(`sequitur: ${error.message}\n`);
    log.fatal(error.message);
    return 3;
  }
  log.fatal({ err: error }, "the service ends: what must not happen has happened");
  return 1;
}

/** What is open, to be closed in the opposite order. */
type Closers = (() => unknown)[];

async function serve(
  config: Config,
  log: Log,
  stop: StopSignal,
  acceptLoss: boolean,
  closers: Closers,
): Promise<void> {
  const rules = loadServiceRules(config.rules.path, config.limits);
  for (const warning of rules.warnings) log.warn(warning);
  log.info({ rules: rules.plan.rules.length, revision: rules.revision }, "rules compiled");
  const status = new ServiceStatus(rules.plan);
  const metrics = new Metrics(status);
  const http = await listen(config, status, metrics, log);
  closers.push(() => http.close());
  const store = openLmdbStore(config.state.path);
  closers.push(() => store.close());
  const broker = await connect(config, log, status, stop);
  closers.push(() => Promise.race([broker.close(), sleep(CLOSE_MS)]));
  await work({ config, log, stop, acceptLoss, rules, status, metrics, store, broker });
}

interface WorkParts {
  readonly config: Config;
  readonly log: Log;
  readonly stop: StopSignal;
  readonly acceptLoss: boolean;
  readonly rules: ServiceRules;
  readonly status: ServiceStatus;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly broker: Broker;
}

async function work(parts: WorkParts): Promise<void> {
  const { config, log, stop, status } = parts;
  const assembly = await open(parts);
  const { service, sender, sources, committer, gaps } = assembly;
  for (const gap of gaps) committer.decide(gap);
  await committer.commit(stop.signal);
  status.begin(assembly);
  log.info(
    {
      sources: sources.map(({ name, position }) => `${name}=${position}`),
      next: assembly.outbox.next,
    },
    "running",
  );
  const ending = new AbortController();
  const tasks = [
    sender.run(),
    ...sources.map((source) => source.run()),
    watchEnds(sources, parts.broker, ending.signal),
  ];
  // A task that fails ends the process; one that merely ends was closed below.
  const failure = Promise.all(tasks).then(() => new Promise<never>(() => undefined));
  try {
    await Promise.race([service.run(stop.signal), failure, status.closed]);
    crashPoint("before-drain");
    for (const source of sources) source.close();
    await Promise.race([sender.drain(DRAIN_MS), failure]);
  } finally {
    ending.abort();
    for (const source of sources) source.close();
    sender.close();
  }
  const left = assembly.outbox.entries;
  const where = config.state.path;
  if (left > 0) log.warn(`${left} alerts wait in ${where} and leave when the service runs again`);
  log.info("drained");
}

/** Asks where the streams end: for the figures of what waits, and to know that silence is silence. */
async function watchEnds(
  sources: readonly Source[],
  broker: Broker,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const source of sources) {
      const asked = momentOf(systemClock);
      const info = await streamInfo(broker, source.name);
      if (info.kind === "ok") source.sawEnd(info.value.lastSeq, asked);
    }
    const silent = sources.some(({ routes }) => routes.some(({ feed }) => feed.idle));
    const pauseMs = silent ? ASK_IDLE_EVERY_MS : ASK_EVERY_MS;
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function open({
  config,
  log,
  stop,
  acceptLoss,
  rules,
  status,
  metrics,
  store,
  broker,
}: WorkParts): Promise<Assembly> {
  const startup: StartupParts = {
    broker,
    store,
    log,
    acceptLoss,
    clock: systemClock,
    signal: stop.signal,
    onWaiting: (reason) => status.waiting(reason),
  };
  const { alertStream, alertSubject } = config.nats;
  const root = alertSubject.slice(0, alertSubject.indexOf(".{"));
  checkSubjects(rules, root);
  const read = new Set(
    rules.plan.rules.filter(({ mode }) => mode !== "off").flatMap(({ streams }) => streams),
  );
  const streams = rules.plan.streams.filter(({ name }) => read.has(name));
  const found = await findSources(startup, streams, alertStream);
  const opened = await openAlerts(startup, alertStream, [`${root}.>`]);
  const { eventBytes, alertBytes } = config.limits;
  const options = { limits: { eventBytes, alertBytes }, data: rules.data };
  const engine = createEngine(rules.plan, options, store);
  for (const rule of engine.status().droppedRules) {
    log.warn({ rule }, "the rule has changed or is gone: its stored partial matches are dropped");
  }
  return assemble({
    config,
    log,
    metrics,
    store,
    broker,
    engine,
    found,
    opened,
    root,
    rules: rules.revision,
    clock: systemClock,
    random: new Random(process.pid),
  });
}

/** A rule's own subject must lie in the alert stream, or nobody would ever get its alerts. */
function checkSubjects({ plan }: ServiceRules, root: string): void {
  for (const { name, alert, timeout, recovered } of plan.rules) {
    for (const to of [alert.to, timeout?.alert.to ?? null, recovered?.to ?? null]) {
      if (to === null || to.startsWith(`${root}.`)) continue;
      throw new RefusalError(
        2,
        `the rule ${name} sends its alerts to "${to}", which is outside of the alert stream's subjects (${root}.>)`,
      );
    }
  }
}

async function listen(
  config: Config,
  status: ServiceStatus,
  metrics: Metrics,
  log: Log,
): Promise<HttpServer> {
  const { host, port, token } = config.http;
  try {
    const http = await startHttp({
      host,
      port,
      token,
      readiness: () => status.readiness(),
      metrics: () => metrics.render(),
    });
    log.info({ host, port: http.port }, "HTTP listens");
    return http;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RefusalError(
      3,
      `HTTP cannot listen on ${host}:${port} (${code}): set http.port`,
      [],
      error,
    );
  }
}

async function connect(
  config: Config,
  log: Log,
  status: ServiceStatus,
  stop: StopSignal,
): Promise<Broker> {
  log.info({ url: redactUrl(config.nats.url) }, "connecting to NATS");
  let last = "";
  const broker = await connectBroker({
    ...brokerOptions(config.nats),
    signal: stop.signal,
    onStatus: ({ kind, text }) => {
      status.nats(kind, text);
      // The first attempts all say the same.
      if (text !== last)
        log[kind === "connected" || kind === "reconnected" ? "info" : "warn"](text);
      last = text;
    },
  });
  return broker;
}
