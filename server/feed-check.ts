/**
 * Is a JetStream stream still the log that the positions were taken from? Pure: what is found is judged here.
 * A stream is the same where it was created at the same time and has the same message at the position.
 */

import type { StoredFeed } from "./stored-service.ts";

/** The stream as it was found. */
export interface FoundFeed {
  readonly created: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The message at the stored position; null where it is no longer there, or there is no position. */
  readonly message: { readonly storedMs: number; readonly checksum: number } | null;
}

export type FeedVerdict =
  | { readonly kind: "same" }
  | {
      readonly kind: "lost";
      readonly reason: string;
      /** Where an operator who accepts the loss goes on, and what lies between. */
      readonly position: number;
      readonly from: number;
      readonly to: number;
    };

export function judgeFeed(stored: StoredFeed, found: FoundFeed): FeedVerdict {
  const { name, created, position } = stored;
  const { firstSeq, lastSeq, message } = found;
  if (created !== found.created) {
    const reason = `the stream ${name} is another one: it was made at ${found.created}, the positions belong to the one made at ${created}`;
    return { kind: "lost", reason, position: firstSeq - 1, from: position + 1, to: firstSeq - 1 };
  }
  if (position > lastSeq) {
    const reason = `the stream ${name} went back: it ends at ${lastSeq}, events up to ${position} were read`;
    return { kind: "lost", reason, position: lastSeq, from: lastSeq + 1, to: position };
  }
  if (position > 0 && message !== null && !sameMessage(stored, message)) {
    const reason = `the stream ${name} was rewritten: its message ${position} is not the one that was read`;
    return { kind: "lost", reason, position, from: position, to: position };
  }
  // A stream read for the first time begins where it begins.
  if (position > 0 && firstSeq > position + 1) {
    const reason = `of the stream ${name} messages ${position + 1} to ${firstSeq - 1} expired before they were read`;
    return { kind: "lost", reason, position: firstSeq - 1, from: position + 1, to: firstSeq - 1 };
  }
  return { kind: "same" };
}

function sameMessage(stored: StoredFeed, message: NonNullable<FoundFeed["message"]>): boolean {
  return stored.storedMs === message.storedMs && stored.checksum === message.checksum;
}
