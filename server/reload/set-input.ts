/** From where rule sets come to something that can be checked: sets of a bucket, and the entries that sets name. */

import { type BundledBucket, bucketsOf } from "../../rules/rule-bundle.ts";
import type { BucketEntry } from "../../rules/rule-files.ts";
import { readSources } from "../rule-folder.ts";
import type { NumberedSet } from "./kv-sets.ts";
import type { Candidate } from "./reloader-parts.ts";
import type { SetInput } from "./set-check.ts";
import { unpackSet } from "./set-package.ts";

/** The configured bucket's set as something to run, or why it is none, as a clause. */
export function candidateOf({
  number,
  bytes,
}: NumberedSet): Candidate | { readonly error: string } {
  const unpacked = unpackSet(bytes);
  if ("error" in unpacked) return unpacked;
  const { bundle, author, note, choices } = unpacked.set;
  return {
    input: { kind: "bundle", bundle },
    origin: { kind: "kv", mark: String(number), author, note },
    choices: new Map(choices),
    configured: true,
  };
}

/** The set with the entries of the buckets that it names. Throws RefusalError where its files cannot be read. */
export async function withBuckets(
  input: SetInput,
  read: (bucket: string) => Promise<readonly BucketEntry[]>,
): Promise<SetInput> {
  const files = input.kind === "bundle" ? input.bundle.files : readSources(input.path);
  const buckets: BundledBucket[] = [];
  for (const bucket of bucketsOf(files)) buckets.push({ bucket, entries: await read(bucket) });
  if (input.kind === "folder") return { ...input, buckets };
  return { ...input, bundle: { ...input.bundle, buckets } };
}
