/**
 * How the outbox and the alert stream belong together: which record the stream has last, and so which comes next.
 * Record n has the sequence base + n there. Pure: what is found is judged here, read elsewhere.
 *
 * The last record of the stream says more than any memory of ours: an acknowledgement may have been lost, the broker
 * may have gone back, the state folder may be an old copy, another engine may have written.
 */

import type { NumberedRecord } from "./outbox-record.ts";
import { HEADERS } from "./outbox-record.ts";
import type { StoredAlerts } from "./stored-service.ts";

/** The end of the alert stream as it was found. */
export interface FoundEnd {
  readonly created: string;
  /** One above `lastSeq` where the stream is empty. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Null where the stream is empty, or its last message has expired. */
  readonly message: {
    readonly seq: number;
    readonly data: Uint8Array;
    readonly headers: readonly (readonly [string, string])[];
  } | null;
}

/** What of the outbox is still there. */
export interface OutboxRange {
  /** Lowest number stored; `next` where nothing is. */
  readonly firstStored: number;
  readonly next: number;
  readonly stored: (number: number) => NumberedRecord | null;
}

export type Alignment =
  /** The stream has everything up to `acked`; what follows is in the outbox. */
  | {
      readonly kind: "aligned";
      readonly base: number;
      readonly acked: number;
      readonly next: number;
    }
  /**
   * The stream has records up to `to` that the state folder does not know: the folder is new, or an old copy. The state
   * behind them can be found again by stepping the same messages; else `accepted` is what an operator may accept.
   */
  | {
      readonly kind: "behind";
      readonly base: number;
      readonly to: number;
      readonly reason: string;
      readonly accepted: Accepted;
    }
  /** Something is lost or foreign. With `accepted`, an operator may go on from there. */
  | { readonly kind: "refused"; readonly reason: string; readonly accepted: Accepted | null };

export interface Accepted {
  readonly base: number;
  readonly acked: number;
  readonly next: number;
  /** What is given up, a clause. */
  readonly loss: string;
}

/** Judges the end of the alert stream. `stored` null: the state folder is new. */
export function align(
  stored: Pick<StoredAlerts, "created" | "base"> | null,
  outbox: OutboxRange,
  end: FoundEnd,
): Alignment {
  const number = end.message === null ? null : numberOf(end.message.headers);
  if (stored === null) return alignNew(end, number);
  if (stored.created !== end.created) return alignRemade(outbox, end, number);
  const base = stored.base;
  if (end.message === null) return alignAt(base, end.lastSeq - base, outbox, end);
  if (number === null || end.message.seq - number !== base) {
    const reason = `its last message (sequence ${end.message.seq}) was published by somebody else`;
    return { kind: "refused", reason, accepted: null };
  }
  const ours = number < outbox.next ? outbox.stored(number) : null;
  if (ours !== null && Buffer.compare(ours.payload, end.message.data) !== 0) {
    const reason = `its record ${number} is not the one in the state folder: another engine writes to it`;
    return { kind: "refused", reason, accepted: null };
  }
  return alignAt(base, number, outbox, end);
}

/** A new state folder: the stream must hold no records of an engine before. */
function alignNew(end: FoundEnd, number: number | null): Alignment {
  if (end.message === null) return { kind: "aligned", base: end.lastSeq, acked: 0, next: 1 };
  const { seq } = end.message;
  if (number === null) {
    // Records of ours may stand before it: whoever begins anew behind it would repeat them.
    return {
      kind: "refused",
      reason: `its last message (sequence ${seq}) was published by somebody else, and the state folder is new`,
      accepted: {
        base: end.lastSeq,
        acked: 0,
        next: 1,
        loss: "the certainty that the stream does not hold the same alerts already",
      },
    };
  }
  const base = seq - number;
  const reason = `it holds records up to number ${number}, but the state folder is new`;
  const loss = `the state behind the ${number} records`;
  return {
    kind: "behind",
    base,
    to: number,
    reason,
    accepted: { base, acked: number, next: number + 1, loss },
  };
}

/** The stream was deleted and made again: it gets what the outbox still has. */
function alignRemade(outbox: OutboxRange, end: FoundEnd, number: number | null): Alignment {
  if (number !== null) {
    // What is sent after a remake is stored with the new stream's identity before.
    const reason = `it was made at ${end.created} and holds records already, and the state folder belongs to another alert stream`;
    return { kind: "refused", reason, accepted: null };
  }
  const acked = outbox.firstStored - 1;
  const base = end.lastSeq - acked;
  if (acked === 0) return { kind: "aligned", base, acked, next: outbox.next };
  return {
    kind: "refused",
    reason: `it was made anew at ${end.created}, and of the ${outbox.next - 1} records before only those from number ${outbox.firstStored} on are still in the outbox`,
    accepted: { base, acked, next: outbox.next, loss: `records 1 to ${acked} of the alert stream` },
  };
}

function alignAt(base: number, number: number, outbox: OutboxRange, end: FoundEnd): Alignment {
  const { firstStored, next } = outbox;
  if (number >= next) {
    const reason = `it ends with record ${number}, but the state folder knows only ${next - 1}: the folder is an old copy, or another engine writes`;
    const loss = `the state behind records ${next} to ${number}`;
    return {
      kind: "behind",
      base,
      to: number,
      reason,
      accepted: { base, acked: number, next: number + 1, loss },
    };
  }
  if (number >= firstStored - 1) return { kind: "aligned", base, acked: number, next };
  const acked = firstStored - 1;
  return {
    kind: "refused",
    reason: `it ends with record ${number}, and the outbox begins with ${firstStored}: the broker lost what it had acknowledged`,
    accepted: {
      base: end.lastSeq - acked,
      acked,
      next,
      loss: `records ${number + 1} to ${acked} of the alert stream`,
    },
  };
}

function numberOf(headers: readonly (readonly [string, string])[]): number | null {
  const value = headers.find(([name]) => name === HEADERS.number)?.[1];
  return value !== undefined && /^[1-9]\d{0,15}$/.test(value) ? Number(value) : null;
}
