/** What docs/PROVING.md shows of `sequitur test` is what the command says. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { runCli } from "./cli-process.ts";

function blocks(text: string, language: string): readonly string[] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"));
  return [...found].map(([, body = ""]) => body);
}

test("docs/PROVING.md: coverage, and how far a failed test came", async () => {
  const page = readFileSync("docs/PROVING.md", "utf8");
  const [rules = ""] = blocks(page, "seq");
  const [coverage = "", failure = ""] = blocks(page, "text");
  const folder = mkdtempSync(join(tmpdir(), "sequitur-proving-"));
  const file = join(folder, "login.seq");
  try {
    writeFileSync(file, rules);
    const passed = await runCli(["test", "login.seq", "--coverage"], { cwd: folder });
    expect(passed.stdout).toContain(`2 passed, 0 failed\n\n${coverage}`);
    const two = `test "two are enough" for login.guessed {
  0s Failure { user: "ana", ip: "10.0.0.9" } x2 every 10s
  30s Success { user: "ana", ip: "10.0.0.9" }
  expect alert
}
`;
    writeFileSync(file, `${rules}${two}`);
    const failed = await runCli(["test", "login.seq"], { cwd: folder });
    expect(failed.stdout).toContain(failure);
    expect(failed.exitCode).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
