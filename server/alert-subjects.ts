/**
 * Where rules may send their alerts: within the alert stream, and not where readers expect records of another kind or
 * alerts that are not live.
 */

import type { RuleSetPlan } from "../dsl/plan.ts";
import { RefusalError } from "./refusal.ts";

/** First tokens behind the root that the service gives to its own records, and to alerts of shadow rules. */
const RESERVED = ["control", "late", "dead", "shadow"];

/** A rule's own subject must lie in the alert stream, or nobody would ever get its alerts. Throws RefusalError. */
export function checkSubjects({ rules }: Pick<RuleSetPlan, "rules">, root: string): void {
  for (const { name, alert, timeout, recovered } of rules) {
    for (const to of [alert.to, timeout?.alert.to ?? null, recovered?.to ?? null]) {
      if (to === null) continue;
      const what = `the rule ${name} sends its alerts to "${to}", which is`;
      if (!to.startsWith(`${root}.`)) {
        throw new RefusalError(2, `${what} outside of the alert stream's subjects (${root}.>)`);
      }
      const token = to.slice(root.length + 1).split(".")[0] ?? "";
      if (RESERVED.includes(token)) {
        throw new RefusalError(2, `${what} reserved (${root}.${token}.>): choose another subject`);
      }
    }
  }
}
