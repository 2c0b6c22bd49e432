/**
 * The one commit: the engine's changes, the positions that they follow from, the records that they decide, in one
 * transaction. Nothing is published before it is durable.
 *
 * Invariants
 *  C1  What was staged is committed as it is, however often the disk refuses; the engine does not step meanwhile.
 *  C2  Control decisions are numbered before what the engine put out: a decision is published before every alert
 *      that depends on it.
 *  C3  Between two checkpoints (`state.checkpoint`) nothing is written: the records are numbered and handed out, and
 *      a restart steps the same messages again up to what the alert stream has (catch-up.ts). So between them stand
 *      such decisions only as can be taken again, and whatever else is to be stored makes a checkpoint.
 */

import { crc32 } from "../base/crc32.ts";
import { stringifyJson } from "../base/json.ts";
import type { Value } from "../base/value.ts";
import type { Engine } from "../engine/engine.ts";
import { type Clock, pause } from "../io/clock.ts";
import { type Store, type StoreChange, StoreError } from "../state/store.ts";
import { crashPoint } from "./crash-point.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Outbox } from "./outbox.ts";
import {
  controlRecord,
  type NumberedRecord,
  type OutboxRecord,
  positionsText,
  recordOf,
} from "./outbox-record.ts";
import type { Source } from "./source.ts";
import { alertsChange, feedChange, readSilentTick, silentTickChange } from "./stored-service.ts";

/** A decision that does not follow from the events: where it stands in them is part of it. */
export interface ControlDecision {
  readonly kind:
    | "idle"
    | "wake"
    | "tick"
    | "gap"
    | "skip"
    | "undelivered"
    | "activate"
    | "data"
    | "enable"
    | "disable"
    | "quota"
    | "rules";
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
  /** How long state may stay unwritten, in milliseconds; null or left out: each commit writes all of it. */
  readonly checkpointMs?: number | null;
  /** The alert stream's identity and base: record n has the sequence base + n. */
  readonly alerts: { readonly stream: string; readonly created: string; readonly base: number };
}

/** Decisions that a restart takes again from the alert stream. */
const REPEATABLE: readonly ControlDecision["kind"][] = ["idle", "wake", "tick"];

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

export class Committer {
  readonly #parts: CommitterParts;
  #decisions: ControlDecision[] = [];
  /** What the service itself wants stored with the next commit. */
  #further: StoreChange[] = [];
  #rules: string;
  /** Told when what was decided is durable. */
  #waiting: (() => void)[] = [];
  /** Has the alert stream's identity been stored by this process? */
  #introduced = false;
  /** Number of the next record, as stored. */
  #storedNext = 0;
  #failing: string | null = null;
  /**
   * The wall clock that silence has reached without deciding anything, and that no record tells; null: there is none.
   * It is part of the state that is committed, so it outlives the process with it.
   */
  silentTickMs: number | null;
  #storedTickMs: number | null;
  /** Of the last checkpoint, by the monotonic clock. */
  #savedMs = Number.NEGATIVE_INFINITY;
  /** Was there a commit since then that wrote nothing? */
  #unsaved = false;
  #stored = 0;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#storedTickMs = readSilentTick(parts.store);
    this.silentTickMs = this.#storedTickMs;
    this.#rules = parts.rules;
  }

  /** Records from here on are decided by the rule set of this identity. */
  useRules(rules: string): void {
    this.#rules = rules;
  }

  /** Stores these changes with the next commit. */
  add(changes: readonly StoreChange[]): void {
    this.#further.push(...changes);
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

  /** As `decide`, for what is decided beside the loop; resolves once it is durable. */
  async decideDurably(decision: ControlDecision): Promise<void> {
    this.decide(decision);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** How often this process has stored state. */
  get stored(): number {
    return this.#stored;
  }

  /** Are there decisions that no commit has taken yet? */
  get undecided(): boolean {
    return this.#decisions.length > 0;
  }

  /** Is there state to be written, and is it time for that? */
  get isDue(): boolean {
    return this.#unsaved && this.#isTime();
  }

  #isTime(): boolean {
    const { checkpointMs, clock } = this.#parts;
    return clock.monotonicMs() - this.#savedMs >= (checkpointMs ?? 0);
  }

  #mustSave(): boolean {
    return (
      this.#isTime() ||
      !this.#introduced ||
      this.#further.length > 0 ||
      this.#waiting.length > 0 ||
      this.#parts.outbox.needsStoring ||
      this.#decisions.some(({ kind }) => !REPEATABLE.includes(kind))
    );
  }

  /** Writes what `commit` has not written, as at the end of the service. */
  async save(signal: AbortSignal): Promise<void> {
    this.#savedMs = Number.NEGATIVE_INFINITY;
    await this.commit(signal);
  }

  /**
   * Commits everything since the last call. Goes on trying while the disk refuses, until `signal`. `inspect` sees the
   * records before anything is written, and may throw.
   */
  async commit(
    signal: AbortSignal,
    inspect?: (staged: readonly NumberedRecord[]) => void,
  ): Promise<void> {
    const { store, outbox, clock, metrics } = this.#parts;
    if (!this.#mustSave()) {
      this.#handOut(inspect);
      return;
    }
    crashPoint("before-stage");
    const changes = this.#stage();
    this.#savedMs = clock.monotonicMs();
    this.#unsaved = false;
    if (changes.length === 0) return;
    inspect?.(outbox.staged);
    const waiting = this.#waiting;
    this.#waiting = [];
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
        await pause(clock, retryMs, signal);
      }
    }
    if (this.#failing !== null) this.#parts.log.info("commits work again");
    this.#failing = null;
    crashPoint("after-commit");
    this.#stored++;
    outbox.committed();
    crashPoint("after-outbox");
    for (const tell of waiting) tell();
  }

  /** A commit that writes nothing. */
  #handOut(inspect?: (staged: readonly NumberedRecord[]) => void): void {
    const { outbox } = this.#parts;
    this.#unsaved = true;
    outbox.stageUnstored(this.#takeRecords());
    inspect?.(outbox.staged);
    crashPoint("before-commit");
    outbox.committed();
    crashPoint("after-commit");
  }

  #takeRecords(): readonly OutboxRecord[] {
    const { engine, sources, root } = this.#parts;
    const rules = this.#rules;
    const positions = positionsText(sources);
    const records: OutboxRecord[] = this.#decisions.map(({ kind, body }) =>
      controlRecord(kind, stringifyJson(body), root, positions, rules),
    );
    this.#decisions = [];
    for (const output of engine.takeOutputs()) {
      records.push(recordOf(output, root, positions, rules));
    }
    return records;
  }

  #stage(): StoreChange[] {
    const { engine, outbox, sources, alerts, clock } = this.#parts;
    const records = this.#takeRecords();
    const changes = [...engine.takeChanges(), ...outbox.stage(records), ...this.#further];
    this.#further = [];
    for (const source of sources) {
      const stored = source.takePosition(crc32);
      if (stored !== null) changes.push(feedChange(stored));
    }
    changes.push(...outbox.stagePruning(clock.monotonicMs()));
    if (this.silentTickMs !== this.#storedTickMs) {
      changes.push(silentTickChange(this.silentTickMs));
      this.#storedTickMs = this.silentTickMs;
    }
    if (outbox.next !== this.#storedNext || !this.#introduced) {
      changes.push(alertsChange({ ...alerts, next: outbox.next }));
      this.#introduced = true;
      this.#storedNext = outbox.next;
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
