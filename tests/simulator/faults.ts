/**
 * What goes wrong in a simulation, by seed: which kinds at all, how often, and how often each of them happened. Some
 * kinds hurt for good, and excuse a refusal of the service; most must leave no trace.
 */

import type { Random } from "../../base/random.ts";
import type { LinkFaults } from "./connection-model.ts";
import type { CommitFault } from "./disk-model.ts";
import type { DeliveryFault, PublishFault, ServerFaults } from "./nats-model.ts";
import type { Schedule } from "./schedule.ts";

/** Faults that happen by themselves at some moment. */
export const MOMENTS = [
  "crash",
  "stop",
  "cut",
  "stall",
  "server-restart",
  "server-power",
  "leader-change",
  "consumers-gone",
  "server-disk-full",
  "disk-full",
  "clock-step",
  "server-clock-step",
  "deleted",
  "silence",
  "old-copy",
  "state-lost",
] as const;

/** Faults of something that is under way: a step, a commit, a message, a request. */
export const ON_THE_WAY = [
  "crash-at-step",
  "crash-at-effect",
  "crash-in-commit",
  "commit-refused",
  "slow",
  "publish-ignored",
  "ack-lost",
  "refused-10071",
  "refused-10164",
  "unavailable",
  "delivery-lost",
  "delivery-doubled",
  "delivery-late",
  "fetch-empty",
  "request-lost",
] as const;

/** Faults that take away what nobody can bring back: the service may refuse. At most one of them in a run. */
export const HARMS = [
  "feed-back",
  "feed-made-anew",
  "expired",
  "foreign-writer",
  "alerts-made-anew",
] as const;

export type FaultKind =
  | (typeof MOMENTS)[number]
  | (typeof ON_THE_WAY)[number]
  | (typeof HARMS)[number];

export class Faults implements ServerFaults, LinkFaults {
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #rates = new Map<FaultKind, number>();
  readonly counts = new Map<FaultKind, number>();
  readonly moments: readonly (typeof MOMENTS)[number][];
  /** Whether and when the run has a fault that hurts for good. */
  readonly harm: (typeof HARMS)[number] | null;
  #calm = false;
  #slowUntilMs = 0;
  diskRefusesUntilMs = 0;
  stalledUntilMs = 0;
  readonly #baseLatencyMs: number;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#random = schedule.random;
    const random = this.#random;
    // A part of the kinds, each with a rate of its own: faults that meet are found where few are about.
    const share = random.unit();
    const moments = MOMENTS.filter(() => random.chance(share));
    // What is built anew needs the events: where some were deleted meanwhile nobody can promise anything.
    const excluded = random.chance(0.2) ? ["old-copy", "state-lost"] : ["deleted"];
    this.moments = moments.filter((kind) => !excluded.includes(kind));
    for (const kind of ON_THE_WAY) {
      if (random.chance(share)) this.#rates.set(kind, 0.0005 * 40 ** random.unit());
    }
    this.harm = random.chance(0.3) ? random.pick(HARMS) : null;
    this.#baseLatencyMs = 0.1 * 50 ** random.unit();
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#calm = true;
    this.stalledUntilMs = 0;
    this.diskRefusesUntilMs = 0;
  }

  count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.#schedule.trace(`fault ${kind}`);
  }

  happened(kind: FaultKind): boolean {
    return this.counts.has(kind);
  }

  /** Does the fault strike here? */
  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    if (rate === undefined || this.#calm || !this.#random.chance(rate)) return false;
    this.count(kind);
    return true;
  }

  latencyMs(): number {
    const random = this.#random;
    if (this.strikes("slow")) this.#slowUntilMs = this.#schedule.nowMs + random.unit() * 4000;
    const slow = this.#schedule.nowMs < this.#slowUntilMs && !this.#calm ? 100 : 1;
    return this.#baseLatencyMs * slow * (0.5 + random.unit());
  }

  onCommit(): CommitFault {
    if (this.strikes("crash-in-commit")) {
      return this.#random.chance(0.5) ? "dies-before" : "dies-after";
    }
    if (this.strikes("commit-refused")) {
      this.diskRefusesUntilMs = this.#schedule.nowMs + this.#random.unit() * 1500;
    }
    if (this.#schedule.nowMs >= this.diskRefusesUntilMs) return "none";
    return this.#random.chance(0.5) ? "disk-full" : "io";
  }

  onPublish(_stream: string): PublishFault {
    if (this.strikes("publish-ignored")) return "ignored";
    if (this.strikes("ack-lost")) return "ack-lost";
    if (this.strikes("refused-10071")) return "wrong-sequence";
    if (this.strikes("refused-10164")) return "in-flight";
    return this.strikes("unavailable") ? "unavailable" : "none";
  }

  onDelivery(_stream: string): DeliveryFault {
    if (this.strikes("delivery-lost")) return "lost";
    if (this.strikes("delivery-doubled")) return "doubled";
    return this.strikes("delivery-late") ? "late" : "none";
  }

  onPull(_stream: string): boolean {
    return !this.strikes("fetch-empty");
  }

  onRequest(_path: string): "answered" | "lost" | "unavailable" {
    if (this.strikes("request-lost")) return "lost";
    return this.strikes("unavailable") ? "unavailable" : "answered";
  }
}
