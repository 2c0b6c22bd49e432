/**
 * The records of the alert stream as they were committed, for a state that has to be built anew (catch-up.ts): a group
 * has the same positions, and its decisions stand before what was put out.
 */

import type { Value } from "../base/value.ts";
import type { Broker, Outcome } from "../io/nats.ts";
import { messageAt, type StoredMessage } from "../io/nats-streams.ts";
import { HEADERS, type NumberedRecord, readPositions } from "./outbox-record.ts";
import { cannot, differs } from "./unbuildable.ts";

export interface RecordedDecision {
  readonly kind: string;
  /** What it says, without kind and positions. */
  readonly body: Readonly<Record<string, Value>>;
  readonly positions: ReadonlyMap<string, number>;
}

export interface RecordedGroup {
  /** Number of its first record. */
  readonly first: number;
  readonly records: readonly StoredMessage[];
  readonly decisions: readonly RecordedDecision[];
  /** Positions behind which it was committed, by JetStream stream. */
  readonly positions: ReadonlyMap<string, number>;
}

export interface RecordedParts {
  readonly broker: Broker;
  readonly alerts: { readonly stream: string; readonly base: number };
  /** Numbers of the first and the last record. */
  readonly from: number;
  readonly to: number;
  /** Identity of the rule set that all of them must be of. */
  readonly rules: string;
  readonly ask: <T>(request: () => Promise<Outcome<T>>) => Promise<T>;
}

/** Messages asked for at a time. */
const WINDOW = 64;
/** What the engine itself puts out under the control subject. */
const NO_DECISIONS = ["limit"];

export class RecordedGroups {
  readonly #parts: RecordedParts;

  constructor(parts: RecordedParts) {
    this.#parts = parts;
  }

  /** The group of the last record, as far as that one tells. */
  async last(): Promise<RecordedGroup> {
    const record = await this.#read(this.#parts.to);
    return this.#group(this.#parts.to, [record]);
  }

  async *all(): AsyncIterable<RecordedGroup> {
    let first = this.#parts.from;
    let records: StoredMessage[] = [];
    let openDecisions = true;
    for await (const record of this.#records()) {
      const decision = isDecision(record);
      const before = records.at(-1);
      const ends =
        before !== undefined &&
        (header(before, "positions") !== header(record, "positions") ||
          (decision && !openDecisions));
      if (ends) {
        yield this.#group(first, records);
        first += records.length;
        records = [];
      }
      records.push(record);
      openDecisions = decision;
    }
    yield this.#group(first, records);
  }

  /** What is about to be committed must be what the group holds. Throws RefusalError. */
  compare(group: RecordedGroup, staged: readonly NumberedRecord[]): void {
    for (const record of staged) {
      const recorded = group.records[record.number - group.first];
      if (recorded === undefined) {
        // Behind the last record of the stream there may be more of the same commit.
        if (record.number > this.#parts.to) return;
        throw differs(record.number, "it was not decided there");
      }
      if (record.subject !== recorded.subject) throw differs(record.number, "another subject");
      if (Buffer.compare(record.payload, recorded.data) !== 0) {
        throw differs(record.number, "another text");
      }
    }
  }

  #group(first: number, records: readonly StoredMessage[]): RecordedGroup {
    for (const [i, record] of records.entries()) {
      if (header(record, "number") !== String(first + i)) {
        throw cannot(`the message ${record.seq} is not its record ${first + i}`);
      }
      if (header(record, "rules") !== this.#parts.rules) {
        throw cannot(`record ${first + i} was decided by other rules (${header(record, "rules")})`);
      }
    }
    const positions = readPositions(header(records[0], "positions"));
    return { first, records, decisions: records.filter(isDecision).map(decisionOf), positions };
  }

  async *#records(): AsyncIterable<StoredMessage> {
    const { from, to } = this.#parts;
    const pending: Promise<StoredMessage>[] = [];
    for (let next = from; next <= to || pending.length > 0; ) {
      while (next <= to && pending.length < WINDOW) {
        const reading = this.#read(next++);
        // Told when its turn comes.
        reading.catch(() => undefined);
        pending.push(reading);
      }
      yield await (pending.shift() as Promise<StoredMessage>);
    }
  }

  #read(number: number): Promise<StoredMessage> {
    const { broker, alerts, ask } = this.#parts;
    return ask(() => messageAt(broker, alerts.stream, alerts.base + number));
  }
}

function header(record: StoredMessage | undefined, name: keyof typeof HEADERS): string {
  return record?.headers.find(([key]) => key === HEADERS[name])?.[1] ?? "";
}

/** `ROOT.control.KIND`; a rule's own subject cannot be one, for it would hold the alert's id. */
function isDecision(record: StoredMessage): boolean {
  const kind = /\.control\.([a-z]+)$/.exec(record.subject)?.[1];
  return kind !== undefined && !NO_DECISIONS.includes(kind) && header(record, "id") === "";
}

function decisionOf({ data }: StoredMessage): RecordedDecision {
  const { kind, positions, ...body } = JSON.parse(new TextDecoder().decode(data)) as {
    readonly kind: string;
    readonly positions: Readonly<Record<string, number>>;
  };
  return { kind, body, positions: new Map(Object.entries(positions)) };
}
