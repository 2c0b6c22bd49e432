/** `sequitur rules diff`: what would become of each rule's state and alerts, before anything is done. */

import type { ValueObject } from "../../base/value.ts";
import { planReload } from "../../engine/engine.ts";
import type { RuleBundle } from "../../rules/rule-bundle.ts";
import { verdictsJson } from "../../server/reload/reload-report.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { type ChoiceFlags, choicesOf, type OwnSet, readOwnSet } from "./own-set.ts";
import { exitCodeOf, problemLines, text, verdictLines } from "./report-text.ts";
import { ask } from "./rules-client.ts";
import { findTarget, type TargetFlags } from "./rules-target.ts";

export interface DiffOptions extends TargetFlags, ChoiceFlags {
  readonly path: string;
  /** The rules that run, from a folder or file; null: the running service's. */
  readonly against: string | null;
  readonly json: boolean;
}

export async function diffCommand(options: DiffOptions, output: ConsoleOutput): Promise<number> {
  const own = readOwnSet(options.path, output);
  if (own === null) return EXIT.invalidRules;
  const report =
    options.against === null
      ? await askService(options, own.bundle)
      : compareFolders(options, options.against, own, output);
  if (report === null) return EXIT.invalidRules;
  if (options.json) await output.out(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const line of problemLines(report)) output.err(line, "");
    const lines = verdictLines(report, output.outPaint);
    await output.out(lines.map((line) => `${line}\n`).join(""));
  }
  return exitCodeOf(report);
}

async function askService(options: DiffOptions, bundle: RuleBundle): Promise<ValueObject> {
  const body = { ...bundle, choices: choicesOf(options) };
  const answer = await ask(findTarget(options), "POST", "rules:check", body);
  if (answer.status === 200) return answer.body;
  throw new UsageError(text(answer.body["detail"]));
}

function compareFolders(
  options: DiffOptions,
  against: string,
  own: OwnSet,
  output: ConsoleOutput,
): ValueObject | null {
  const old = readOwnSet(against, output);
  if (old === null) return null;
  const reload = planReload(old.plan, own.plan, new Map(choicesOf(options)));
  return {
    outcome: "activated",
    verdicts: verdictsJson(reload.rules),
    same: reload.rules.filter(({ verdict }) => verdict === "same").length,
    refused: reload.refused.map(({ rule, reason }) => ({ rule, reason })),
    problems: [],
  };
}
