/** Puts the running parts together once everything they need is open. */

import type { Random } from "../base/random.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../io/clock.ts";
import type { Broker } from "../io/nats.ts";
import { openReader } from "../io/nats-reader.ts";
import type { Store } from "../state/store.ts";
import { AlertSender } from "./alert-sender.ts";
import { Committer, type ControlDecision } from "./committer.ts";
import type { Config } from "./config.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { Service } from "./service.ts";
import { Source, type SourceEvents } from "./source.ts";
import type { FoundSource, OpenedAlerts } from "./startup.ts";

export interface Assembly {
  readonly engine: Engine;
  readonly sources: readonly Source[];
  readonly outbox: Outbox;
  readonly committer: Committer;
  readonly sender: AlertSender;
  readonly service: Service;
  /** Losses accepted, to be recorded first. */
  readonly gaps: readonly ControlDecision[];
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
}

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
  const sources = found.map((one) => openSource(one, parts, events));
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
  });
  const gaps = [...found.flatMap((one) => one.gaps), ...opened.gaps];
  return { engine, sources, outbox, committer, sender, service, gaps };
}

function openSource(
  { stored, streams, filters }: FoundSource,
  parts: AssemblyParts,
  events: SourceEvents,
): Source {
  const { broker, engine, clock, random } = parts;
  const nowMs = clock.monotonicMs();
  const routes = streams.map((stream) => ({
    stream,
    feed: engine.feed(stream.name, stored.name, { broker: true }),
    lastMessageMs: nowMs,
  }));
  const { name, position } = stored;
  const reader = openReader(broker, { stream: name, filters, afterSeq: position, random });
  return new Source(stored, routes, reader, clock, events);
}
