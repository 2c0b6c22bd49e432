/** What the tests of a rule set reach, for people: a line for each rule, and below it what no test reached. */

import { coveredPercent, type RuleCoverage } from "../../rules/coverage/coverage.ts";
import type { Paint } from "../console-output.ts";

export function coverageTable(rules: readonly RuleCoverage[], paint: Paint): string {
  const rows = [...rules, sumOf(rules)].map((one) => [
    one.rule,
    `${coveredPercent(one)}%`,
    `${one.reached} of ${one.sites.length}`,
    one.tests === 1 ? "1 test" : `${one.tests} tests`,
  ]);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  "),
  );
  const body = rules.flatMap((rule, index) => [
    lines[index] ?? "",
    ...missed(rule).map(
      ({ file, line, text }) => `    ${paint("yellow", "never")}  ${text}  (${file}:${line})`,
    ),
  ]);
  return `${["", "coverage", ...body, lines.at(-1) ?? ""].join("\n")}\n`;
}

function sumOf(rules: readonly RuleCoverage[]): RuleCoverage {
  return {
    rule: "all",
    tests: rules.reduce((sum, { tests }) => sum + tests, 0),
    reached: rules.reduce((sum, { reached }) => sum + reached, 0),
    sites: rules.flatMap(({ sites }) => sites),
  };
}

function missed({ sites }: RuleCoverage): RuleCoverage["sites"] {
  return sites.filter(({ tests }) => tests === 0);
}

/** The same as JSON: `missed` has what no test reached, `sites` everything with the number of tests that reached it. */
export function coverageJson(rules: readonly RuleCoverage[]): readonly object[] {
  return rules.map((rule) => ({
    rule: rule.rule,
    tests: rule.tests,
    percent: coveredPercent(rule),
    reached: rule.reached,
    total: rule.sites.length,
    missed: missed(rule).map(({ kind, text, file, line }) => ({ kind, text, file, line })),
    sites: rule.sites,
  }));
}

/** One sentence for each rule of which the tests reach less. */
export function coverageBelow(rules: readonly RuleCoverage[], percent: number): readonly string[] {
  return rules
    .filter((rule) => coveredPercent(rule) < percent)
    .map((rule) => `the tests of ${rule.rule} reach ${coveredPercent(rule)}%, not ${percent}%`);
}
