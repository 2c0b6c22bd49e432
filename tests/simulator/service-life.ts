/**
 * One life of the service in a simulation: the production work (server/work.ts) on a modelled disk, connection and
 * clock, from its start to its end. It ends by a crash between any two effects or any two turns, by a signal, or by
 * itself.
 */

import { Random } from "../../base/random.ts";
import type { Clock } from "../../io/clock.ts";
import { Broker } from "../../io/nats.ts";
import { checkConfig } from "../../server/config-schema.ts";
import type { Log } from "../../server/log.ts";
import { MemoryGuard } from "../../server/memory-guard.ts";
import { Metrics } from "../../server/metrics.ts";
import type { OutboxLimits } from "../../server/outbox.ts";
import type { ServiceRules } from "../../server/rule-folder.ts";
import { ServiceStatus } from "../../server/service-status.ts";
import { work } from "../../server/work.ts";
import type { StoreChange } from "../../state/store.ts";
import { ModelConnection } from "./connection-model.ts";
import type { DiskModel } from "./disk-model.ts";
import type { Faults } from "./faults.ts";
import { type NatsModel, WALL_START_MS } from "./nats-model.ts";
import type { Plant } from "./plant.ts";
import type { Owner, Schedule } from "./schedule.ts";

/** How a life ended. */
export type Ending =
  | { readonly kind: "crashed" }
  /** By a signal, in order. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: Error };

export interface LifeParts {
  readonly schedule: Schedule;
  readonly server: NatsModel;
  readonly disk: DiskModel;
  readonly faults: Faults;
  readonly plant: Plant;
  readonly rules: ServiceRules;
  readonly commit: { readonly events: number; readonly everyMs: number };
  readonly checkpoint: "commit" | "1s" | "10s";
  readonly outboxLimits: OutboxLimits;
  /** The service's wall clock. */
  readonly wallMs: () => number;
  readonly onDurable: (changes: readonly StoreChange[]) => void;
  /** Which share of the memory is in use; it is not watched where this is left out. */
  readonly memoryShare?: () => number;
}

/** Unwinds what a crashed process was in the middle of. */
class CrashError extends Error {
  override readonly name = "CrashError";
}

export class ServiceLife implements Owner {
  readonly #parts: LifeParts;
  readonly #stop = new AbortController();
  readonly connection: ModelConnection;
  #dead = false;
  #ending: Ending | null = null;

  constructor(parts: LifeParts) {
    this.#parts = parts;
    const { schedule, server, faults, plant } = parts;
    const process = {
      isDead: () => this.#dead,
      get dead() {
        return this.isDead();
      },
      effect: (what: string) => this.#effect(what),
    };
    this.connection = new ModelConnection({ schedule, server, link: faults, plant, process });
    void this.#live();
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Null while it lives. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  /** SIGKILL: nothing of it goes on but what it has sent already. */
  crash(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#ending ??= { kind: "crashed" };
    this.connection.abandon();
    this.#parts.schedule.trace("crashed");
  }

  /** Every effect passes here. */
  #effect(what: string): void {
    if (!this.#dead && this.#parts.faults.strikes("crash-at-effect")) this.crash();
    if (this.#dead) throw new CrashError(what);
    this.#parts.schedule.trace(what);
  }

  async #live(): Promise<void> {
    try {
      await this.#work();
      this.#end({ kind: "stopped" });
    } catch (error) {
      const aborted = this.#stop.signal.aborted && (error as Error).name === "AbortError";
      this.#end(aborted ? { kind: "stopped" } : { kind: "failed", error: error as Error });
    }
  }

  #end(ending: Ending): void {
    if (this.#dead) return;
    this.#ending = ending;
    this.#dead = true;
    this.connection.abandon();
    const text = ending.kind === "failed" ? ending.error.message : ending.kind;
    this.#parts.schedule.note(`ended: ${text}`);
  }

  #work(): Promise<void> {
    const { schedule, disk, outboxLimits, commit, checkpoint, plant } = this.#parts;
    const rules = plant === "never-idle" ? withoutIdle(this.#parts.rules) : this.#parts.rules;
    const checked = checkConfig({ state: { commit, checkpoint } });
    if ("issues" in checked) throw new Error(JSON.stringify(checked.issues));
    const status = new ServiceStatus(rules.plan);
    const options = { url: "nats://model", name: "simulated" };
    const broker = new Broker(this.connection.client(), {
      ...options,
      onStatus: ({ kind, text }) => status.nats(kind, text),
    });
    const { memoryShare } = this.#parts;
    const usage = () => [{ usedBytes: memoryShare?.() ?? 0, limitBytes: 1 }];
    return work({
      ...(memoryShare === undefined
        ? {}
        : { memory: new MemoryGuard(this.#clock(), usage, () => undefined) }),
      config: checked.config,
      log: this.#log(),
      signal: this.#stop.signal,
      acceptLoss: false,
      rules,
      status,
      metrics: new Metrics(status),
      store: this.#store(),
      broker,
      clock: this.#clock(),
      random: new Random(schedule.random.uint32()),
      outboxLimits,
      rebuilding: disk.rebuilding,
      onStarted: () => {
        disk.rebuilding = false;
      },
    });
  }

  #store() {
    const { disk, faults, onDurable } = this.#parts;
    return disk.open({
      onCommit: () => {
        this.#effect("commit");
        return faults.onCommit();
      },
      onDurable,
      die: () => {
        this.crash();
        throw new CrashError("commit");
      },
    });
  }

  #clock(): Clock {
    const { schedule, wallMs, plant } = this.#parts;
    return {
      nowMs: plant === "still-clock" ? () => WALL_START_MS : wallMs,
      monotonicMs: () => schedule.nowMs,
      after: (durationMs, callback) => schedule.after(durationMs, callback, this),
      nextTurn: (callback) => {
        schedule.after(schedule.random.unit() * 0.05, callback, this);
      },
    };
  }

  #log(): Log {
    const say = (level: string) => (first: unknown, second?: string) => {
      this.#parts.schedule.note(`${level}: ${second ?? String(first)}`);
    };
    const log = {
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      fatal: say("fatal"),
      debug: say("debug"),
    };
    return log as unknown as Log;
  }
}

/** The rules with an `idle` that no silence reaches. */
function withoutIdle(rules: ServiceRules): ServiceRules {
  const streams = rules.plan.streams.map((stream) => ({ ...stream, idleMs: NEVER_MS }));
  return { ...rules, plan: { ...rules.plan, streams } };
}

const NEVER_MS = 1e12;
