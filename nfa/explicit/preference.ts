/** Which of two candidates comes first (M-10, M-11). */

import { compareEvents } from "../../base/event.ts";
import type { Candidate, Node } from "./run.ts";

/** The order of M-11: the earlier start, then the preferred. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return compareEvents(a.start.event, b.start.event) || comparePreference(a, b);
}

/** A chain of choices with the one that comes after it: to end there, or to wait on an edge of this rank. */
type Choices = Pick<Candidate, "last" | "endRank">;

/**
 * The first difference in the choices made, read from the left; the same choice at an earlier event comes first (M-10).
 * Chains that branched share their nodes up to there, so the first difference lies behind the last node that both have.
 * Cost: the nodes behind it, not the whole chains.
 */
export function comparePreference(a: Choices, b: Choices): number {
  let x: Node | null = a.last;
  let y: Node | null = b.last;
  // The nodes directly behind x and y; null: the chain ends there.
  let nextX: Node | null = null;
  let nextY: Node | null = null;
  while (x !== y) {
    if ((x?.length ?? 0) >= (y?.length ?? 0)) {
      nextX = x;
      x = x?.before ?? null;
    } else {
      nextY = y;
      y = y?.before ?? null;
    }
  }
  const rank = (nextX?.rank ?? a.endRank) - (nextY?.rank ?? b.endRank);
  if (rank !== 0 || nextX === null || nextY === null) return rank;
  return compareEvents(nextX.event, nextY.event);
}
