/**
 * Runs the service from its configuration to its end: `sequitur run`. Everything is opened here, in this order, and
 * closed in the opposite one: configuration, rules, HTTP, state, NATS; with them the work (work.ts) is done.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../base/random.ts";
import { CheckpointError } from "../engine/checkpoint/restorer.ts";
import { systemClock } from "../io/clock.ts";
import { type Broker, BrokerError, connectBroker } from "../io/nats.ts";
import { openLmdbStore } from "../state/lmdb-store.ts";
import { StoreError } from "../state/store.ts";
import { AlertRoutes } from "./alert-feed/alert-routes.ts";
import { brokerOptions } from "./broker-options.ts";
import { alertRoot, type Config, type LoadedConfig, loadConfig } from "./config.ts";
import { crashPoint } from "./crash-point.ts";
import { type HttpRoute, type HttpServer, startHttp } from "./http.ts";
import { createLog, type Log, redactUrl } from "./log.ts";
import { processMemoryGuard } from "./memory-guard.ts";
import { Metrics } from "./metrics.ts";
import { OUTBOX_LIMITS } from "./outbox.ts";
import { leaveSuspicion, rebuilt } from "./quarantine.ts";
import { RefusalError } from "./refusal.ts";
import { LiveRules } from "./reload/live-rules.ts";
import { BusyMeter } from "./reload/quota-watch.ts";
import { RuleRoutes } from "./reload/rule-routes.ts";
import { dataOf, drainingPlans, effectivePlan } from "./reload/running-set.ts";
import { readFolder, requireRules, type StartRules, startRules } from "./reload/start-rules.ts";
import type { ServiceRules } from "./rule-folder.ts";
import type { Assembly } from "./service-assembly.ts";
import { ServiceStatus } from "./service-status.ts";
import { checkBeside, guardState } from "./state-guard.ts";
import { statusRoute } from "./status-route.ts";
import { openSteppingFile } from "./stepping-file.ts";
import { StopSignal } from "./stop-signal.ts";
import type { WebhookSettings } from "./webhook/webhook-settings.ts";
import { Webhooks } from "./webhook/webhooks.ts";
import { work } from "./work.ts";

export interface RunRequest {
  /** The configuration file; null: the nearest `sequitur.yaml`, if any. */
  readonly configPath: string | null;
  /** Values of flags by the path of the setting: `nats.url`. */
  readonly overrides: ReadonlyMap<string, unknown>;
  /** An operator's word that losses found at the start are to be accepted. */
  readonly acceptDataLoss?: boolean;
  /** End rather than put a message aside that the process dies of. */
  readonly failOnPoison?: boolean;
}

/** After a signal the process ends in this time, whatever hangs: crash-only makes it safe. */
const LAST_EXIT_MS = 9500;
const CLOSE_MS = 1000;
const LEFT_OPEN_MS = 1000;

/**
 * Runs until SIGTERM or SIGINT. Gives the exit code: 0 after a signal, 1 after a failure, 2 for invalid rules, 3 where
 * configuration, state or streams do not fit. What is wrong is told on stderr.
 */
export async function runService(request: RunRequest): Promise<number> {
  const { configPath, overrides } = request;
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
    await serve(loaded, log, stop, request, closers);
  } catch (error) {
    if (!(stop.signal.aborted && isAbort(error))) code = report(error, log, loaded.config);
  }
  crashPoint("before-close");
  for (const close of closers.reverse()) await close();
  crashPoint("after-close");
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

function report(error: unknown, log: Log, config: Config): number {
  if (error instanceof StoreError && error.code === "corrupt") {
    leaveSuspicion(config.state.path, error.message);
    log.fatal(`${error.message}; the next start checks the whole state`);
    return 1;
  }
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
  { config, webhooks }: Exclude<LoadedConfig, { readonly problems: unknown }>,
  log: Log,
  stop: StopSignal,
  request: RunRequest,
  closers: Closers,
): Promise<void> {
  const folder = config.state.path;
  const guarding = guardState({ folder, log, nowMs: systemClock.nowMs });
  guarding.catch(() => undefined);
  const ruleFolder = readFolder(config);
  const status = new ServiceStatus({ rules: [] });
  const metrics = new Metrics(status);
  const alertRoutes = new AlertRoutes();
  const ruleRoutes = new RuleRoutes(config.http.token);
  const routes = [
    statusRoute(status, () => ruleRoutes.summary()),
    ...alertRoutes.routes,
    ...ruleRoutes.routes,
  ];
  const http = await listen(config, status, metrics, log, routes);
  closers.push(
    () => http.close(),
    () => alertRoutes.close(),
  );
  const guarded = await guarding;
  const store = openLmdbStore(folder);
  closers.push(() => store.close());
  requireRules(ruleFolder, store, config.rules.path);
  const broker = await connect(config, log, status, stop);
  closers.push(() => Promise.race([broker.close(), sleep(CLOSE_MS)]));
  const { signal } = stop;
  const clock = systemClock;
  const random = new Random(process.pid);
  const onWaiting = (reason: string | null): void => status.waiting(reason);
  const starting = { config, store, broker, clock, random, log, signal, onWaiting };
  const start = await startRules(starting, ruleFolder);
  const rules = serviceRules(start);
  status.useRules(rules.plan);
  const meter = config.limits.rule.busyPercent === null ? null : new BusyMeter(clock);
  const memory = processMemoryGuard(systemClock, config.limits.memoryBytes);
  status.memoryWatched(() => memory.trouble);
  const { outboxEntries: entries, outboxBytes: bytes } = config.limits;
  await work({
    memory,
    outboxLimits: { ...OUTBOX_LIMITS, entries, bytes },
    config,
    log,
    signal,
    acceptLoss: request.acceptDataLoss ?? false,
    rules,
    engine: { draining: drainingPlans(start.running), meter },
    reloading: (assembly, startup) => {
      const parts = { ...starting, start, assembly, startup, metrics, status, meter };
      const live = new LiveRules(parts);
      ruleRoutes.attach(live);
      return live;
    },
    status,
    metrics,
    store,
    broker,
    clock,
    random,
    rebuilding: guarded.rebuilding,
    onStarted: () => rebuilt(folder),
    ...(guarded.unread ? { beside: (signal) => checkBeside({ folder, log }, signal) } : {}),
    stepping: openSteppingFile(folder),
    failOnPoison: request.failOnPoison ?? false,
    subscribers: (assembly) => {
      const { alertStream: stream } = config.nats;
      const random = new Random(process.pid + 2);
      alertRoutes.attach({ broker, stream, root: alertRoot(config), random });
      return startWebhooks(assembly, { config, webhooks, broker, log, status });
    },
  });
}

function serviceRules({ running }: StartRules): ServiceRules {
  const { set, older, stored } = running;
  const plan = effectivePlan(set.plan, stored.switches);
  return { plan, data: dataOf(set, older.values()), revision: set.revision };
}

function startWebhooks(
  { alerts, outbox, committer }: Assembly,
  parts: {
    readonly config: Config;
    readonly webhooks: readonly WebhookSettings[];
    readonly broker: Broker;
    readonly log: Log;
    readonly status: ServiceStatus;
  },
): Webhooks {
  const { config, webhooks, broker, log, status } = parts;
  const started = new Webhooks({
    webhooks,
    broker,
    stream: config.nats.alertStream,
    root: alertRoot(config),
    end: { created: alerts.created, seq: alerts.base + outbox.acked },
    statePath: config.state.path,
    clock: systemClock,
    random: new Random(process.pid + 1),
    log,
    giveUp: (body) => committer.decideDurably({ kind: "undelivered", body }),
  });
  status.webhooksStarted(() => started.status);
  return started;
}

async function listen(
  config: Config,
  status: ServiceStatus,
  metrics: Metrics,
  log: Log,
  routes: readonly HttpRoute[],
): Promise<HttpServer> {
  const { host, port, token } = config.http;
  try {
    const http = await startHttp({
      host,
      port,
      token,
      readiness: () => status.readiness(),
      metrics: () => metrics.render(),
      routes,
      onError: (err, method, path) => log.error({ err, method, path }, "an HTTP request failed"),
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
