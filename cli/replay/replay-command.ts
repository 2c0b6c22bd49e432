/** `sequitur replay`: events from files through the production engine; alerts on stdout. */

import type { Alert } from "../../engine/outputs.ts";
import { openLmdbStore } from "../../state/lmdb-store.ts";
import type { Store } from "../../state/store.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { loadRulePaths, refuseBuckets, validSet } from "../rule-paths.ts";
import { alertText } from "./alert-text.ts";
import { inputSpecs } from "./input-spec.ts";
import { LateFile } from "./late-file.ts";
import { ProblemLog } from "./problem-log.ts";
import { replay } from "./replay.ts";
import { closingRemarks, statsOf } from "./replay-report.ts";
import { type ReplayOutput, ReplayStore } from "./replay-store.ts";

export interface ReplayOptions {
  readonly rules: readonly string[];
  readonly inputs: readonly string[];
  readonly output: "ndjson" | "human";
  readonly flush: boolean;
  readonly state: string | null;
  readonly sort: boolean;
  /** `10x`, or `max`. */
  readonly rate: string;
  readonly stats: boolean;
  readonly late: string | null;
}

export async function replayCommand(
  options: ReplayOptions,
  output: ConsoleOutput,
): Promise<number> {
  const rate = readRate(options.rate);
  const set = validSet(loadRulePaths(options.rules), output);
  if (set === null) return EXIT.invalidRules;
  refuseBuckets(set);
  const inputs = inputSpecs(options.inputs, set.plan.streams);
  if (options.state !== null && inputs.some(({ path }) => path === "-")) {
    throw new UsageError("--state needs files that can be read again, not standard input");
  }
  const problems = new ProblemLog(output);
  const store = options.state === null ? null : openLmdbStore(options.state);
  const late = openLate(options.late, store);
  try {
    const result = await replay({
      set,
      inputs,
      problems,
      write: (outputs) => writeOutputs(outputs, options.output, late, output),
      store,
      flush: options.flush,
      sort: options.sort,
      rate,
      onProgress: (events) => output.progress(() => `${events} events`),
    });
    problems.summarize();
    output.err(...closingRemarks(result.status, options.flush));
    if (options.stats) output.err(JSON.stringify(statsOf(result, problems)));
    return EXIT.ok;
  } finally {
    late?.close();
    await store?.close();
  }
}

const RATE = /^(\d+(?:\.\d+)?)x$/;

/** Times faster than real time; null for `max`. */
function readRate(text: string): number | null {
  if (text === "max") return null;
  const rate = Number(RATE.exec(text)?.[1] ?? 0);
  if (rate > 0) return rate;
  throw new UsageError(`--rate: ${text} is neither a number of times such as 10x nor max`);
}

function openLate(path: string | null, store: Store | null): LateFile | null {
  if (path === null) return null;
  return new LateFile(path, store !== null && new ReplayStore(store).begun);
}

async function writeOutputs(
  outputs: readonly ReplayOutput[],
  form: ReplayOptions["output"],
  late: LateFile | null,
  output: ConsoleOutput,
): Promise<void> {
  const texts: string[] = [];
  for (const { kind, text } of outputs) {
    if (kind === "late") late?.write(text);
    else if (form === "ndjson") texts.push(`${text}\n`);
    else texts.push(alertText(JSON.parse(text) as Alert, output.outPaint));
  }
  await output.out(texts.join(""));
}
