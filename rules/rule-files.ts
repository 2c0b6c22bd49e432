/** What rule files and their tests read from elsewhere. The caller knows folders and compression; this folder does not. */

/** The lines of a recorded file, or a clause that says why it cannot be read. */
export type FileLines = { readonly lines: readonly string[] } | { readonly error: string };

export interface RuleFileReader {
  /** `file` as a rule file names it, relative to that rule file; files that end in `.gz` come unpacked. */
  readLines(ruleFile: string, file: string): FileLines;
}
