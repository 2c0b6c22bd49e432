/**
 * The service's metrics in Prometheus' text format. Door of the package `prom-client`. A key of a rule is never a
 * label. Counts of the engine are read when the metrics are asked for: counting costs the loop nothing.
 * docs/OPERATIONS.md says what each one means.
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EngineStatus } from "../engine/status.ts";

/** What the metrics are read from when somebody asks. */
export interface MetricsSource {
  /** Null before the engine runs. */
  readonly engine: () => EngineStatus | null;
  /** Severity of each rule, by name. */
  readonly severities: ReadonlyMap<string, string>;
  readonly pending: () => readonly { readonly stream: string; readonly messages: number | null }[];
  readonly outbox: () => {
    readonly entries: number;
    readonly bytes: number;
    readonly acked: number;
  };
  readonly connected: () => boolean;
  readonly webhooks: () => readonly {
    readonly name: string;
    readonly delivered: number;
    readonly failedAttempts: number;
    readonly undelivered: number;
    readonly removed: number;
    readonly behind: number;
  }[];
}

const PREFIX = "sequitur_";
const COMMIT_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2];
const PUBLISH_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2, 10];

export class Metrics {
  readonly #registry = new Registry();
  readonly #commitSeconds: Histogram;
  readonly #commitBytes: Counter;
  readonly #commitFailures: Counter;
  readonly #messages: Counter<"stream">;
  readonly #skipped: Counter<"stream">;
  readonly #published: Counter;
  readonly #publishSeconds: Histogram;
  readonly #publishRetries: Counter;
  readonly #decisions: Counter<"kind">;
  readonly #reloads: Counter<"outcome">;
  readonly #switchSeconds: Histogram;

  constructor(source: MetricsSource) {
    const registers = [this.#registry];
    const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
      new Counter<T>({ name: PREFIX + name, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name: PREFIX + name, help, buckets, registers });
    this.#commitSeconds = histogram("commit_seconds", "Time of one durable commit", COMMIT_BUCKETS);
    this.#commitBytes = counter("commit_bytes_total", "Bytes of keys and values committed", []);
    this.#commitFailures = counter("commit_failures_total", "Commits refused and tried again", []);
    this.#messages = counter("messages_total", "Messages read, by JetStream stream", ["stream"]);
    this.#skipped = counter(
      "messages_removed_total",
      "Messages removed from the stream before they were read",
      ["stream"],
    );
    this.#published = counter("published_total", "Records acknowledged by the alert stream", []);
    this.#publishSeconds = histogram(
      "publish_seconds",
      "Time from sending a batch of records to its last acknowledgement",
      PUBLISH_BUCKETS,
    );
    this.#publishRetries = counter("publish_retries_total", "Times that sending began anew", []);
    this.#decisions = counter("control_decisions_total", "Recorded decisions, by kind", ["kind"]);
    this.#reloads = counter("reloads_total", "Rule sets offered, by what became of them", [
      "outcome",
    ]);
    this.#switchSeconds = histogram(
      "rules_switch_seconds",
      "Time that events waited for a change of the rules",
      COMMIT_BUCKETS,
    );
    addEngineMetrics(this.#registry, source);
    addServiceMetrics(this.#registry, source);
    addWebhookMetrics(this.#registry, source);
  }

  skipped(stream: string, count: number): void {
    this.#skipped.inc({ stream }, count);
  }

  commit(seconds: number, bytes: number): void {
    this.#commitSeconds.observe(seconds);
    this.#commitBytes.inc(bytes);
  }

  commitFailed(): void {
    this.#commitFailures.inc();
  }

  messages(stream: string, count: number): void {
    this.#messages.inc({ stream }, count);
  }

  /** `seconds` from sending the first of these records to the last acknowledgement. */
  published(count: number, seconds: number): void {
    this.#published.inc(count);
    this.#publishSeconds.observe(seconds);
  }

  publishRetried(): void {
    this.#publishRetries.inc();
  }

  decision(kind: string): void {
    this.#decisions.inc({ kind });
  }

  reload(outcome: string): void {
    this.#reloads.inc({ outcome });
  }

  switched(seconds: number): void {
    this.#switchSeconds.observe(seconds);
  }

  async render(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

/** Reads one kind of sample off the engine's status: labels and value. */
type Read<T extends string> = (
  status: EngineStatus,
  add: (labels: Record<T, string>, value: number) => void,
) => void;

function addEngineMetrics(registry: Registry, source: MetricsSource): void {
  const define = <T extends string>(
    Kind: typeof Counter<T> | typeof Gauge<T>,
    name: string,
    help: string,
    labelNames: readonly T[],
    read: Read<T>,
  ): void => {
    new Kind({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [registry],
      collect(): void {
        this.reset();
        const status = source.engine();
        if (status !== null) read(status, (labels, value) => this.inc(labels, value));
      },
    });
  };
  addStreamMetrics(define);
  addRuleMetrics(define, source.severities);
}

type Define = <T extends string>(
  Kind: typeof Counter<T> | typeof Gauge<T>,
  name: string,
  help: string,
  labelNames: readonly T[],
  read: Read<T>,
) => void;

function addStreamMetrics(define: Define): void {
  define(
    Counter,
    "events_total",
    "Records by stream and what became of them",
    ["stream", "outcome"],
    (status, add) => {
      for (const { stream, events, late, future, duplicates, rejected } of status.streams) {
        add({ stream, outcome: "accepted" }, events);
        add({ stream, outcome: "late" }, late);
        add({ stream, outcome: "future" }, future);
        add({ stream, outcome: "duplicate" }, duplicates);
        add(
          { stream, outcome: "rejected" },
          rejected.reduce((sum, { count }) => sum + count, 0),
        );
      }
    },
  );
  define(
    Counter,
    "late_events_total",
    "Events that came too late, for their stream or for a rule",
    ["stream", "scope"],
    (status, add) => {
      for (const { stream, late, lateForRule } of status.streams) {
        add({ stream, scope: "stream" }, late);
        add({ stream, scope: "rule" }, lateForRule);
      }
    },
  );
  define(
    Counter,
    "rejected_total",
    "Records that are no events, by reason",
    ["stream", "reason"],
    (status, add) => {
      for (const { stream, rejected } of status.streams) {
        for (const { reason, count } of rejected)
          add({ stream, reason: reason.replaceAll(" ", "_") }, count);
      }
    },
  );
  define(
    Gauge,
    "watermark_seconds",
    "The watermark in seconds since 1970",
    ["stream", "feed"],
    (status, add) => {
      for (const { stream, feed, watermarkMs } of status.feeds) {
        if (watermarkMs !== null) add({ stream, feed }, watermarkMs / 1000);
      }
    },
  );
  define(
    Gauge,
    "feed_idle",
    "1 where the feed does not hold time back",
    ["stream", "feed"],
    (status, add) => {
      for (const { stream, feed, idle } of status.feeds) add({ stream, feed }, idle ? 1 : 0);
    },
  );
  define(
    Gauge,
    "waiting_events",
    "Events held back until nothing can come before them",
    [],
    (status, add) => {
      add({}, status.waitingEvents);
    },
  );
}

function addRuleMetrics(define: Define, severities: ReadonlyMap<string, string>): void {
  define(Gauge, "rules_loaded", "Rules of the set that runs", ["mode"], (status, add) => {
    for (const { mode } of status.rules) add({ mode }, 1);
  });
  define(Counter, "matches_total", "Matches reported, before `once`", ["rule"], (status, add) => {
    for (const { rule, matches } of status.rules) add({ rule }, matches);
  });
  define(Counter, "alerts_total", "Alerts decided", ["rule", "severity"], (status, add) => {
    for (const { rule, alerts } of status.rules) {
      add({ rule, severity: severities.get(rule) ?? "info" }, alerts);
    }
  });
  define(Counter, "excepted_total", "Alerts withheld by exceptions", ["rule"], (status, add) => {
    for (const { rule, excepted } of status.rules) add({ rule }, excepted);
  });
  define(Counter, "suppressed_total", "Alerts withheld by `once`", ["rule"], (status, add) => {
    for (const { rule, suppressed } of status.rules) add({ rule }, suppressed);
  });
  define(
    Counter,
    "limit_drops_total",
    "Starts or matches dropped at a limit",
    ["rule", "limit"],
    (status, add) => {
      for (const { rule, limits } of status.rules) {
        for (const { limit, dropped } of limits)
          add({ rule, limit: limit.replaceAll(" ", "_") }, dropped);
      }
    },
  );
  define(Gauge, "partial_matches", "Partial matches held", ["rule"], (status, add) => {
    for (const { rule, openRuns } of status.rules) add({ rule }, openRuns);
  });
  define(Gauge, "open_starts", "Starts of partial matches held", ["rule"], (status, add) => {
    for (const { rule, openStarts } of status.rules) add({ rule }, openStarts);
  });
  define(Gauge, "open_deadlines", "Keys that wait for a deadline", ["rule"], (status, add) => {
    for (const { rule, openDeadlines } of status.rules) add({ rule }, openDeadlines);
  });
}

function addServiceMetrics(registry: Registry, source: MetricsSource): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [registry],
      collect(): void {
        this.set(read());
      },
    });
  };
  gauge("nats_connected", "1 while the connection to NATS stands", () =>
    source.connected() ? 1 : 0,
  );
  gauge(
    "outbox_entries",
    "Records committed and not acknowledged yet",
    () => source.outbox().entries,
  );
  gauge("outbox_bytes", "Bytes of these records", () => source.outbox().bytes);
  gauge(
    "outbox_acknowledged",
    "Number of the last acknowledged record",
    () => source.outbox().acked,
  );
  new Gauge({
    name: `${PREFIX}input_pending`,
    help: "Messages in the JetStream stream that wait to be read",
    labelNames: ["stream"],
    registers: [registry],
    collect(): void {
      this.reset();
      for (const { stream, messages } of source.pending()) {
        if (messages !== null) this.set({ stream }, messages);
      }
    },
  });
  new Gauge({
    name: `${PREFIX}process_resident_memory_bytes`,
    help: "Memory of the process",
    registers: [registry],
    collect(): void {
      this.set(process.memoryUsage.rss());
    },
  });
}

function addWebhookMetrics(registry: Registry, source: MetricsSource): void {
  const define = (
    Kind: typeof Counter<"webhook"> | typeof Gauge<"webhook">,
    name: string,
    help: string,
    field: "delivered" | "failedAttempts" | "undelivered" | "removed" | "behind",
  ): void => {
    new Kind({
      name: `${PREFIX}webhook_${name}`,
      help,
      labelNames: ["webhook"],
      registers: [registry],
      collect(): void {
        this.reset();
        for (const one of source.webhooks()) this.inc({ webhook: one.name }, one[field]);
      },
    });
  };
  define(Counter, "delivered_total", "Alerts that the receiver has taken", "delivered");
  define(Counter, "failures_total", "Attempts that failed", "failedAttempts");
  define(Counter, "undelivered_total", "Alerts given up", "undelivered");
  const removed = "Records removed from the alert stream before the webhook read them";
  define(Counter, "removed_total", removed, "removed");
  define(Gauge, "behind", "Records of the alert stream behind the webhook's position", "behind");
}
