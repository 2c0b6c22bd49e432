/** Entry of `npm run bench`. What is wrong with the use is told in one line, exit code 3. */

import { runBench } from "./bench.ts";
import { UsageError } from "./command-line.ts";

try {
  await runBench(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 3;
}
