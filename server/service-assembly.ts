/** Puts the running parts together once everything they need is open. */

import type { Random } from "../base/random.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../io/clock.ts";
import type { Broker } from "../io/nats.ts";
import type { Store } from "../state/store.ts";
import { AlertSender } from "./alert-sender.ts";
import { Committer, type ControlDecision } from "./committer.ts";
import type { Config } from "./config.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { Log } from "./log.ts";
import type { MemoryGuard } from "./memory-guard.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { Service } from "./service.ts";
import { openSource, type Source, type SourceEvents } from "./source.ts";
import type { FoundSource, OpenedAlerts } from "./startup.ts";
import type { SteppingFile } from "./stepping-file.ts";

export interface Assembly {
  readonly engine: Engine;
  /** What is read now: the one list that all parts look into; a change of the rules changes it in place. */
  readonly sources: Source[];
  /** What a source tells. */
  readonly sourceEvents: SourceEvents;
  readonly outbox: Outbox;
  /** The alert stream's identity and base: record n has the sequence base + n. */
  readonly alerts: OpenedAlerts["alerts"];
  readonly committer: Committer;
  readonly sender: AlertSender;
  readonly service: Service;
  /** Losses accepted, to be recorded first. */
  readonly gaps: readonly ControlDecision[];
  /** Number of the last record that the alert stream has and the state does not know; 0: there is none. */
  readonly catchUpTo: number;
}

export interface AssemblyParts {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly broker: Broker;
  readonly engine: Engine;
  readonly found: readonly FoundSource[];
  readonly opened: OpenedAlerts;
  readonly root: string;
  readonly rules: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the message under way is written down; nowhere where it is left out. */
  readonly stepping?: SteppingFile;
  /** Memory is not watched where it is left out. */
  readonly memory?: MemoryGuard;
}

/** How long state may stay unwritten, by the words of `state.checkpoint`. */
const CHECKPOINT_MS = { commit: null, "1s": 1000, "10s": 10_000 } as const;

export function assemble(parts: AssemblyParts): Assembly {
  const { config, log, metrics, store, broker, engine, found, opened, root, rules, clock, random } =
    parts;
  const { outbox, alerts } = opened;
  let service: Service | null = null;
  const events: SourceEvents = {
    onChange: () => service?.wake(),
    onTrouble: ({ name }, reason) => {
      if (reason === null) log.info(`reading ${name} again`);
      else log.warn(`${reason}; waiting`);
    },
    onSkipped: ({ name }, count) => {
      metrics.skipped(name, count);
      log.warn(
        { stream: name, count },
        "messages were removed from the stream before they were read",
      );
    },
  };
  const sources = found.map((one) => sourceOf(one, parts, events));
  const committer = new Committer({
    engine,
    store,
    outbox,
    sources,
    clock,
    log,
    metrics,
    root,
    rules,
    checkpointMs: CHECKPOINT_MS[config.state.checkpoint],
    alerts,
  });
  const stream = config.nats.alertStream;
  const sender = new AlertSender({ broker, stream, outbox, alerts, clock, log, metrics, random });
  const idleWatch = new IdleWatch(engine, committer, sources);
  const { commit } = config.state;
  const { eventBytes } = config.limits;
  service = new Service({
    engine,
    sources,
    committer,
    sender,
    outbox,
    idleWatch,
    clock,
    metrics,
    commit,
    eventBytes,
    ...(parts.stepping === undefined ? {} : { stepping: parts.stepping }),
    ...(parts.memory === undefined ? {} : { memory: parts.memory }),
  });
  const gaps = [...found.flatMap((one) => one.gaps), ...opened.gaps];
  return {
    engine,
    sources,
    sourceEvents: events,
    outbox,
    alerts,
    committer,
    sender,
    service,
    gaps,
    catchUpTo: opened.catchUpTo,
  };
}

function sourceOf(
  { stored, streams, filters }: FoundSource,
  parts: AssemblyParts,
  events: SourceEvents,
): Source {
  const { engine, clock } = parts;
  const nowMs = clock.monotonicMs();
  const routes = streams.map((stream) => ({
    stream,
    feed: engine.feed(stream.name, stored.name, { broker: true }),
    lastMessageMs: nowMs,
  }));
  return openSource(parts, stored, routes, filters, events);
}
