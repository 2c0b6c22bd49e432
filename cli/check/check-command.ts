/** `sequitur check`: parses and checks rule files, and tells what is wrong with them. */

import type { LoadedRules } from "../../rules/rule-set.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT } from "../exit-code.ts";
import { loadRulePaths, renderDiagnostics } from "../rule-paths.ts";
import { findingsOf } from "./findings.ts";
import { toGithub } from "./github-format.ts";
import { toSarif } from "./sarif-format.ts";

export type CheckFormat = "human" | "json" | "sarif" | "github";

export interface CheckRequest {
  readonly paths: readonly string[];
  readonly format: CheckFormat;
  readonly denyWarnings: boolean;
}

export async function checkCommand(request: CheckRequest, output: ConsoleOutput): Promise<number> {
  const loaded = loadRulePaths(request.paths);
  await output.out(report(loaded, request.format, output.hasColor("stdout")));
  const errors = loaded.diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = loaded.diagnostics.length - errors;
  output.err(summary(loaded, errors, warnings));
  if (errors > 0) return EXIT.invalidRules;
  return warnings > 0 && request.denyWarnings ? EXIT.findings : EXIT.ok;
}

function report(loaded: LoadedRules, format: CheckFormat, color: boolean): string {
  const findings = findingsOf(loaded);
  switch (format) {
    case "human":
      return renderDiagnostics(loaded, color)
        .map((text) => `${text}\n\n`)
        .join("");
    case "json":
      return `${JSON.stringify(findings, null, 2)}\n`;
    case "sarif":
      return `${JSON.stringify(toSarif(findings), null, 2)}\n`;
    case "github":
      return toGithub(findings)
        .map((line) => `${line}\n`)
        .join("");
  }
}

function summary(loaded: LoadedRules, errors: number, warnings: number): string {
  const found =
    errors + warnings === 0
      ? "no problems"
      : `${count(errors, "error")}, ${count(warnings, "warning")}`;
  const { set } = loaded;
  const content =
    set === null
      ? ""
      : ` with ${count(set.plan.rules.length, "rule")} and ${count(set.plan.tests.length, "test")}`;
  return `${count(loaded.files.length, "file")}${content}: ${found}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
