/**
 * Outcomes as JUnit XML, which build servers show. One suite for each rule file.
 * Shape: https://github.com/testmoapp/junitxml.
 */

import { type TimedOutcome, testName } from "./outcome.ts";

export function toJunit(outcomes: readonly TimedOutcome[]): string {
  const files = [...new Set(outcomes.map(({ test }) => test.file))];
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites${totals(outcomes)}>`];
  for (const file of files) {
    const suite = outcomes.filter(({ test }) => test.file === file);
    lines.push(`  <testsuite name="${xmlText(file)}"${totals(suite)}>`);
    for (const outcome of suite) lines.push(...testCase(outcome));
    lines.push("  </testsuite>");
  }
  return `${[...lines, "</testsuites>"].join("\n")}\n`;
}

function totals(outcomes: readonly TimedOutcome[]): string {
  const failures = outcomes.filter(({ passed }) => !passed).length;
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  return ` tests="${outcomes.length}" failures="${failures}" time="${seconds.toFixed(3)}"`;
}

function testCase({ test, passed, problems, story, seconds }: TimedOutcome): readonly string[] {
  const head =
    `    <testcase name="${xmlText(testName(test))}" classname="${xmlText(test.rule ?? test.file)}"` +
    ` file="${xmlText(test.file)}" line="${test.line}" time="${seconds.toFixed(3)}"`;
  if (passed) return [`${head}/>`];
  const text = xmlText([...problems, "", ...story].join("\n"));
  const message = xmlText(problems.join("; "));
  return [`${head}>`, `      <failure message="${message}">${text}</failure>`, "    </testcase>"];
}

/** For attributes and text alike; what XML 1.0 cannot hold is replaced. */
function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
