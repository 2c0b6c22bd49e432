/**
 * Finds the message that the process dies of each time. Three ends without order at the same positions, the last two of
 * them while the same message was being stepped: that message is put aside (control decision `skip`, a dead record), and
 * the rest goes on. A kill from outside does not count unless it hits the same message, in the microseconds that it
 * takes, twice in a row. A message stays put aside until the stored positions have passed it: several may lie between
 * two checkpoints.
 *
 * Messages are marked (stepping-file.ts) for a while after an end without order; a message whose step throws is marked
 * then.
 *
 * Space "service", key "strikes": u8 version | text positions | count | mark | number of skipped | skipped, marks as
 * text stream, seq.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Store, StoreChange } from "../state/store.ts";
import { positionsText, readPositions } from "./outbox-record.ts";
import type { LeftBehind, StepMark } from "./stepping-file.ts";
import { readStoredFeeds, SERVICE_SPACE } from "./stored-service.ts";

/** Ends without order at the same positions before a message is put aside. */
export const STRIKES = 3;
/** Messages put aside and not passed yet at which the fault is not with the messages. */
export const MAX_SKIPPED = 100;

export interface Strikes {
  /** Where the service stood, as text. */
  readonly positions: string;
  readonly count: number;
  readonly mark: StepMark | null;
  /** Put aside, and not passed yet. */
  readonly skipped: readonly StepMark[];
}

/** What a start has to know about the ends before it. */
export interface StrikeVerdict {
  readonly strikes: Strikes;
  /** To be put aside from now on, which is to be recorded; null where there is none. */
  readonly poison: StepMark | null;
}

/** Judges the end of the process before. Pure. */
export function judgeEnd(
  before: Strikes | null,
  { clean, mark }: LeftBehind,
  positions: string,
): StrikeVerdict {
  const same = before !== null && before.positions === positions;
  const count = (same ? before.count : 0) + (clean ? 0 : 1);
  const again = same && mark !== null && isSame(before.mark, mark);
  const poison = !clean && count >= STRIKES && again ? mark : null;
  const ahead = before === null ? [] : aheadOf(before, positions);
  const skipped = poison === null ? ahead : [...ahead, poison];
  return { strikes: { positions, count, mark: clean ? null : mark, skipped }, poison };
}

/** What was put aside and still comes. Of a feed that went back its messages are others. */
function aheadOf({ skipped, positions }: Strikes, now: string): readonly StepMark[] {
  const was = readPositions(positions);
  const is = readPositions(now);
  return skipped.filter(({ stream, seq }) => {
    const position = is.get(stream) ?? 0;
    return position >= (was.get(stream) ?? 0) && position < seq;
  });
}

export function isSame(a: StepMark | null, b: StepMark | null): boolean {
  return a !== null && b !== null && a.stream === b.stream && a.seq === b.seq;
}

const KEY = new TextEncoder().encode("strikes");
const FORMAT = 2;
const writer = new ByteWriter();

/** Where the feeds stand in the store. */
export function storedPositions(store: Pick<Store, "scan">): string {
  return positionsText(readStoredFeeds(store));
}

export function readStrikes(store: Pick<Store, "get">): Strikes | null {
  const bytes = store.get(SERVICE_SPACE, KEY);
  if (bytes === null) return null;
  const reader = new ByteReader(bytes);
  // Strikes of another version are forgotten: they are for a few starts only.
  if (reader.byte() !== FORMAT) return null;
  const positions = reader.text();
  const count = reader.uint();
  const mark = readMark(reader);
  const skipped: StepMark[] = [];
  for (let left = reader.uint(); left > 0; left--) {
    const one = readMark(reader);
    if (one !== null) skipped.push(one);
  }
  return { positions, count, mark, skipped };
}

export function strikesChange({ positions, count, mark, skipped }: Strikes): StoreChange {
  writer.byte(FORMAT);
  writer.text(positions);
  writer.uint(count);
  writeMark(mark);
  writer.uint(skipped.length);
  for (const one of skipped) writeMark(one);
  return { space: SERVICE_SPACE, key: KEY, value: writer.take() };
}

function writeMark(mark: StepMark | null): void {
  writer.text(mark?.stream ?? "");
  writer.uint(mark?.seq ?? 0);
}

function readMark(reader: ByteReader): StepMark | null {
  const stream = reader.text();
  const seq = reader.uint();
  return stream === "" ? null : { stream, seq };
}
