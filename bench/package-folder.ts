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

/** Text of a rule file of the benchmarks: `w1/all.seq`. */
export function ruleText(path: string): string {
  return readFileSync(join(packageFolder(), "bench", path), "utf8");
}
