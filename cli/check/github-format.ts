/**
 * Findings as workflow commands, which GitHub shows beside the changed lines.
 * Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
 */

import type { Finding } from "./findings.ts";

export function toGithub(findings: readonly Finding[]): readonly string[] {
  return findings.map((finding) => {
    const { severity, file, line, column, endLine, endColumn, code } = finding;
    const places = [
      `file=${property(file)}`,
      `line=${line}`,
      `endLine=${endLine}`,
      // Columns are refused for findings of several lines.
      ...(line === endLine ? [`col=${column}`, `endColumn=${endColumn}`] : []),
      `title=${property(code)}`,
    ];
    return `::${severity} ${places.join(",")}::${data(messageOf(finding))}`;
  });
}

function messageOf({ message, notes, fix }: Finding): string {
  return [message, ...notes, ...(fix === null ? [] : [`fix: ${fix.title}`])].join("\n");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
