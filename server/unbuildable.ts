/** Why state cannot be built anew (catch-up.ts), told to the operator. */

import { ACCEPT_FLAG, RefusalError } from "./refusal.ts";

export function cannot(reason: string): RefusalError {
  return new RefusalError(3, `the state cannot be built anew up to the alert stream: ${reason}`, [
    "nothing was published",
    `${ACCEPT_FLAG} gives up the state behind what the alert stream holds, and goes on`,
  ]);
}

/** A record did not come out as it stands in the alert stream. */
export function differs(number: number, what: string): RefusalError {
  return cannot(
    `record ${number} comes out differently (${what}); the rules or their tables have changed, the input was rewritten, or another engine wrote it`,
  );
}
