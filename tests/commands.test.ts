/** docs/COMMANDS.md says what the commands say, and README.md names each. UPDATE_DOCS=1 writes the page anew. */

import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { commandTree } from "../cli/program.ts";
import { commandsPage } from "./commands-page.ts";

const PAGE = "docs/COMMANDS.md";

test("the page is what the commands make of it", () => {
  const wanted = commandsPage();
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, wanted);
  else expect(readFileSync(PAGE, "utf8").split("\n")).toEqual(wanted.split("\n"));
});

test("every command is in the table of README.md", () => {
  const rows = readFileSync("README.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `sequitur "));
  for (const command of commandTree().commands) {
    const row = rows.find((line) => line.startsWith(`| \`sequitur ${command.name()}`));
    expect({ command: command.name(), row }).toEqual({
      command: command.name(),
      row: expect.any(String),
    });
    for (const inner of command.commands) expect(row).toContain(inner.name());
  }
});
