/** What the service tells about itself: readiness by named problems, and what the metrics are read from. */

import type { RuleSetPlan } from "../dsl/plan.ts";
import type { EngineStatus } from "../engine/status.ts";
import type { BrokerStatus } from "../io/nats.ts";
import type { Readiness } from "./http.ts";
import type { MetricsSource } from "./metrics.ts";
import { RefusalError } from "./refusal.ts";
import type { Assembly } from "./service-assembly.ts";
import type { WebhookStatus } from "./webhook/webhook.ts";

export class ServiceStatus implements MetricsSource {
  readonly #severities = new Map<string, string>();
  /** Rejects when the connection has ended for good: the process must be started anew. */
  readonly closed: Promise<never>;
  #onClosed: (error: RefusalError) => void = () => undefined;
  #assembly: Assembly | null = null;
  #webhooks: () => readonly WebhookStatus[] = () => [];
  #nats: string | null = "not connected to NATS yet";
  /** What the user may not do; known again only after a new connection. */
  #denied: string | null = null;
  #waiting: string | null = null;
  #memory: () => string | null = () => null;

  constructor(plan: Pick<RuleSetPlan, "rules">) {
    this.useRules(plan);
    this.closed = new Promise<never>((_resolve, reject) => {
      this.#onClosed = reject;
    });
    this.closed.catch(() => undefined);
  }

  /** These rules run from now on. */
  useRules({ rules }: Pick<RuleSetPlan, "rules">): void {
    this.#severities.clear();
    for (const { name, severity } of rules) this.#severities.set(name, severity);
  }

  get severities(): ReadonlyMap<string, string> {
    return this.#severities;
  }

  /** The connection's state changed. */
  nats(kind: BrokerStatus["kind"], text: string): void {
    if (kind === "connected" || kind === "reconnected") this.#nats = null;
    else if (kind === "denied") this.#denied = text;
    else if (kind !== "error") this.#nats = text;
    if (kind === "reconnected") this.#denied = null;
    if (kind === "closed") this.#onClosed(new RefusalError(1, text));
  }

  /** What the start waits for; null: nothing. */
  waiting(reason: string | null): void {
    this.#waiting = reason;
  }

  /** Who tells whether memory is short. */
  memoryWatched(trouble: () => string | null): void {
    this.#memory = trouble;
  }

  begin(assembly: Assembly): void {
    this.#assembly = assembly;
  }

  /** Webhooks run from now on. A receiver that is away is no reason not to be ready. */
  webhooksStarted(status: () => readonly WebhookStatus[]): void {
    this.#webhooks = status;
  }

  /** Webhooks with the records of the alert stream that are behind them. */
  webhooks(): readonly (WebhookStatus & { readonly behind: number })[] {
    const { alerts, outbox } = this.#assembly ?? {};
    const end = (alerts?.base ?? 0) + (outbox?.acked ?? 0);
    return this.#webhooks().map((one) => ({ ...one, behind: Math.max(0, end - one.position) }));
  }

  readiness(): Readiness {
    const problems: { name: string; detail: string }[] = [];
    const add = (name: string, detail: string | null): void => {
      if (detail !== null) problems.push({ name, detail });
    };
    add("nats", this.#nats);
    add("permissions", this.#denied);
    add("starting", this.#waiting);
    const assembly = this.#assembly;
    if (assembly === null) {
      if (problems.length === 0) add("starting", "not running yet");
      return { problems, lag: [] };
    }
    for (const { name, trouble } of assembly.sources) add(`input ${name}`, trouble);
    add("commit", assembly.committer.trouble);
    add("alerts", assembly.sender.trouble);
    add("memory", this.#memory());
    add("outbox", assembly.outbox.full ? "full: intake pauses until alerts leave" : null);
    return { problems, lag: this.pending() };
  }

  engine(): EngineStatus | null {
    return this.#assembly?.engine.status() ?? null;
  }

  pending(): { readonly stream: string; readonly messages: number | null }[] {
    return this.#assembly?.sources.map(({ name, lag }) => ({ stream: name, messages: lag })) ?? [];
  }

  outbox(): { readonly entries: number; readonly bytes: number; readonly acked: number } {
    const { entries = 0, bytes = 0, acked = 0 } = this.#assembly?.outbox ?? {};
    return { entries, bytes, acked };
  }

  connected(): boolean {
    return this.#nats === null;
  }
}
