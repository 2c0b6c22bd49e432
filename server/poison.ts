/**
 * Finds the message that the process dies of each time. Three ends without order at the same positions, the last two of
 * them while the same message was being stepped: that message is put aside (control decision `skip`, a dead record), and
 * the rest goes on. A kill from outside does not count unless it hits the same message, in the microseconds that it
 * takes, twice in a row.
 *
 * Messages are marked (stepping-file.ts) for a while after an end without order; a message whose step throws is marked
 * then.
 *
 * Space "service", key "strikes": u8 version | text positions | count | mark | skipped, marks as text stream, seq.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { Store, StoreChange } from "../state/store.ts";
import type { LeftBehind, StepMark } from "./stepping-file.ts";
import { readStoredFeeds, SERVICE_SPACE } from "./stored-service.ts";

/** Ends without order at the same positions before a message is put aside. */
export const STRIKES = 3;

export interface Strikes {
  /** Where the service stood, as text. */
  readonly positions: string;
  readonly count: number;
  readonly mark: StepMark | null;
  /** Put aside already, and not passed yet. */
  readonly skipped: StepMark | null;
}

/** What a start has to know about the ends before it. */
export interface StrikeVerdict {
  readonly strikes: Strikes;
  /** To be put aside from now on; null where there is none. */
  readonly poison: StepMark | null;
  /** Was it put aside by an earlier start, and is the decision recorded? */
  readonly known: boolean;
}

/** Judges the end of the process before. Pure. */
export function judgeEnd(
  before: Strikes | null,
  { clean, mark }: LeftBehind,
  positions: string,
): StrikeVerdict {
  const same = before !== null && before.positions === positions;
  const skipped = same ? before.skipped : null;
  const count = (same ? before.count : 0) + (clean ? 0 : 1);
  const again = same && mark !== null && isSame(before.mark, mark);
  const found = !clean && count >= STRIKES && again ? mark : null;
  const poison = found ?? skipped;
  return {
    strikes: { positions, count, mark: clean ? null : mark, skipped: poison },
    poison,
    known: poison !== null && isSame(poison, skipped),
  };
}

export function isSame(a: StepMark | null, b: StepMark | null): boolean {
  return a !== null && b !== null && a.stream === b.stream && a.seq === b.seq;
}

const KEY = new TextEncoder().encode("strikes");
const FORMAT = 1;
const writer = new ByteWriter();

/** Where the feeds stand in the store. */
export function storedPositions(store: Pick<Store, "scan">): string {
  return readStoredFeeds(store)
    .map(({ name, position }) => `${name}=${position}`)
    .join(", ");
}

export function readStrikes(store: Pick<Store, "get">): Strikes | null {
  const bytes = store.get(SERVICE_SPACE, KEY);
  if (bytes === null) return null;
  const reader = new ByteReader(bytes);
  // Strikes of another version are forgotten: they are for a few starts only.
  if (reader.byte() !== FORMAT) return null;
  const positions = reader.text();
  const count = reader.uint();
  return { positions, count, mark: readMark(reader), skipped: readMark(reader) };
}

export function strikesChange({ positions, count, mark, skipped }: Strikes): StoreChange {
  writer.byte(FORMAT);
  writer.text(positions);
  writer.uint(count);
  for (const one of [mark, skipped]) {
    writer.text(one?.stream ?? "");
    writer.uint(one?.seq ?? 0);
  }
  return { space: SERVICE_SPACE, key: KEY, value: writer.take() };
}

function readMark(reader: ByteReader): StepMark | null {
  const stream = reader.text();
  const seq = reader.uint();
  return stream === "" ? null : { stream, seq };
}
