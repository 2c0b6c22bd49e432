/** What a range of the alert stream says of a rule that is live and of one in the shadow. */

import type { Alert } from "../../engine/outputs.ts";
import type { Broker } from "../../io/nats.ts";
import type { FeedMessage } from "../../io/nats-delivery.ts";
import { alertOf } from "../../server/alert-feed/alert-filter.ts";
import { rangeMessages } from "../replay/range-messages.ts";
import type { StreamRange } from "../replay/stream-range.ts";

export interface ComparedRules {
  /** Of this rule, the alerts that were live. */
  readonly live: string;
  /** Of this one, those in the shadow. */
  readonly shadow: string;
}

export interface ShadowRecords {
  readonly live: readonly Alert[];
  readonly shadow: readonly Alert[];
  /** The last record in the range with which one of the rules was switched to another version; null: there is none. */
  readonly switched: { readonly seq: number } | null;
  /** Records of the range that the stream did not hold. */
  readonly gaps: number;
}

/** `sinceSwitch`: what stands before the last switch of one of the rules does not count. */
export async function readShadowRecords(
  broker: Broker,
  range: StreamRange,
  rules: ComparedRules,
  root: string,
  sinceSwitch: boolean,
): Promise<ShadowRecords> {
  let gaps = 0;
  let switched: ShadowRecords["switched"] = null;
  const live = new Map<string, Alert>();
  const shadow = new Map<string, Alert>();
  const onGaps = (count: number): void => {
    gaps = count;
  };
  for await (const messages of rangeMessages(broker, range, onGaps)) {
    for (const message of messages) {
      if (switches(message, rules, root)) {
        switched = { seq: message.seq };
        if (sinceSwitch) {
          live.clear();
          shadow.clear();
        }
      }
      const alert = alertOf(message.subject, message.data, root);
      if (alert === null) continue;
      if (alert.rule === rules.live && alert.mode === "live") live.set(alert.id, alert);
      if (alert.rule === rules.shadow && alert.mode === "shadow") shadow.set(alert.id, alert);
    }
  }
  return { live: [...live.values()], shadow: [...shadow.values()], switched, gaps };
}

/** Is it the record of a change of the rule set in which one of the rules was not left as it was? */
function switches({ subject, data }: FeedMessage, rules: ComparedRules, root: string): boolean {
  if (subject !== `${root}.control.activate`) return false;
  let body: { readonly verdicts?: unknown };
  try {
    body = JSON.parse(new TextDecoder().decode(data));
  } catch {
    return false;
  }
  const verdicts = Array.isArray(body?.verdicts) ? body.verdicts : [];
  return verdicts.some(({ rule }) => rule === rules.live || rule === rules.shadow);
}
