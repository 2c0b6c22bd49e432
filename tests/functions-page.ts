/** docs/FUNCTIONS.md: the catalogue of functions, aggregates and forms as tables. */

import {
  CALLABLE_NAMES,
  FORMS,
  FUNCTIONS,
  type FunctionEntry,
  signature,
} from "../dsl/catalogue.ts";
import { AGGREGATES, type AggregateEntry } from "../dsl/catalogue-aggregates.ts";

const HEAD = `# Functions

What can stand before \`(\` in an expression: ${CALLABLE_NAMES.length} names. None reads a clock, a file or the network: the same
events give the same values for ever.

A missing or null argument gives null, and so does one of a type that the function does not take, unless the table says
otherwise; where types are declared (\`fields\`), a wrong type is an error of the check. Times are milliseconds since 1970,
and durations milliseconds, so \`time(b) - time(a) > 5m\` compares two numbers. Texts are sequences of Unicode code points;
positions count from 0.

This page is made by \`UPDATE_DOCS=1 npm test -- tests/functions.test.ts\` from \`dsl/catalogue-functions.ts\` and
\`dsl/catalogue-aggregates.ts\`; do not edit it.
`;

const GROUPS: readonly (readonly [FunctionEntry["group"], string])[] = [
  ["text", "Text"],
  ["maths", "Numbers"],
  ["time", "Time"],
  ["net", "Addresses"],
  ["geo", "Places"],
  ["measure", "Measures of text"],
  ["hash", "Hashes"],
  ["list", "Lists"],
  ["general", "Values of any type"],
];

const AGGREGATES_INTRO = `Over the events that a step has taken, over several steps (\`count(a, b)\`), or over the events of a window. Nulls are left out.
In a window a bare field is that of its events (\`sum(bytes)\`), and \`count()\` counts them; in a match the step is named
(\`sum(flows.bytes)\`). In a step's own conditions its name means its events before the one at hand.
`;

const FORMS_INTRO = `These name an event, or run an expression over the items of a list. What names an event is followed by a path
(\`last(run).value\`) or stands inside \`time(…)\`.
`;

export function functionsPage(): string {
  const groups = GROUPS.map(([group, title]) => {
    const rows = FUNCTIONS.filter((entry) => entry.group === group).map(functionRow);
    return section(title, "", ["Function", "Gives", "What it is", "Example"], rows);
  });
  const aggregates = section(
    "Aggregates",
    AGGREGATES_INTRO,
    ["Aggregate", "Gives", "Over nothing", "What it is", "Example"],
    AGGREGATES.map(aggregateRow),
  );
  const forms = section(
    "Events and items",
    FORMS_INTRO,
    ["Form", "What it is", "Example"],
    FORMS.map(({ name, doc, example }) => [code(name), `${doc}.`, code(example)]),
  );
  return [HEAD, ...groups, aggregates, forms].join("\n");
}

function functionRow(entry: FunctionEntry): readonly string[] {
  return [code(signature(entry)), entry.result, `${entry.doc}.`, code(entry.example)];
}

function aggregateRow(entry: AggregateEntry): readonly string[] {
  const { name, over, parameter, result, empty, doc, example } = entry;
  const values = over === "events" ? [] : [over === "values" ? "values" : "events or values"];
  const inside = [...values, ...(parameter === null ? [] : [parameter])].join(", ");
  return [code(`${name}(${inside})`), result, String(empty), `${doc}.`, code(example)];
}

function section(
  title: string,
  intro: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `## ${title}\n\n${intro === "" ? "" : `${intro}\n`}${lines.join("\n")}\n`;
}

/** Code in a cell of a table, where a bar would end the cell. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
