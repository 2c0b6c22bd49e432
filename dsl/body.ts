/** What the three bodies of rules have in common: their keys, their sources, and what alerts can see of them. */

import type { ExpectBody, Keys, MatchBody, WindowBody } from "./ast.ts";
import type { ExpectPlan, MatchPlan, RulePlan, WindowPlan } from "./plan.ts";
import { insertion } from "./report.ts";
import type { Checking, Scope } from "./scope.ts";

/** A body after its check; `plan` means nothing where an error was reported. */
export interface CheckedBody {
  readonly plan: MatchPlan | WindowPlan | ExpectPlan;
  readonly keys: RulePlan["keys"];
  /** Of alerts and the clauses behind the body: all steps, and the key. */
  readonly scope: Scope;
  /** Of the conditions that judge a step's events, by `StepPlan.index` (of a window: the index in `over`). */
  readonly judging: readonly Scope[];
  /** Names of the streams and rules that are read. */
  readonly read: ReadonlySet<string>;
}

/** Reports a missing `by` (E0305). */
export function requireKeys(
  body: MatchBody | WindowBody | ExpectBody,
  head: Keys["span"],
  checking: Checking,
): void {
  if (body.by !== null) return;
  checking.report.error("E0305", head, `\`${body.kind}\` needs a key: \`by\``, {
    label: "no `by`",
    notes: [
      "events are judged together with others of the same key: the same user, host, order",
      "`by all` judges all events together",
    ],
    fix:
      body.kind === "match"
        ? insertion(head.file, head.end, "judge all events together", " by all")
        : null,
  });
}

/** Reports a length that is not above zero (E0319). */
export function requirePositive(
  value: number,
  span: Keys["span"],
  what: string,
  checking: Checking,
): void {
  if (value > 0) return;
  checking.report.error("E0319", span, `${what} must be more than 0`, {
    label: "nothing fits in it",
  });
}
