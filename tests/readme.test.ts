/** The rule, the events and the alert of README.md are what the command makes of them, and the rule's test passes. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { runCli } from "./cli-process.ts";

/** The first block of code in this language. */
function block(text: string, language: string): string {
  const start = text.indexOf(`\`\`\`${language}\n`) + language.length + 4;
  return text.slice(start, text.indexOf("```", start));
}

test("README.md: rule, events and alert", async () => {
  const readme = readFileSync("README.md", "utf8");
  const folder = mkdtempSync(join(tmpdir(), "sequitur-readme-"));
  try {
    writeFileSync(join(folder, "logins.seq"), block(readme, "seq"));
    const args = ["replay", "logins.seq", "--input", "-", "--output", "human"];
    const replayed = await runCli(args, { cwd: folder, input: block(readme, "json") });
    expect(replayed.stdout).toBe(`${block(readme, "text")}\n`);
    const tested = await runCli(["test", "logins.seq"], { cwd: folder });
    expect(tested.stdout).toContain("1 passed, 0 failed");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
