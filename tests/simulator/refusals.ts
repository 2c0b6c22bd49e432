/** Which refusals of the service are excused by which faults. What is not listed here is a bug. */

import type { FaultKind, Faults } from "./faults.ts";

/** "final": trying again need not help; "passing": the next start has to go on. */
export type Excuse = "final" | "passing";

interface Excused {
  readonly pattern: RegExp;
  /** One of them must have happened. */
  readonly by: readonly FaultKind[];
  readonly excuse: Excuse;
}

/** What is built anew comes out otherwise, or not at all, where events or alerts are gone that it rested on. */
const LOST: readonly FaultKind[] = [
  "deleted",
  "expired",
  "feed-back",
  "feed-made-anew",
  "alerts-made-anew",
  "foreign-writer",
];

const EXCUSED: readonly Excused[] = [
  {
    pattern: /another one: it was made at|the stream was made anew/,
    by: ["feed-made-anew"],
    excuse: "final",
  },
  {
    pattern: /went back|was rewritten|before the position|is not what was read/,
    by: ["feed-back", "feed-made-anew"],
    excuse: "final",
  },
  { pattern: /expired before they were read/, by: ["expired", "deleted"], excuse: "final" },
  { pattern: /published by somebody else/, by: ["foreign-writer"], excuse: "final" },
  { pattern: /it was made anew|it was made at/, by: ["alerts-made-anew"], excuse: "final" },
  { pattern: /the broker lost what it had acknowledged/, by: ["server-power"], excuse: "final" },
  { pattern: /cannot be built anew/, by: LOST, excuse: "final" },
  { pattern: /have expired, and the state rests on them/, by: LOST, excuse: "final" },
  // A record of a dead life was on its way for so long that the next one, with state built anew, did not see it.
  { pattern: /is not the one in the state folder/, by: ["slow", "stall"], excuse: "passing" },
  // The alert stream went back while the state was built anew up to its end.
  { pattern: /cannot be built anew.*no message found/, by: ["server-power"], excuse: "passing" },
];

/** How the faults so far excuse this refusal; null: they do not. */
export function excuseOf(message: string, faults: Faults): Excuse | null {
  const found = EXCUSED.filter(
    ({ pattern, by }) => pattern.test(message) && by.some((kind) => faults.happened(kind)),
  );
  return found[0]?.excuse ?? null;
}
