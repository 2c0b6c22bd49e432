/**
 * `sequitur demo`: replays the samples, recorded attacks with rules that find them, one after the other through the
 * production engine with its state on disk, and ends with a summary. Fails where the alerts are not the expected ones.
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT } from "../exit-code.ts";
import { packageFolder } from "../package-files.ts";
import { demoSummary } from "./demo-summary.ts";
import { runSample, type SampleRun } from "./sample-run.ts";

export async function demoCommand(output: ConsoleOutput): Promise<number> {
  const samples = join(packageFolder(), "samples");
  const state = mkdtempSync(join(tmpdir(), "sequitur-demo-"));
  try {
    const runs: SampleRun[] = [];
    for (const name of readdirSync(samples).sort()) {
      const run = await runSample(join(samples, name), name, join(state, name), output);
      if (run === null) return EXIT.invalidRules;
      runs.push(run);
    }
    await output.out(demoSummary(runs, relative(process.cwd(), samples) || ".", output.outPaint));
    return runs.every((run) => run.differences.length === 0) ? EXIT.ok : EXIT.findings;
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
