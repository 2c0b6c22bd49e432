/** The forms of the files that lists and tables are read from (D-3), which their names tell. */

import type { Text } from "./ast.ts";
import type { DeclarationOf } from "./declarations.ts";
import type { Reporter } from "./report.ts";

export type DataForm = "csv" | "ndjson" | "text";

const ENDINGS: readonly (readonly [string, DataForm])[] = [
  [".csv", "csv"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".txt", "text"],
];

/** The form of a file by its name, `.gz` at its end apart; null where no form is known. */
export function dataForm(file: string): DataForm | null {
  const name = file.toLowerCase().replace(/\.gz$/, "");
  return ENDINGS.find(([ending]) => name.endsWith(ending))?.[1] ?? null;
}

const LIST_FORMS: readonly DataForm[] = ["text", "csv"];
const COLUMN_FORMS: readonly DataForm[] = ["csv"];
const TABLE_FORMS: readonly DataForm[] = ["csv", "ndjson"];

/** The forms from which a list or table can be read. */
export function formsOf(
  declaration: DeclarationOf<"list"> | DeclarationOf<"table">,
): readonly DataForm[] {
  if (declaration.kind === "table") return TABLE_FORMS;
  const { from } = declaration;
  return from.kind === "file" && from.column !== null ? COLUMN_FORMS : LIST_FORMS;
}

/** Reports a file (E0704) whose form is none of the wanted ones. */
export function checkDataFile(file: Text, wanted: readonly DataForm[], report: Reporter): void {
  const form = dataForm(file.value);
  if (form !== null && wanted.includes(form)) return;
  const endings = ENDINGS.filter(([, known]) => wanted.includes(known)).map(([ending]) => ending);
  report.error("E0704", file.span, "the file's name does not say a form that can be read here", {
    label: `it must end in ${endings.join(" or ")}`,
    notes: ["a list comes from text or, by `column` too, from CSV; a table from CSV or NDJSON"],
  });
}
