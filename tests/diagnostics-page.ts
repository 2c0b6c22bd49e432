/** docs/DIAGNOSTICS.md: a section for each code, made of the index and of the golden files. */

import { DIAGNOSTIC_CODES } from "../dsl/error-index.ts";

const HEAD = `# Diagnostics

Every error and warning of \`sequitur check\` has a code that never changes its meaning. Errors (\`E…\`) keep a rule set from
running; warnings (\`W…\`) do not, unless \`--deny-warnings\` is given. The examples are what the checker says about the files
in \`tests/diagnostics\`.

This page is made by \`UPDATE_GOLDEN=1 npm test -- tests/diagnostics.test.ts\`; do not edit it.
`;

const GROUPS: readonly (readonly [string, string])[] = [
  ["E01", "Syntax"],
  ["E02", "Names"],
  ["E03", "Patterns and bodies"],
  ["E04", "Expressions"],
  ["E05", "Declarations and metadata"],
  ["E06", "Tests"],
  ["E07", "Data files"],
  ["E09", "Limits of this version"],
  ["W04", "Warnings: conditions and patterns"],
  ["W05", "Warnings: upkeep"],
  ["W06", "Warnings: tests"],
  ["W07", "Warnings: data files"],
  ["W08", "Warnings: state"],
];

/** `examples`: what was said, by code. */
export function diagnosticsPage(examples: ReadonlyMap<string, string>): string {
  const sections = GROUPS.map(([prefix, title]) => {
    const codes = [...DIAGNOSTIC_CODES].filter(([code]) => code.startsWith(prefix));
    const parts = codes.map(([code, { meaning, repair }]) => {
      const example = examples.get(code);
      const shown = example === undefined ? "" : `\n\`\`\`text\n${example}\`\`\`\n`;
      return `### ${code}\n\n${capital(meaning)}.\n${shown}\n**Repair.** ${repair}\n`;
    });
    return `## ${title}\n\n${parts.join("\n")}`;
  });
  return [HEAD, ...sections].join("\n");
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
