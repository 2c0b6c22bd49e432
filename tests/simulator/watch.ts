/**
 * What must hold after each effect of the service, seen from outside: from the disk, from what was delivered to it and
 * from what the alert stream gets. Remembers which events the committed positions stand for.
 *
 * Invariants checked
 *  W1  Positions never go back; the numbers of the outbox rise by one.
 *  W2  A record reaches the alert stream only after its commit, as it was committed, at the sequence of its number.
 *  W3  Nothing is stepped while the outbox is at its bound.
 */

import { OUTBOX_SPACE, Outbox } from "../../server/outbox.ts";
import { readPositions } from "../../server/outbox-record.ts";
import { readStoredAlerts, readStoredFeeds } from "../../server/stored-service.ts";
import type { StoreChange } from "../../state/store.ts";
import type { DiskModel } from "./disk-model.ts";
import type { ModelMessage } from "./stream-model.ts";

export const ALERTS = "ALERTS";

/** A message that belongs to the committed past, by its sequence. */
export type CommittedLog = ReadonlyMap<string, readonly (ModelMessage | undefined)[]>;

export class Watch {
  readonly #disk: DiskModel;
  readonly #alertsEnd: () => number;
  readonly #outboxEntries: number;
  /** Has the alert stream gone back? Then the outbox may hold more than its bound. */
  alertsWentBack = false;
  /** Was state lost, or replaced by an older one? Records of the lost one may still be on their way. */
  diskWentBack = false;
  #positions = new Map<string, number>();
  #next = 1;
  /** What this life has been given, by feed and sequence. */
  #delivered = new Map<string, ModelMessage[]>();
  /** And the life before, whose records may still be on their way. */
  #deliveredBefore = new Map<string, ModelMessage[]>();
  readonly #committed = new Map<string, (ModelMessage | undefined)[]>();
  readonly #published = new Map<string, (ModelMessage | undefined)[]>();
  #breach: string | null = null;

  /** Does every record wait for a commit of its own? Otherwise what was not committed is built anew. */
  readonly #eager: boolean;

  /** `alertsEnd`: records that the alert stream has; `outboxEntries`: the bound of the outbox. */
  constructor(disk: DiskModel, alertsEnd: () => number, outboxEntries: number, eager: boolean) {
    this.#eager = eager;
    this.#disk = disk;
    this.#alertsEnd = alertsEnd;
    this.#outboxEntries = outboxEntries;
  }

  /** What does not hold, or null. */
  get breach(): string | null {
    return this.#breach;
  }

  /** What the state rests on. */
  get committed(): CommittedLog {
    return this.#committed;
  }

  /** What the alert stream rests on. */
  get published(): CommittedLog {
    return this.#published;
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.#breach ??= what;
  }

  /** A new life knows what is on the disk and nothing else. */
  begin(): void {
    this.#deliveredBefore = this.#delivered;
    this.#delivered = new Map();
    this.#positions = this.#read();
    this.#next = readStoredAlerts(this.#disk.content)?.next ?? 1;
  }

  #read(): Map<string, number> {
    return new Map(
      readStoredFeeds(this.#disk.content).map(({ name, position }) => [name, position]),
    );
  }

  /**
   * Is it certain whether the service has the message, now and after a crash? Not while it may be on its way, or wait
   * for its commit.
   */
  isCertain(feed: string, seq: number): boolean {
    const read = Math.max(
      this.#delivered.get(feed)?.length ?? 0,
      this.#deliveredBefore.get(feed)?.length ?? 0,
    );
    return seq <= (this.#positions.get(feed) ?? 0) || seq >= read;
  }

  delivered(feed: string, message: ModelMessage): void {
    let messages = this.#delivered.get(feed);
    if (messages === undefined) {
      messages = [];
      this.#delivered.set(feed, messages);
    }
    messages[message.seq] = message;
  }

  durable(changes: readonly StoreChange[]): void {
    const positions = this.#read();
    let moved = false;
    for (const [feed, position] of positions) {
      const before = this.#positions.get(feed) ?? 0;
      this.#check(
        position >= before,
        `the position of ${feed} went back from ${before} to ${position}`,
      );
      moved ||= position > before;
      this.#commitLog(feed, before, position);
    }
    this.#positions = positions;
    if (moved && this.#eager && !this.alertsWentBack) {
      const waiting = this.#next - 1 - this.#alertsEnd();
      this.#check(
        waiting < this.#outboxEntries,
        `events were stepped while ${waiting} records waited`,
      );
    }
    const added = changes.filter(({ space, value }) => space === OUTBOX_SPACE && value !== null);
    for (const { key } of added) {
      const number = new DataView(key.buffer, key.byteOffset).getUint32(4);
      if (!this.#eager) this.#next = Math.max(this.#next, number);
      this.#check(number === this.#next, `number ${number} was given where ${this.#next} comes`);
      this.#next++;
    }
  }

  #commitLog(feed: string, before: number, position: number): void {
    const log = logOf(this.#committed, feed);
    const delivered = this.#delivered.get(feed) ?? [];
    for (let seq = before + 1; seq <= position; seq++) log[seq] = delivered[seq];
  }

  /** What the records rest on that the alert stream has got: the state behind them may be lost later, and built anew. */
  #publishLog(positions: string, before: string): void {
    const from = readPositions(before);
    for (const [feed, position] of readPositions(positions)) {
      const log = logOf(this.#published, feed);
      const committed = logOf(this.#committed, feed);
      for (let seq = (from.get(feed) ?? 0) + 1; seq <= position; seq++) {
        const delivered =
          this.#delivered.get(feed)?.[seq] ?? this.#deliveredBefore.get(feed)?.[seq];
        log[seq] = seq < committed.length ? committed[seq] : delivered;
      }
    }
  }

  /** The alert stream has got a message of the service, behind `before`. */
  onPublished(message: ModelMessage, before: ModelMessage | null): void {
    const { seq, headers, data } = message;
    this.#publishLog(positionsText(message), positionsText(before));
    const number = Number(headers.find(([name]) => name === "Sequitur-Out")?.[1]);
    const stored = readStoredAlerts(this.#disk.content);
    if (stored === null) {
      this.#check(this.diskWentBack, `record ${number} was published before any commit`);
      return;
    }
    const { next, base } = stored;
    this.#check(
      seq === base + number,
      `record ${number} has the sequence ${seq}, not ${base + number}`,
    );
    if (!this.#eager || this.diskWentBack) return;
    const record = new Outbox(this.#disk.content, next).stored(number);
    const same = record !== null && Buffer.compare(record.payload, data) === 0;
    this.#check(same, `record ${number} was published and is not in the outbox`);
  }
}

function positionsText(message: ModelMessage | null): string {
  return message?.headers.find(([name]) => name === "Sequitur-Pos")?.[1] ?? "";
}

function logOf(
  logs: Map<string, (ModelMessage | undefined)[]>,
  feed: string,
): (ModelMessage | undefined)[] {
  let log = logs.get(feed);
  if (log === undefined) {
    log = [];
    logs.set(feed, log);
  }
  return log;
}
