/** What rule files and their tests read from elsewhere. The caller knows folders and compression; this folder does not. */

/** The lines of a recorded file, or a clause that says why it cannot be read. */
export type FileLines = { readonly lines: readonly string[] } | { readonly error: string };

/** An entry of a NATS KV bucket. */
export interface BucketEntry {
  readonly key: string;
  readonly text: string;
}

/** What a bucket holds, by key; or why that is not known here, or cannot be read. */
export type BucketEntries =
  | { readonly entries: readonly BucketEntry[] }
  | { readonly unknown: string }
  | { readonly error: string };

export interface RuleFileReader {
  /** `file` as a rule file names it, relative to that rule file; files that end in `.gz` come unpacked. */
  readLines(ruleFile: string, file: string): FileLines;
  /** The entries of a bucket; a reader without this knows of none. */
  readonly readBucket?: (bucket: string) => BucketEntries;
}
