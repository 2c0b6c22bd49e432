#!/usr/bin/env node
/** Entry of the command `sequitur`: runs it, and turns what it throws into a line on stderr and an exit code. */

import { EXIT } from "./exit-code.ts";
import { runProgram } from "./program.ts";

/** Failures of the world and of use: one line is all that helps. By name, as the classes lie in many folders. */
const EXPECTED = new Set([
  "UsageError",
  "ChangedFileError",
  "FileError",
  "StoreError",
  "CheckpointError",
]);

/** A reader that went away, as `head` does, has had enough. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
}

process.stdout.on("error", endQuietly);
process.stderr.on("error", endQuietly);
try {
  process.exitCode = await runProgram(process.argv.slice(2));
} catch (error) {
  const { name, message, stack } = error as Error;
  const expected = EXPECTED.has(name);
  process.stderr.write(`sequitur: ${expected ? message : (stack ?? message)}\n`);
  process.exitCode = expected ? EXIT.usage : EXIT.bug;
}
