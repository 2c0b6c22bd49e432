/** `sequitur doctor`: would the service run here, and can it be trusted? Looks, and changes nothing. */

import { loadConfig } from "../../server/config.ts";
import type { ConsoleOutput, Style } from "../console-output.ts";
import { EXIT } from "../exit-code.ts";
import { brokerChecks } from "./broker-checks.ts";
import { type Finding, finding, judgeNode } from "./checks.ts";
import { localChecks } from "./local-checks.ts";
import { folderRules } from "./rule-checks.ts";

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
  const rules = folderRules(loaded.config);
  findings.push(...(rules?.findings ?? []), ...localChecks(loaded.config));
  findings.push(...(await brokerChecks(loaded.config, rules?.streams ?? null)));
  return findings;
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
