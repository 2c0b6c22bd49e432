/** What doctor finds of the rules: those of the folder, or the newest set of the bucket. */

import type { StreamPlan } from "../../dsl/plan.ts";
import type { Broker } from "../../io/nats.ts";
import type { Config } from "../../server/config.ts";
import { readStreams } from "../../server/read-streams.ts";
import { newestSet } from "../../server/reload/kv-sets.ts";
import { errorsOf } from "../../server/reload/reload-report.ts";
import { type CheckedSet, checkSet } from "../../server/reload/set-check.ts";
import { candidateOf } from "../../server/reload/set-input.ts";
import { readFolder } from "../../server/reload/start-rules.ts";
import { type Finding, finding } from "./checks.ts";

/** Findings, and the streams that the rules read. */
export interface RuleFindings {
  readonly findings: readonly Finding[];
  readonly streams: readonly StreamPlan[];
}

const NAME = "rules";

/** Null where the rules come from a bucket. */
export function folderRules(config: Config): RuleFindings | null {
  const folder = readFolder(config);
  return folder === null ? null : judgeRules(folder.checked, config.rules.path);
}

/** The newest set of the bucket, as a service that starts here would take it. */
export async function bucketRules(
  broker: Broker,
  bucket: string,
  { limits }: Config,
): Promise<RuleFindings> {
  const alone = (level: Finding["level"], text: string): RuleFindings => ({
    findings: [finding(level, NAME, `the bucket ${bucket}: ${text}`)],
    streams: [],
  });
  const found = await newestSet(broker, bucket);
  if (found.kind !== "ok") return alone("red", found.reason);
  if (found.value === null) return alone("red", "no set; `sequitur rules push` makes one");
  const candidate = candidateOf(found.value);
  if ("error" in candidate) return alone("red", `set ${found.value.number}: ${candidate.error}`);
  const { input } = candidate;
  const checked = checkSet({ input, limits, runTests: false, todayMs: Date.now() });
  return judgeRules(checked, `set ${found.value.number} of the bucket ${bucket}`);
}

export function judgeRules(checked: CheckedSet, where: string): RuleFindings {
  const { plan, problems } = checked;
  if (plan === null) {
    const errors = errorsOf(checked);
    const what = errors.length === 1 ? "an error" : `${errors.length} errors`;
    const texts = errors.map(({ text }) => text);
    return {
      findings: [finding("red", NAME, [`${where} has ${what}`, ...texts].join("\n"))],
      streams: [],
    };
  }
  const warnings = problems.map(({ text }) => finding("warn", NAME, text));
  const count = finding("ok", NAME, `${plan.rules.length} in ${where}`);
  return { findings: [count, ...warnings], streams: readStreams(plan) };
}
