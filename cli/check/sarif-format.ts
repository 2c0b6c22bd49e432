/** Findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code scanners exchange. */

import { pathToFileURL } from "node:url";
import { DIAGNOSTIC_CODES } from "../../dsl/error-index.ts";
import { packageVersion } from "../package-files.ts";
import type { Finding, Region } from "./findings.ts";

export function toSarif(findings: readonly Finding[]): object {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const driver = {
    name: "sequitur",
    version: packageVersion(),
    rules: codes.map(ruleOf),
  };
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, columnKind: "utf16CodeUnits", results: findings.map(resultOf) }],
  };
}

/** What a code means, for viewers that show it beside the findings. */
function ruleOf(id: string): object {
  const entry = DIAGNOSTIC_CODES.get(id);
  if (entry === undefined) return { id };
  const { meaning, repair } = entry;
  return { id, shortDescription: { text: meaning }, help: { text: repair } };
}

function resultOf(finding: Finding): object {
  const { code, severity, message, notes, fix } = finding;
  return {
    ruleId: code,
    level: severity,
    message: { text: [message, ...notes].join("\n") },
    locations: [
      { physicalLocation: { artifactLocation: artifactOf(finding), region: regionOf(finding) } },
    ],
    ...(fix === null ? {} : { fixes: [fixOf(fix)] }),
  };
}

function fixOf({ title, text, region }: NonNullable<Finding["fix"]>): object {
  const replacements = [{ deletedRegion: regionOf(region), insertedContent: { text } }];
  return {
    description: { text: title },
    artifactChanges: [{ artifactLocation: artifactOf(region), replacements }],
  };
}

function artifactOf({ file }: Region): object {
  const uri = file.startsWith("/")
    ? pathToFileURL(file).href
    : encodeURI(file.replaceAll("\\", "/"));
  return { uri };
}

function regionOf({ line, column, endLine, endColumn }: Region): object {
  return { startLine: line, startColumn: column, endLine, endColumn };
}
