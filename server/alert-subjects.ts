/** Where rules may send their alerts. */

import type { RuleSetPlan } from "../dsl/plan.ts";
import { RefusalError } from "./refusal.ts";

/** A rule's own subject must lie in the alert stream, or nobody would ever get its alerts. Throws RefusalError. */
export function checkSubjects({ rules }: Pick<RuleSetPlan, "rules">, root: string): void {
  for (const { name, alert, timeout, recovered } of rules) {
    for (const to of [alert.to, timeout?.alert.to ?? null, recovered?.to ?? null]) {
      if (to === null || to.startsWith(`${root}.`)) continue;
      throw new RefusalError(
        2,
        `the rule ${name} sends its alerts to "${to}", which is outside of the alert stream's subjects (${root}.>)`,
      );
    }
  }
}
