/**
 * One alert by its id. The alert stream has no index of ids: it is read in pieces, the newest first, because what is
 * asked for has mostly just happened.
 */

import { streamInfo } from "../../io/nats-streams.ts";
import type { AlertPlace } from "./alert-routes.ts";
import { followAlerts } from "./follow-alerts.ts";

export type FoundAlert =
  /** `text`: the alert as it is stored. */
  | { readonly kind: "found"; readonly seq: number; readonly text: string }
  /** Nothing from `from` on has this id; what is older was not looked at, for want of time, where `from` is above 1. */
  | { readonly kind: "none"; readonly from: number }
  | { readonly kind: "unreachable"; readonly reason: string };

/** Records of the first piece; each is twice as long as the one before. */
const FIRST_PIECE = 4096;

/** Alerts of shadow rules are found, too. `before`: looks at what stands before this sequence; null: at all. */
export async function findAlert(
  place: AlertPlace,
  id: string,
  before: number | null,
  signal: AbortSignal,
): Promise<FoundAlert> {
  const info = await streamInfo(place.broker, place.stream);
  if (info.kind !== "ok") return { kind: "unreachable", reason: info.reason };
  const { firstSeq, lastSeq } = info.value;
  let end = Math.min(lastSeq, (before ?? Number.POSITIVE_INFINITY) - 1);
  let piece = FIRST_PIECE;
  while (end >= firstSeq) {
    const begin = Math.max(firstSeq, end - piece + 1);
    const found = await findIn(place, id, begin, end, signal);
    // Time is up in the middle of a piece.
    if (found === null) return { kind: "none", from: end + 1 };
    if (found !== "nothing") return found;
    end = begin - 1;
    piece *= 2;
  }
  return { kind: "none", from: 1 };
}

/** Null where the signal came before all was read. */
async function findIn(
  place: AlertPlace,
  id: string,
  begin: number,
  end: number,
  signal: AbortSignal,
): Promise<FoundAlert | "nothing" | null> {
  const filter = { rule: "*", severity: "info", shadow: true } as const;
  for await (const item of followAlerts({ ...place, afterSeq: begin - 1, filter, signal })) {
    if (item.kind === "trouble") return { kind: "unreachable", reason: item.reason };
    if (item.kind === "removed") continue;
    if (item.kind === "alert" && item.seq <= end && item.alert.id === id) {
      return { kind: "found", seq: item.seq, text: item.text };
    }
    if (item.seq >= end || (item.kind === "passed" && item.caughtUp)) return "nothing";
  }
  return null;
}
