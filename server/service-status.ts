/** What the service tells about itself: readiness by named problems, and what the metrics are read from. */

import type { RuleSetPlan } from "../dsl/plan.ts";
import type { EngineStatus } from "../engine/status.ts";
import type { BrokerStatus } from "../io/nats.ts";
import type { Readiness } from "./http.ts";
import type { MetricsSource } from "./metrics.ts";
import { RefusalError } from "./refusal.ts";
import type { Assembly } from "./service-assembly.ts";

export class ServiceStatus implements MetricsSource {
  readonly severities: ReadonlyMap<string, string>;
  /** Rejects when the connection has ended for good: the process must be started anew. */
  readonly closed: Promise<never>;
  #onClosed: (error: RefusalError) => void = () => undefined;
  #assembly: Assembly | null = null;
  #nats: string | null = "not connected to NATS yet";
  #waiting: string | null = null;

  constructor(plan: RuleSetPlan) {
    this.severities = new Map(plan.rules.map(({ name, severity }) => [name, severity]));
    this.closed = new Promise<never>((_resolve, reject) => {
      this.#onClosed = reject;
    });
    this.closed.catch(() => undefined);
  }

  /** The connection's state changed. */
  nats(kind: BrokerStatus["kind"], text: string): void {
    if (kind === "connected" || kind === "reconnected") this.#nats = null;
    else if (kind !== "error") this.#nats = text;
    if (kind === "closed") this.#onClosed(new RefusalError(1, text));
  }

  /** What the start waits for; null: nothing. */
  waiting(reason: string | null): void {
    this.#waiting = reason;
  }

  begin(assembly: Assembly): void {
    this.#assembly = assembly;
  }

  readiness(): Readiness {
    const problems: { name: string; detail: string }[] = [];
    const add = (name: string, detail: string | null): void => {
      if (detail !== null) problems.push({ name, detail });
    };
    add("nats", this.#nats);
    add("starting", this.#waiting);
    const assembly = this.#assembly;
    if (assembly === null) {
      if (problems.length === 0) add("starting", "not running yet");
      return { problems, lag: [] };
    }
    for (const { name, trouble } of assembly.sources) add(`input ${name}`, trouble);
    add("commit", assembly.committer.trouble);
    add("alerts", assembly.sender.trouble);
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
