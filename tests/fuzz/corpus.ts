/** The rule texts that the fuzzer begins with: samples, golden files, and one file that has everything. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDERS = ["samples", "tests/diagnostics", "tests/fuzz"];

export function readCorpus(): readonly string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".seq"))
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
}
