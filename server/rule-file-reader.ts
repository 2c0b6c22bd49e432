/** Files that rule files name: recordings of tests, lists and tables. Small enough to be read at once. */

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { FileLines, RuleFileReader } from "../rules/rule-files.ts";

/** `root`: the folder to which the rule files' own names are relative. */
export function ruleFileReader(root: string): RuleFileReader {
  return {
    readLines(ruleFile: string, file: string): FileLines {
      const path = isAbsolute(file) ? file : join(root, dirname(ruleFile), file);
      try {
        const bytes = readFileSync(path);
        const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
        const lines = text.replace(/^\ufeff/, "").split("\n");
        if (lines.at(-1) === "") lines.pop();
        return { lines };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return {
          error: code === "ENOENT" ? `${path} does not exist` : `${path} cannot be read (${code})`,
        };
      }
    },
  };
}
