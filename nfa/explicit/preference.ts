/** Which of two candidates comes first (M-10, M-11). */

import { compareEvents } from "../../base/event.ts";
import { nodesOf } from "./chain.ts";
import type { Candidate } from "./run.ts";

/** The order of M-11: the earlier start, then the preferred. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return compareEvents(a.start.event, b.start.event) || comparePreference(a, b);
}

/** The first difference in the choices made, read from the left; the same choice at an earlier event comes first (M-10). */
function comparePreference(a: Candidate, b: Candidate): number {
  const x = nodesOf(a.last);
  const y = nodesOf(b.last);
  for (let i = 0; ; i++) {
    const rank = (x[i]?.rank ?? a.endRank) - (y[i]?.rank ?? b.endRank);
    if (rank !== 0) return rank;
    const p = x[i];
    const q = y[i];
    if (p === undefined || q === undefined) return 0;
    const order = compareEvents(p.event, q.event);
    if (order !== 0) return order;
  }
}
