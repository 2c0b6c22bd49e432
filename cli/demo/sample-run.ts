/** Replays one sample, showing its alerts as they come, and compares them with those that it must report. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Alert } from "../../engine/outputs.ts";
import { openLmdbStore } from "../../state/lmdb-store.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { alertHead } from "../replay/alert-text.ts";
import { inputSpecs } from "../replay/input-spec.ts";
import { ProblemLog } from "../replay/problem-log.ts";
import { type ReplayResult, replay } from "../replay/replay.ts";
import { loadRulePaths, validSet } from "../rule-paths.ts";
import { differences, type ExpectedSample } from "./expected-alerts.ts";

/** What came of one sample. */
export interface SampleRun {
  readonly name: string;
  readonly ruleText: string;
  readonly result: ReplayResult;
  readonly alerts: readonly Alert[];
  readonly differences: readonly string[];
}

/** Null where the sample's rules have errors. */
export async function runSample(
  folder: string,
  name: string,
  state: string,
  output: ConsoleOutput,
): Promise<SampleRun | null> {
  const loaded = loadRulePaths([join(folder, "rules.seq")]);
  const set = validSet(loaded, output);
  if (set === null) return null;
  const text = readFileSync(join(folder, "expected.json"), "utf8");
  const expected = JSON.parse(text) as ExpectedSample;
  const inputs = Object.entries(expected.data).map(
    ([stream, file]) => `${stream}=${join(folder, file)}`,
  );
  await output.out(`${output.outPaint("bold", name)}: ${expected.events} events\n\n`);
  const problems = new ProblemLog(output);
  const store = openLmdbStore(state);
  const alerts: Alert[] = [];
  try {
    const result = await replay({
      set,
      inputs: inputSpecs(inputs, set.plan.streams),
      problems,
      write: async (outputs) => {
        for (const { kind, text } of outputs) {
          if (kind !== "alert") continue;
          const alert = JSON.parse(text) as Alert;
          alerts.push(alert);
          await output.out(alertHead(alert, output.outPaint));
        }
      },
      store,
      flush: false,
      sort: false,
      rate: null,
      onProgress: (events) =>
        output.progress(
          () => `${name}: ${events} of ${expected.events} events, ${alerts.length} alerts`,
        ),
    });
    problems.summarize();
    await output.out("\n");
    const ruleText = loaded.files.map((file) => file.text).join("");
    return { name, ruleText, result, alerts, differences: differences(expected, alerts) };
  } finally {
    await store.close();
  }
}
