/**
 * The one commit: the engine's changes, the positions that they follow from, the records that they decide, in one
 * transaction. Nothing is published before it is durable.
 *
 * Invariants
 *  C1  What was staged is committed as it is, however often the disk refuses; the engine does not step meanwhile.
 *  C2  Control decisions are numbered before what the engine put out: a decision is published before every alert
 *      that depends on it.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "../base/crc32.ts";
import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../io/clock.ts";
import { type Store, type StoreChange, StoreError } from "../state/store.ts";
import { crashPoint } from "./crash-point.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import { controlRecord, type OutboxRecord, recordOf } from "./outbox-record.ts";
import type { Source } from "./source.ts";
import { alertsChange, feedChange } from "./stored-service.ts";

/** A decision that does not follow from the events: where it stands in them is part of it. */
export interface ControlDecision {
  readonly kind: "idle" | "wake" | "tick" | "gap";
  readonly body: { readonly [name: string]: Value };
}

export interface CommitterParts {
  readonly engine: Engine;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly sources: readonly Source[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** First tokens of the alert stream's subjects. */
  readonly root: string;
  readonly rules: string;
  /** The alert stream's identity and base: record n has the sequence base + n. */
  readonly alerts: { readonly created: string; readonly base: number };
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

export class Committer {
  readonly #parts: CommitterParts;
  #decisions: ControlDecision[] = [];
  /** Has the alert stream's identity been stored by this process? */
  #introduced = false;
  #failing: string | null = null;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Why commits are refused at the moment; null where they are not. */
  get trouble(): string | null {
    return this.#failing;
  }

  /** Adds a decision to the next commit, with the positions at which it applies. */
  decide({ kind, body }: ControlDecision): void {
    const positions = this.#parts.sources.map(({ name, position }): [string, Value] => [
      name,
      position,
    ]);
    this.#decisions.push({
      kind,
      body: { kind, ...body, positions: Object.fromEntries(positions) },
    });
    this.#parts.metrics.decision(kind);
  }

  /** Commits everything since the last call. Goes on trying while the disk refuses, until `signal`. */
  async commit(signal: AbortSignal): Promise<void> {
    const { store, outbox, clock, metrics } = this.#parts;
    const changes = this.#stage();
    if (changes.length === 0) return;
    crashPoint("before-commit");
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)) {
      const startMs = clock.monotonicMs();
      try {
        const bytes = store.commit(passing(changes));
        metrics.commit((clock.monotonicMs() - startMs) / 1000, bytes);
        break;
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#refused(error);
        await sleep(retryMs, undefined, { signal });
      }
    }
    if (this.#failing !== null) this.#parts.log.info("commits work again");
    this.#failing = null;
    crashPoint("after-commit");
    outbox.committed();
  }

  #stage(): StoreChange[] {
    const { engine, outbox, sources, root, rules, alerts, clock } = this.#parts;
    const positions = sources.map(({ name, position }) => `${name}=${position}`).join(", ");
    const records: OutboxRecord[] = this.#decisions.map(({ kind, body }) =>
      controlRecord(kind, stringifyJson(body), root, positions, rules),
    );
    this.#decisions = [];
    for (const output of engine.takeOutputs()) {
      records.push(recordOf(output, root, positions, rules));
    }
    const changes = [...engine.takeChanges(), ...outbox.stage(records)];
    for (const source of sources) {
      const stored = source.takePosition(crc32);
      if (stored !== null) changes.push(feedChange(stored));
    }
    changes.push(...outbox.stagePruning(clock.monotonicMs()));
    if (records.length > 0 || !this.#introduced) {
      changes.push(alertsChange({ ...alerts, next: outbox.next }));
      this.#introduced = true;
    }
    return changes;
  }

  #refused(error: StoreError): void {
    this.#parts.metrics.commitFailed();
    if (this.#failing === null) {
      this.#parts.log.error({ code: error.code }, `${error.message}; trying again, intake pauses`);
    }
    this.#failing = error.message;
  }
}

/** The changes as they are, with a crash point in their middle. */
function* passing(changes: readonly StoreChange[]): Iterable<StoreChange> {
  const middle = changes.length >> 1;
  for (const [index, change] of changes.entries()) {
    if (index === middle) crashPoint("mid-commit");
    yield change;
  }
}

/** The disk may take later what it refuses now. */
function isPassing(error: unknown): error is StoreError {
  return error instanceof StoreError && (error.code === "disk-full" || error.code === "io");
}
