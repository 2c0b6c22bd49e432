/** `sequitur doctor`: would the service run here, and can it be trusted? Looks, and changes nothing. */

import { existsSync } from "node:fs";
import type { StreamPlan } from "../../dsl/plan.ts";
import { type LoadedConfig, loadConfig } from "../../server/config.ts";
import { RefusalError } from "../../server/refusal.ts";
import { loadServiceRules } from "../../server/rule-folder.ts";
import type { ConsoleOutput, Style } from "../console-output.ts";
import { EXIT } from "../exit-code.ts";
import { brokerChecks } from "./broker-checks.ts";
import { type Finding, finding, judgeNode } from "./checks.ts";
import { localChecks } from "./local-checks.ts";

export interface DoctorOptions {
  /** The configuration file; null: the nearest one. */
  readonly config: string | null;
  readonly json: boolean;
}

/** 0 where nothing is red, else 1. */
export async function doctorCommand(
  { config, json }: DoctorOptions,
  output: ConsoleOutput,
): Promise<number> {
  const findings = await look(config);
  const red = findings.some(({ level }) => level === "red");
  if (json) await output.out(`${JSON.stringify({ ok: !red, findings })}\n`);
  else await output.out(report(findings, output));
  return red ? EXIT.findings : EXIT.ok;
}

async function look(configPath: string | null): Promise<readonly Finding[]> {
  const findings = [judgeNode(process.version)];
  const loaded = loadConfig({
    configPath,
    overrides: new Map(),
    environment: process.env,
    folder: process.cwd(),
  });
  if ("problems" in loaded) {
    for (const line of loaded.problems) findings.push(finding("red", "configuration", line));
    return findings;
  }
  findings.push(finding("ok", "configuration", loaded.file ?? "no file: the defaults"));
  const streams = lookAtRules(loaded, findings);
  findings.push(...localChecks(loaded.config));
  findings.push(...(await brokerChecks(loaded.config, streams)));
  return findings;
}

function lookAtRules(
  { config }: Exclude<LoadedConfig, { readonly problems: unknown }>,
  findings: Finding[],
): readonly StreamPlan[] {
  const { kv } = config.rules;
  if (kv !== null && !existsSync(config.rules.path)) {
    const what = `the newest set of the bucket ${kv.bucket}; its streams are not looked at here`;
    findings.push(finding("ok", "rules", what));
    return [];
  }
  try {
    const { plan, warnings } = loadServiceRules(config.rules.path, config.limits);
    findings.push(finding("ok", "rules", `${plan.rules.length} in ${config.rules.path}`));
    for (const warning of warnings) findings.push(finding("warn", "rules", warning));
    const read = new Set(plan.rules.flatMap(({ streams }) => streams));
    return plan.streams.filter(({ name }) => read.has(name));
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    findings.push(finding("red", "rules", [error.message, ...error.notes].join("\n")));
    return [];
  }
}

const STYLES: Readonly<Record<Finding["level"], Style>> = {
  ok: "green",
  warn: "yellow",
  red: "red",
};

function report(findings: readonly Finding[], { outPaint }: ConsoleOutput): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  const lines = findings.map(({ level, name, detail }) => {
    const text = detail.replaceAll("\n", `\n${" ".repeat(6 + width)}`);
    return `${outPaint(STYLES[level], level.padEnd(6))}${name.padEnd(width)}${text}\n`;
  });
  return lines.join("");
}
