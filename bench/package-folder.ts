/** Where the package lies: rule files stand beside the sources, which run compiled from another folder. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../base/assert.ts";

/** The folder of package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    assert(dirname(folder) !== folder, "the benchmarks lie in their package");
    folder = dirname(folder);
  }
  return folder;
}

const RULES_PER_FILE = 500;

/** Many rules as the texts of several files, none of which is larger than a rule file may be. */
export function inFiles(rules: readonly string[]): readonly string[] {
  const files: string[] = [];
  for (let at = 0; at < rules.length; at += RULES_PER_FILE)
    files.push(rules.slice(at, at + RULES_PER_FILE).join("\n"));
  return files;
}

/** Text of a rule file of the benchmarks: `w1/all.seq`. */
export function ruleText(path: string): string {
  return readFileSync(join(packageFolder(), "bench", path), "utf8");
}
